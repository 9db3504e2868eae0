import Domain
import EventSourcing
import FoundationEssentials

/// What is needed to say beforehand what a request would do, and to hold it to that.
package struct Planning: Sendable {
    let repository: any SourceReading
    let location: RepositoryLocation
    let plans: any PlanStore
    let history: any Queries
    let templates: TemplateLibrary
    let conventions: Conventions
    package let policy: ApprovalPolicy
    /// How long a plan can be asked for by its digest.
    let validSeconds: Int

    package init(
        repository: any SourceReading, location: RepositoryLocation, plans: any PlanStore, history: any Queries,
        templates: TemplateLibrary, conventions: Conventions, policy: ApprovalPolicy, validSeconds: Int
    ) {
        self.repository = repository
        self.location = location
        self.plans = plans
        self.history = history
        self.templates = templates
        self.conventions = conventions
        self.policy = policy
        self.validSeconds = validSeconds
    }

    /// What the wish would make of Git, and what Git holds now.
    func forecast(_ wanted: Wanted) async throws(CommandError) -> Forecast {
        do throws(ProviderError) {
            let rendered = try await files(wanted.release, number: wanted.number, of: wanted, standingIn: true)
            let snapshot = try await repository.snapshot(of: wanted.deployment.folder, known: rendered)
            return Forecast(wanted: wanted, rendered: rendered, snapshot: snapshot)
        } catch {
            throw .refused(Refusal(error))
        }
    }

    /// Files of the folder that are not what the live release brought there: somebody else changed them.
    func strayFiles(_ forecast: Forecast) async -> [String] {
        let state = forecast.wanted.before
        guard let number = state.liveRelease, let live = state.releases[number] else { return [] }
        // A release that cannot be rendered any more has nothing to be compared with.
        guard let files = try? await files(live, number: number, of: forecast.wanted, standingIn: false) else {
            return []
        }
        return Set(files.keys).union(forecast.snapshot.files.keys).sorted()
            .filter { files[$0] != forecast.snapshot.files[$0] }
    }

    private func files(
        _ release: Release?, number: Int, of wanted: Wanted, standingIn: Bool
    ) async throws(ProviderError) -> [String: String] {
        guard let release else { return [:] }
        return try await templates.files(
            of: release, number: number, wanted.deployment, conventions, resources: wanted.before.resources,
            standingIn: standingIn)
    }

    /// How long steps took, by name; empty where nothing of the kind was done yet.
    func durations(of template: ID<Template>?) async -> [String: DeploymentPlan.Expectation] {
        var filter = ["by": "step"]
        if let template { filter = ["by": "template", "template": template.rawValue] }
        let rows: [String]
        do throws(QueryError) {
            rows = try await history.page(.stepDurations, filter: filter, after: nil, limit: QueryView.limitMax).rows
        } catch {
            return [:]  // A plan is worth more without history than no plan.
        }
        var found: [String: DeploymentPlan.Expectation] = [:]
        for text in rows {
            // A row of another shape is no history.
            guard let row = try? JSONText.decode(StepDurationRow.self, from: text), row.count > 0 else { continue }
            found[row.step] = .init(
                p50Seconds: row.p50Seconds, p95Seconds: row.p95Seconds, count: row.count,
                basis: template == nil ? .all : .template)
        }
        return found
    }
}

/// A wish that the rules allow, and what would follow from it.
struct Wanted: Sendable {
    let deployment: ID<Deployment>
    let command: Deployment.Command
    let before: Deployment.State
    let after: Deployment.State
    /// Where the release comes from; nil for a rollback or a decommission, which repeat or end what was.
    let origin: ReleasePlan?

    /// Nil if the deployment is to end.
    var release: Release? { after.currentRelease }
    var number: Int { after.run.number }
    var isEnding: Bool { release == nil }

    var action: String {
        switch command {
        case .request: "request"
        case .change: "change"
        case .rollBack(let number, _, _): "rollback to release \(number)"
        case .decommission(let removal, _, _): removal == nil ? "decommission" : "decommission with data"
        default: "retry"
        }
    }
}

/// A wish with what it would make of the deployment's folder.
struct Forecast: Sendable {
    let wanted: Wanted
    let rendered: [String: String]
    let snapshot: FolderSnapshot

    var parts: PlanParts {
        var parts = PlanParts()
        let before = wanted.before
        parts.add("deployment/id", wanted.deployment.rawValue)
        parts.add("deployment/action", wanted.action)
        parts.add("deployment/state", before.phase.name)
        parts.add("deployment/release", String(wanted.number))
        parts.add("deployment/live release", before.liveRelease.map { String($0) })
        parts.add("outside/access point", before.resources.accessPoint?.value)
        parts.add("outside/bucket", before.resources.bucket?.value)
        parts.add("outside/name", before.resources.name?.value)
        parts.add("outside/application", before.resources.application?.value.name)
        if let release = wanted.release { parts.add(release) }
        if let origin = wanted.origin {
            parts.add("customer/tier", origin.tier)
            parts.add("cluster/rule", origin.rule.rawValue)
            parts.add("template/files", origin.templateDigest)
        }
        parts.add(PlanParts.git, files: snapshot.files)
        parts.add(PlanParts.rendered, files: rendered)
        return parts
    }
}

extension PlanParts {
    fileprivate mutating func add(_ release: Release) {
        add("customer/id", release.customer.rawValue)
        add("customer/name", release.customerName)
        add("template/id", release.template.rawValue)
        add("template/version", release.templateVersion)
        add("deployment/size", release.size.rawValue)
        add("deployment/domain", release.domain)
        add("deployment/needs bucket", String(release.needs.bucket))
        add("deployment/needs access point", release.needs.accessPoint.map { "of \($0.uid):\($0.gid)" })
        add("parameters", release.parameters)
        let target = release.target
        add("cluster/id", release.cluster.rawValue)
        for (name, text) in [
            ("destination", target.destination), ("region", target.region), ("fileSystem", target.fileSystem),
            ("hostedZone", target.hostedZone), ("zoneDomain", target.zoneDomain),
            ("ingressHostname", target.ingressHostname),
        ] {
            add("cluster/\(name)", text)
        }
        for (name, text) in target.labels { add("cluster/labels/\(name)", text) }
    }
}

extension Refusal {
    /// What a plan needs cannot be had.
    fileprivate init(_ error: ProviderError) {
        switch error {
        case .retryable(let reason, _), .throttled(let reason, _), .unavailable(let reason, _):
            self.init(
                .unavailable, "plan.unavailable", "What is needed for a plan cannot be read now: \(reason)",
                whatToDo: "Try again in a while.")
        case .refused(let reason):
            self.init(
                .unusable, "plan.impossible", "No plan can be made: \(reason)",
                whatToDo: "Have it put right; without a plan the release would fail for the same reason.")
        }
    }
}
