package import Domain
package import EventSourcing
import Synchronization

/// The systems that deployments are made with.
package struct Providers: Sendable {
    package let files: any FileStorage
    package let objects: any ObjectStorage
    package let names: any NameService
    package let repository: any SourceRepository
    package let delivery: any ContinuousDelivery

    package init(
        files: any FileStorage, objects: any ObjectStorage, names: any NameService, repository: any SourceRepository,
        delivery: any ContinuousDelivery
    ) {
        self.files = files
        self.objects = objects
        self.names = names
        self.repository = repository
        self.delivery = delivery
    }
}

/// How this installation names what it makes.
package struct Conventions: Sendable, Equatable {
    /// Begins the name of every bucket, because bucket names are shared by the whole world. At most 11 characters.
    package let bucketPrefix: String
    /// The Argo CD project of all applications.
    package let project: String
    /// The External Secrets store that manifests refer to.
    package let secretStore: String
    /// How long an application must stay healthy to be live, in seconds.
    package let stableSeconds: Int

    package init(bucketPrefix: String, project: String, secretStore: String, stableSeconds: Int) {
        self.bucketPrefix = bucketPrefix
        self.project = project
        self.secretStore = secretStore
        self.stableSeconds = stableSeconds
    }
}

extension Conventions {
    func bucketName(of deployment: ID<Deployment>) -> String { "\(bucketPrefix)-\(deployment)" }
}

/// One piece of work on the outside, with all that it may look at.
package struct StepContext: Sendable {
    package let deployment: ID<Deployment>
    package let state: Deployment.State
    /// The release that the step belongs to; during a decommission the last one.
    package let release: Release
    package let requestedBy: String
    /// The event that the work follows from.
    package let cause: EventID
    private let clock: @Sendable () -> Timestamp
    package var now: Timestamp { clock() }
    /// How long the work has waited for others.
    let outside: TimeSum

    package init(
        deployment: ID<Deployment>, state: Deployment.State, release: Release, requestedBy: String, cause: EventID,
        clock: @escaping @Sendable () -> Timestamp, outside: TimeSum = TimeSum()
    ) {
        self.deployment = deployment
        self.state = state
        self.release = release
        self.requestedBy = requestedBy
        self.cause = cause
        self.clock = clock
        self.outside = outside
    }

    var number: Int { state.run.number }

    func ownership(madeBy step: Step) -> Ownership {
        Ownership(
            deployment: deployment.rawValue, customer: release.customer.rawValue, release: state.maker(of: step))
    }
}

/// A sum of times that several tasks add to.
package final class TimeSum: Sendable {
    private let sum = Mutex(Duration.zero)

    package init() {}

    var total: Duration { sum.withLock { $0 } }

    func add(_ time: Duration) { sum.withLock { $0 += time } }
}

/// Does steps and takes them back by calling the providers. Every call may be repeated: names and tokens are derived, and what an
/// earlier try made is adopted.
package struct StepExecution: Sendable {
    let providers: Providers
    let conventions: Conventions
    let templates: TemplateLibrary

    package init(providers: Providers, conventions: Conventions, templates: TemplateLibrary) {
        self.providers = providers
        self.conventions = conventions
        self.templates = templates
    }

    package func perform(
        _ step: Step, _ context: StepContext, continuation: String?
    ) async throws(ProviderError) -> Progress<StepResult> {
        switch step {
        case .render: try await render(context)
        case .accessPoint: try await provisionAccessPoint(context)
        case .bucket: try await provisionBucket(context)
        case .name: try await provisionName(context, continuation)
        case .commit: try await commit(context)
        case .application: try await declareApplication(context)
        case .sync: try await sync(context)
        case .health: try await awaitHealth(context, continuation)
        }
    }

    /// What proves that a step is taken back.
    package struct Removal: Equatable, Sendable {
        package let evidence: String
        package let commit: String?

        init(_ evidence: String, commit: String? = nil) {
            self.evidence = evidence
            self.commit = commit
        }
    }

    package func undo(
        _ step: Step, _ context: StepContext, continuation: String?
    ) async throws(ProviderError) -> Progress<Removal> {
        switch step {
        case .accessPoint:
            guard let request = accessPointRequest(context) else { return .done(Removal("none was asked for")) }
            return try await providers.files.removeAccessPoint(request).map { Removal($0.evidence) }
        case .bucket:
            return try await providers.objects.removeBucket(bucketRequest(context)).map { Removal($0.evidence) }
        case .name:
            guard let request = recordRequest(context) else { return .done(Removal("none was asked for")) }
            return try await providers.names.removeRecord(request, continuation: continuation)
                .map { Removal($0.evidence) }
        case .commit: return try await takeFilesBack(context)
        case .application:
            let removed = try await providers.delivery.remove(
                context.deployment.rawValue,
                project: context.state.resources.application?.value.project
                    ?? conventions.project,
                deployment: context.deployment.rawValue, wasMade: context.state.resources.application != nil)
            return removed.map { Removal($0.evidence) }
        case .sync: return try await syncBack(context)
        case .render, .health: return .done(Removal("leaves nothing behind"))
        }
    }
}

extension Progress {
    package func map<Other>(_ transform: (Value) -> Other) -> Progress<Other> {
        switch self {
        case .done(let value): .done(transform(value))
        case .pending(let observation, let continuation, let pollAfter):
            .pending(observation: observation, continuation: continuation, pollAfter: pollAfter)
        }
    }
}
