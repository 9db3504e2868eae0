import Application
import ArgoCD
import Domain
import EventSourcing
import GitHub
import Simulators
import Testing

/// The steps that bring a commit to a cluster, with Argo CD's and GitHub's simulators on the other side.
@Suite(.timeLimit(.minutes(15))) struct `A commit counts as deployed` {
    private static let id: ID<Deployment> = "akme-shop-production"
    private static let folder = "deployments/akme-shop-production"

    @Test func `when a sync at a later commit succeeded that left our files alone`() async throws {
        try await ArgoCDLoopback.run { loopback in
            let ours = try await declared(loopback)
            let others = try await loopback.release("wiki:1", folder: "deployments/akme-wiki-production")
            try await loopback.strangerSyncs(Self.id.rawValue, to: others)
            #expect(try await sync(ours, loopback) == .done(.synced(revision: ours)))
            guard case .pending(_, let since?, _) = try await health(ours, loopback) else {
                Issue.record("healthy at a commit that is as good as ours")
                return
            }
            loopback.clock.advance(.seconds(11))
            guard case .done(.healthy(ours, let seconds)) = try await health(ours, loopback, since) else {
                Issue.record("not stable")
                return
            }
            #expect(seconds >= 10)
        }
    }

    @Test func `not when somebody changed our files in that later commit, and ours is synced again`() async throws {
        try await ArgoCDLoopback.run { loopback in
            let ours = try await declared(loopback)
            let theirs = try await loopback.release("evil:1", folder: Self.folder)
            try await loopback.strangerSyncs(Self.id.rawValue, to: theirs)
            guard case .pending("sync started", _, _) = try await sync(ours, loopback) else {
                Issue.record("theirs was taken for ours")
                return
            }
            guard case .pending(let why, _, _) = try await health(ours, loopback) else {
                Issue.record("live, though what runs is not what the branch declares")
                return
            }
            #expect(why.hasPrefix("OutOfSync at"))
        }
    }

    @Test func `not by a sync at an earlier commit, which has none of our files`() async throws {
        try await ArgoCDLoopback.run { loopback in
            let before = try await loopback.repository.head()
            let ours = try await declared(loopback)
            try await loopback.strangerSyncs(Self.id.rawValue, to: before)
            guard case .pending("sync started", _, _) = try await sync(ours, loopback) else {
                Issue.record("an earlier commit was taken for ours")
                return
            }
        }
    }

    @Test func `only after somebody else's operation, which is waited for`() async throws {
        var pace = Pace.immediate
        pace.syncSeconds = 100
        try await ArgoCDLoopback.run(pace: pace) { loopback in
            let ours = try await declared(loopback)
            let theirs = try await loopback.release("evil:1", folder: Self.folder)
            try await loopback.strangerSyncs(Self.id.rawValue, to: theirs)
            for _ in 0..<2 {
                guard case .pending(let why, _, _) = try await sync(ours, loopback) else {
                    Issue.record("not waited for")
                    return
                }
                #expect(why.hasPrefix("another operation is in progress: a sync to \(theirs)"))
            }
            loopback.clock.advance(.seconds(101))
            guard case .pending("sync started", _, _) = try await sync(ours, loopback) else {
                Issue.record("not begun when the other had ended")
                return
            }
        }
    }

    @Test func `only when the sync window opens, which is said, and is no failure`() async throws {
        try await ArgoCDLoopback.run { loopback in
            let ours = try await declared(loopback)
            // The clock begins at 11:06:40.
            let window: JSONValue = ["kind": "deny", "schedule": "0 10 * * *", "duration": "2h", "applications": ["*"]]
            try await loopback.setWindows([window])
            guard case .pending(let why, _, let pollAfter) = try await sync(ours, loopback) else {
                Issue.record("synced in spite of the window")
                return
            }
            #expect(
                why == "a sync window of project customers forbids syncs until 2026-11-18T12:00:00.000000Z "
                    + "(deny 0 10 * * * for 2h)")
            #expect(pollAfter == .seconds(60))
            loopback.clock.advance(.seconds(3600))
            guard case .pending("sync started", _, _) = try await sync(ours, loopback) else {
                Issue.record("not begun after the window")
                return
            }
        }
    }

    @Test func `not while something is ill, which is named with its message`() async throws {
        try await ArgoCDLoopback.run { loopback in
            let ours = try await declared(loopback, image: "shop:does-not-exist")
            _ = try await sync(ours, loopback)
            #expect(try await sync(ours, loopback) == .done(.synced(revision: ours)))
            guard case .pending(let why, nil, _) = try await health(ours, loopback) else {
                Issue.record("healthy without an image")
                return
            }
            #expect(why == "Degraded: Deployment/web: Deployment \"web\" exceeded its progress deadline")
        }
    }

    // MARK: Steps

    /// Commits the deployment's folder, and makes Argo CD know the application; answers the commit.
    private func declared(_ loopback: ArgoCDLoopback, image: String = "shop:1") async throws -> String {
        let commit = try await loopback.release(image, folder: Self.folder)
        guard case .done = try await perform(.application, commit, loopback) else {
            throw ProviderError.refused(reason: "there is no application")
        }
        return commit
    }

    private func sync(_ commit: String, _ loopback: ArgoCDLoopback) async throws -> Progress<StepResult> {
        try await perform(.sync, commit, loopback)
    }

    private func health(
        _ commit: String, _ loopback: ArgoCDLoopback, _ since: String? = nil
    ) async throws -> Progress<StepResult> {
        try await perform(.health, commit, loopback, since)
    }

    private func perform(
        _ step: Step, _ commit: String, _ loopback: ArgoCDLoopback, _ continuation: String? = nil
    ) async throws -> Progress<StepResult> {
        let execution = StepExecution(
            providers: Providers(
                files: Nowhere(), objects: Nowhere(), names: Nowhere(), repository: loopback.repository,
                delivery: loopback.argoCD),
            conventions: Conventions(bucketPrefix: "dc", project: "customers", secretStore: "s", stableSeconds: 10),
            templates: TemplateLibrary(store: Nowhere()))
        let target = Cluster.Description(
            destination: "eks-production", region: "eu-central-1", fileSystem: "fs-1", hostedZone: "Z", zoneDomain: "z",
            ingressHostname: "lb")
        let release = Release(
            customer: "akme", customerName: "Akme", name: "shop", environment: .production, size: .small,
            cluster: "eks", target: target, template: "shop", templateVersion: "1.0.0", parameters: [:], domain: nil,
            needs: .init(accessPoint: nil, bucket: false))
        let state = Deployment.fold([
            .requested(.init(number: 1, cause: .first, release: release, requestedBy: "ana")),
            .committed(.init(number: 1, commit: commit, repository: "r", folder: Self.folder)),
        ])
        let context = StepContext(
            deployment: Self.id, state: state, release: release, requestedBy: "ana", cause: "e",
            clock: loopback.clock.now)
        return try await execution.perform(step, context, continuation: continuation)
    }
}

