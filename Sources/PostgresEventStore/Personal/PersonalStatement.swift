/// The statements about the keys of people; each says in its file what it is for and what its parameters are.
enum PersonalStatement {
    static let keysByID = text(PackageResources.personal_keys_by_id_sql)
    static let keysOfSubjects = text(PackageResources.personal_keys_of_subjects_sql)
    static let addKeys = text(PackageResources.add_personal_keys_sql)
    static let subjects = text(PackageResources.personal_subjects_sql)
    static let countKeys = text(PackageResources.count_personal_keys_sql)
    static let keysToRotate = text(PackageResources.personal_keys_to_rotate_sql)
    static let rotateKeys = text(PackageResources.rotate_personal_keys_sql)
    static let dropDigests = text(PackageResources.drop_command_digests_sql)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
