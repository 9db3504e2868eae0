/// The statements of this module; each says in its file what it is for and what its parameters are.
enum Statement {
    static let archiveLines = text(PackageResources.archive_lines_sql)
    static let nextRange = text(PackageResources.next_range_sql)
    static let streamCounts = text(PackageResources.stream_counts_sql)
    static let readersBefore = text(PackageResources.readers_before_sql)
    static let checkpointAfter = text(PackageResources.checkpoint_after_sql)
    static let leavesBetween = text(PackageResources.leaves_between_sql)
    static let recordArchive = text(PackageResources.record_archive_sql)
    static let archives = text(PackageResources.archives_sql)
    static let detaching = text(PackageResources.detaching_sql)
    static let lockArchives = text(PackageResources.lock_archives_sql)
    static let unlockArchives = text(PackageResources.unlock_archives_sql)
    static let quoted = text(PackageResources.quoted_sql)
    static let makeRestoredTable = text(PackageResources.make_restored_table_sql)
    static let restoreEvents = text(PackageResources.restore_events_sql)
    static let attachRestoredTable = text(PackageResources.attach_restored_table_sql)

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