/// Nothing of what these steps must not touch.
private struct Nowhere: FileStorage, ObjectStorage, NameService, EventStore {
    private static let away = ProviderError.refused(reason: "there is none")
    private static let noLog = EventStoreError.unavailable(reason: "there is none")

    func ensureAccessPoint(_: AccessPointRequest) throws(ProviderError) -> Progress<AccessPoint> { throw Self.away }
    func removeAccessPoint(_: AccessPointRequest) throws(ProviderError) -> Progress<Absence> { throw Self.away }
    func ensureBucket(_: BucketRequest) throws(ProviderError) -> Progress<Bucket> { throw Self.away }
    func removeBucket(_: BucketRequest) throws(ProviderError) -> Progress<Absence> { throw Self.away }
    func ensureRecord(_: RecordRequest, continuation: String?) throws(ProviderError) -> Progress<NameRecord> {
        throw Self.away
    }
    func removeRecord(_: RecordRequest, continuation: String?) throws(ProviderError) -> Progress<Absence> {
        throw Self.away
    }

    func events(of _: StreamName, from _: Int) throws(EventStoreError) -> [RecordedEvent] { throw Self.noLog }
    func events(after _: Position, categories _: [String], limit _: Int) throws(EventStoreError) -> [RecordedEvent] {
        throw Self.noLog
    }
    func events(of _: StreamName, from _: Int, limit _: Int) throws(EventStoreError) -> [RecordedEvent] {
        throw Self.noLog
    }
    func version(of _: StreamName) throws(EventStoreError) -> Int { throw Self.noLog }
    func page(of _: EventSelection) throws(EventStoreError) -> EventPage { throw Self.noLog }
    func storedTypes() throws(EventStoreError) -> [StoredEventType] { throw Self.noLog }
    func head() throws(EventStoreError) -> Position { throw Self.noLog }
    func append(_: Append) throws(EventStoreError) -> AppendOutcome { throw Self.noLog }
    func outcome(of _: CommandIdentity) throws(EventStoreError) -> AppendOutcome? { throw Self.noLog }
    func wakeUps() -> AsyncStream<Void> { AsyncStream { $0.finish() } }
}
