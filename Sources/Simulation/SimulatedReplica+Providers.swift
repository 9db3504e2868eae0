import Application

extension SimulatedReplica: FileStorage, ObjectStorage, NameService, SourceRepository, ContinuousDelivery {
    func ensureAccessPoint(_ request: AccessPointRequest) async throws(ProviderError) -> Progress<AccessPoint> {
        try await call { [world] () throws(ProviderError) in try world.ensureAccessPoint(request) }
    }

    func removeAccessPoint(_ request: AccessPointRequest) async throws(ProviderError) -> Progress<Absence> {
        try await call { [world] () throws(ProviderError) in world.removeAccessPoint(request) }
    }

    func ensureBucket(_ request: BucketRequest) async throws(ProviderError) -> Progress<Bucket> {
        try await call { [world] () throws(ProviderError) in try world.ensureBucket(request) }
    }

    func removeBucket(_ request: BucketRequest) async throws(ProviderError) -> Progress<Absence> {
        try await call { [world] () throws(ProviderError) in try world.removeBucket(request) }
    }

    func ensureRecord(
        _ request: RecordRequest, continuation: String?
    ) async throws(ProviderError) -> Progress<NameRecord> {
        try await call { [world] () throws(ProviderError) in try world.ensureRecord(request, continuation) }
    }

    func removeRecord(
        _ request: RecordRequest, continuation: String?
    ) async throws(ProviderError) -> Progress<Absence> {
        try await call { [world] () throws(ProviderError) in world.removeRecord(request, continuation) }
    }

    func commit(_ change: FolderChange) async throws(ProviderError) -> CommitEvidence {
        let ownership = Ownership(change)
        return try await call { [world] () throws(ProviderError) in world.commit(change, ownership) }
    }

    func keeps(_ folder: String, of commit: String, at revision: String) async throws(ProviderError) -> Bool {
        try await call { [world] () throws(ProviderError) in world.keeps(folder, of: commit, at: revision) }
    }

    var location: RepositoryLocation { RepositoryLocation(url: "https://git.example/apps.git", branch: "main") }

    func upsert(_ application: ApplicationRequest) async throws(ProviderError) -> ApplicationEvidence {
        try await call { [world] () throws(ProviderError) in try world.upsert(application) }
    }

    func observe(
        _ name: String, project: String, refresh: Bool
    ) async throws(ProviderError) -> ApplicationObservation? {
        let answer = try await call { [world] () throws(ProviderError) in
            (seen: world.observe(name, refresh: refresh), at: world.time.now)
        }
        if let seen = answer.seen { world.heard(seen, of: name, at: answer.at) }
        return answer.seen
    }

    func startSync(_ request: SyncRequest) async throws(ProviderError) -> SyncStart {
        try await call { [world] () throws(ProviderError) in try world.startSync(request) }
    }

    func terminateOperation(_ name: String, project: String) async throws(ProviderError) {
        try await call { [world] () throws(ProviderError) in world.terminateOperation(name) }
    }

    func remove(
        _ name: String, project: String, deployment: String, wasMade: Bool
    ) async throws(ProviderError) -> Progress<Absence> {
        try await call { [world] () throws(ProviderError) in
            world.remove(name, Ownership(deployment: deployment, customer: "", release: 0))
        }
    }
}

extension Ownership {
    /// As the trailers of a commit say it.
    fileprivate init(_ change: FolderChange) {
        func trailer(_ key: String) -> String { change.trailers.first { $0.key == key }?.value ?? "" }
        self.init(
            deployment: trailer("DeployCenter-Deployment"), customer: "",
            release: Int(trailer("DeployCenter-Release")) ?? 0)
    }
}
