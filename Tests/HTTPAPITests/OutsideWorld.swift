import Application
import Domain
import EventSourcing

/// The systems outside, kept in memory: what is there, and that it goes when it is removed. Nothing is made in it by steps.
actor OutsideWorld {
    private(set) var things: [FoundResource] = []
    /// Kinds whose system does not answer.
    private var silent: Set<ResourceKind> = []
    /// Removals that need so many looks.
    private var looksToGo = 0

    func put(_ resource: FoundResource) { things.append(resource) }
    func silence(_ kind: ResourceKind) { silent.insert(kind) }
    func takeTime(looks: Int) { looksToGo = looks }

    func contents(_ kind: ResourceKind) throws(ProviderError) -> [FoundResource] {
        if silent.contains(kind) { throw .retryable(reason: "\(kind.system) does not answer", after: nil) }
        return things.filter { $0.kind == kind }
    }

    func remove(_ isMeant: (FoundResource) -> Bool) -> Progress<Absence> {
        if looksToGo > 0 {
            looksToGo -= 1
            return .pending(observation: "deleting", continuation: nil, pollAfter: .seconds(30))
        }
        things.removeAll(where: isMeant)
        return .done(Absence("the world shows none"))
    }

    nonisolated func orphans(_ commands: Commands) -> Orphans {
        let ports = OutsidePorts(world: self)
        return Orphans(
            commands: commands,
            providers: Providers(files: ports, objects: ports, names: ports, repository: ports, delivery: ports),
            conventions: Conventions(bucketPrefix: "dc", project: "customers", secretStore: "aws", stableSeconds: 10),
            inventories: ResourceKind.allCases.map { OutsideInventory(kind: $0, world: self) })
    }
}

private struct OutsideInventory: Inventory {
    let kind: ResourceKind
    let world: OutsideWorld

    func contents(of places: Set<Place>) async throws(ProviderError) -> [FoundResource] {
        try await world.contents(kind)
    }
}

/// Removing only: no step runs in these tests.
private struct OutsidePorts: FileStorage, ObjectStorage, NameService, SourceRepository, ContinuousDelivery {
    let world: OutsideWorld
    let location = RepositoryLocation(url: "https://git.example/clusters.git", branch: "main")
    private static let noStep = ProviderError.refused(reason: "no step runs here")

    func ensureAccessPoint(_: AccessPointRequest) throws(ProviderError) -> Progress<AccessPoint> { throw Self.noStep }
    func ensureBucket(_: BucketRequest) throws(ProviderError) -> Progress<Bucket> { throw Self.noStep }
    func ensureRecord(_: RecordRequest, continuation: String?) throws(ProviderError) -> Progress<NameRecord> {
        throw Self.noStep
    }
    func upsert(_: ApplicationRequest) throws(ProviderError) -> ApplicationEvidence { throw Self.noStep }
    func keeps(_: String, of: String, at: String) throws(ProviderError) -> Bool { throw Self.noStep }
    func startSync(_: SyncRequest) throws(ProviderError) -> SyncStart { throw Self.noStep }
    func terminateOperation(_: String, project: String) throws(ProviderError) { throw Self.noStep }
    func observe(_: String, project: String, refresh: Bool) -> ApplicationObservation? { nil }

    func removeAccessPoint(_ request: AccessPointRequest) async -> Progress<Absence> {
        await world.remove { $0.kind == .accessPoint && $0.detail == request.token }
    }

    func removeBucket(_ request: BucketRequest) async -> Progress<Absence> {
        await world.remove { $0.kind == .bucket && $0.identity == request.name }
    }

    func removeRecord(_ request: RecordRequest, continuation: String?) async -> Progress<Absence> {
        await world.remove { $0.kind == .name && $0.identity == request.name }
    }

    func remove(_ name: String, project: String, deployment: String, wasMade: Bool) async -> Progress<Absence> {
        await world.remove { $0.kind == .application && $0.identity == name }
    }

    func commit(_ change: FolderChange) async -> CommitEvidence {
        _ = await world.remove { $0.kind == .folder && change.folder == "deployments/\($0.identity)" }
        return CommitEvidence(commit: "c0ffee", isNew: true)
    }
}
