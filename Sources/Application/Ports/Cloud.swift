/// Directories on a shared file system, each seen through an access point that forces its user (EFS).
package protocol FileStorage: Sendable {
    /// Makes the access point or adopts the one that an earlier try made with the same token. Pending until it can be mounted.
    func ensureAccessPoint(_ request: AccessPointRequest) async throws(ProviderError) -> Progress<AccessPoint>

    /// Removes the access point that was made with this token, if there is one; the directory's data stays.
    func removeAccessPoint(_ request: AccessPointRequest) async throws(ProviderError) -> Progress<Absence>
}

/// One access point to be had.
package struct AccessPointRequest: Hashable, Sendable {
    /// Idempotency token, 1 to 64 characters.
    package let token: String
    package let region: String
    package let fileSystem: String
    /// Absolute, at most 100 characters and four levels.
    package let path: String
    package let uid: Int
    package let gid: Int
    package let ownership: Ownership

    package init(
        token: String, region: String, fileSystem: String, path: String, uid: Int, gid: Int, ownership: Ownership
    ) {
        self.token = token
        self.region = region
        self.fileSystem = fileSystem
        self.path = path
        self.uid = uid
        self.gid = gid
        self.ownership = ownership
    }
}

/// An access point that can be mounted.
package struct AccessPoint: Hashable, Sendable {
    package let id: String
    package let arn: String
    /// Whether an earlier try had made it.
    package let wasAdopted: Bool

    package init(id: String, arn: String, wasAdopted: Bool) {
        self.id = id
        self.arn = arn
        self.wasAdopted = wasAdopted
    }
}

/// Buckets that are private, encrypted, versioned and tagged (S3).
package protocol ObjectStorage: Sendable {
    /// Makes the bucket with all its settings, or adopts ours; a bucket of somebody else is refused.
    func ensureBucket(_ request: BucketRequest) async throws(ProviderError) -> Progress<Bucket>

    /// Removes our bucket if it is empty; one that holds data is refused. One of somebody else is left alone, and proves that
    /// there is none of ours.
    func removeBucket(_ request: BucketRequest) async throws(ProviderError) -> Progress<Absence>
}

/// One bucket to be had.
package struct BucketRequest: Hashable, Sendable {
    package let name: String
    package let region: String
    package let ownership: Ownership
    /// Whether the bucket is on record as ours: that we may not look at it then means lost rights, not somebody else's bucket.
    package let wasMade: Bool

    package init(name: String, region: String, ownership: Ownership, wasMade: Bool = false) {
        self.name = name
        self.region = region
        self.ownership = ownership
        self.wasMade = wasMade
    }
}

/// A bucket that is ready for use.
package struct Bucket: Hashable, Sendable {
    package let name: String
    package let wasAdopted: Bool

    package init(name: String, wasAdopted: Bool) {
        self.name = name
        self.wasAdopted = wasAdopted
    }
}

/// Names in a hosted zone, each with a TXT record beside it that says whose it is (Route 53).
package protocol NameService: Sendable {
    /// Makes the record, or adopts ours; a record of somebody else is refused. Pending until all name servers have it.
    func ensureRecord(
        _ request: RecordRequest, continuation: String?
    ) async throws(ProviderError) -> Progress<NameRecord>

    /// Removes our record and its ownership record. Pending until no name server has it.
    func removeRecord(_ request: RecordRequest, continuation: String?) async throws(ProviderError) -> Progress<Absence>
}

/// One CNAME record to be had.
package struct RecordRequest: Hashable, Sendable {
    package let hostedZone: String
    /// Fully qualified, without the dot at the end.
    package let name: String
    package let target: String
    package let ownership: Ownership

    package init(hostedZone: String, name: String, target: String, ownership: Ownership) {
        self.hostedZone = hostedZone
        self.name = name
        self.target = target
        self.ownership = ownership
    }
}

/// A record that all name servers have.
package struct NameRecord: Hashable, Sendable {
    package let name: String
    package let target: String
    /// The change that brought it; nil if it was there already.
    package let changeID: String?

    package init(name: String, target: String, changeID: String?) {
        self.name = name
        self.target = target
        self.changeID = changeID
    }
}
