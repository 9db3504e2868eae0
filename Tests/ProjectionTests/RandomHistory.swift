import Domain
import EventSourcing
import TestSupport

/// Plausible histories: whatever the rules allow, in random order, several streams at once.
struct RandomHistory {
    private(set) var deployments: [ID<Deployment>: Deployment.State] = [:]
    private var random: SeededRandom
    private var registries: RandomRegistries
    private let ids: [(name: String, environment: Environment)] = [
        ("shop", .staging), ("shop", .production), ("wiki", .staging),
    ]

    init(_ random: SeededRandom) {
        self.random = random
        registries = RandomRegistries(SeededRandom(seed: self.random.next()))
    }

    /// The next `count` events or a few more, for a decision's events stay together.
    mutating func next(_ count: Int) throws -> [LoggedEvent] {
        var events: [LoggedEvent] = []
        while events.count < count {
            events += try Int.random(in: 0..<8, using: &random) == 0 ? registries.next() : deploymentEvents()
        }
        return events
    }

    private mutating func deploymentEvents() throws -> [LoggedEvent] {
        guard let chosen = ids.randomElement(using: &random) else { return [] }
        let release = release(name: chosen.name, environment: chosen.environment)
        var state = deployments[release.deployment] ?? Deployment.initialState
        let command = command(in: state, release)
        let decided: [DeploymentEvent]
        do {
            decided = try Deployment.decide(command, in: state)
        } catch {
            return []  // Refused: history is what was allowed.
        }
        for event in decided { Deployment.evolve(&state, with: event) }
        deployments[release.deployment] = state
        return try decided.map { try LoggedEvent(.deployment(release.deployment), $0) }
    }

    private mutating func command(in state: Deployment.State, _ release: Release) -> Deployment.Command {
        if let request = state.awaiting?.request { return decision(request) }
        if state.isProvisioning {
            guard state.run.steps.isEmpty, Int.random(in: 0..<4, using: &random) == 0 else {
                return provisioning(state)
            }
            return .change(release, by: "bo", superseding: true)
        }
        if state.isUndoing { return undoing(state) }
        if state.phase == .held { return held(state) }
        if state.phase == .live, Int.random(in: 0..<4, using: &random) == 0 { return .noteCondition(condition()) }
        let onFailure: OnFailure = Bool.random(using: &random) ? .keep : .compensate
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return end(state)
        case 1: return .rollBack(to: Int.random(in: 1...4, using: &random), by: "bo")
        case 2, 3: return .retry(by: "bo")
        case 4: return asked(.request(release, by: "ana", onFailure: onFailure))
        default:
            let isNew = state.releases.isEmpty
            return asked(
                isNew
                    ? .request(release, by: "ana", onFailure: onFailure)
                    : .change(release, by: "ana", onFailure: onFailure))
        }
    }

    /// With its data or without, at once or later; or later still, or not after all.
    private mutating func end(_ state: Deployment.State) -> Deployment.Command {
        let terms = Past.removal(after: Bool.random(using: &random) ? 0 : 3600)
        if state.dataRemoval != nil, Bool.random(using: &random) {
            return Bool.random(using: &random)
                ? .withdrawDataRemoval(reason: "they came back", by: "bo")
                : .dataRemovalDue(removal: state.dataRemovals, at: Past.removal(after: 3600).removesAt)
        }
        switch Int.random(in: 0..<3, using: &random) {
        case 0: return .decommission(reason: "over", by: "ana")
        case 1: return .scheduleDataRemoval(Past.removal(after: 3600), reason: "over for good", by: "ada")
        default: return .decommission(removing: terms, reason: "over", by: "ada")
        }
    }

    private mutating func condition() -> LiveCondition {
        let since = Timestamp(microseconds: .random(in: 0..<1_000_000_000_000, using: &random))
        let health: LiveCondition.Health =
            Bool.random(using: &random)
            ? .well(since: since)
            : .degraded(
                status: "Degraded", resource: Bool.random(using: &random) ? "Pod/\(sha())" : nil, message: sha(),
                since: since)
        let sync: LiveCondition.Sync =
            Bool.random(using: &random) ? .inSync(since: since) : .drifted(resources: ["Pod/\(sha())"], since: since)
        return LiveCondition(health: health, sync: sync)
    }

    /// Most of what waits is approved.
    private mutating func decision(_ request: ApprovalRequested) -> Deployment.Command {
        switch Int.random(in: 0..<8, using: &random) {
        case 0: .reject(reason: "not now", by: "bo")
        case 1: .approvalTimedOut(release: request.number)
        case 2: .cancel(reason: "mistyped", by: "ana")
        default: .approve(digest: request.digest, reason: "fine", by: "bo", at: Timestamp(microseconds: 0))
        }
    }

    /// One of three wishes needs approval.
    private mutating func asked(_ command: Deployment.Command) -> Deployment.Command {
        guard Int.random(in: 0..<3, using: &random) == 0 else { return command }
        return .seekApproval(command, Past.terms)
    }

    private mutating func provisioning(_ state: Deployment.State) -> Deployment.Command {
        let number = state.run.number
        switch Int.random(in: 0..<60, using: &random) {
        case 0: return .cancel(reason: "mistyped", by: "ana")
        case 1: return .deadlinePassed(release: number, afterSeconds: 900)
        default: break
        }
        let steps = state.readySteps + state.runningSteps
        guard let step = steps.randomElement(using: &random) else { return .retry(by: "ana") }
        return state.runningSteps.contains(step) ? news(of: step, number) : .startStep(step, release: number)
    }

    private mutating func held(_ state: Deployment.State) -> Deployment.Command {
        let number = state.run.number
        if Bool.random(using: &random),
            let step = (state.runningSteps + state.waitingSteps).randomElement(using: &random)
        {
            return Bool.random(using: &random) ? .abandonStep(step, release: number) : news(of: step, number)
        }
        return switch Int.random(in: 0..<6, using: &random) {
        case 0: .cancel(reason: "no use", by: "ana")
        case 1: .holdPassed(release: number, afterSeconds: 86_400)
        default: .retry(by: "bo")
        }
    }

    private mutating func undoing(_ state: Deployment.State) -> Deployment.Command {
        let number = state.run.number
        if let step = state.runningSteps.randomElement(using: &random) {
            return Bool.random(using: &random) ? .abandonStep(step, release: number) : news(of: step, number)
        }
        guard let step = state.nextUndo else { return .retry(by: "ana") }
        guard state.run.undos[step] == .running else { return .startUndo(step, release: number) }
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return .recordUndoFailure(.init(number: number, step: step, attempts: 5, reason: "access denied"))
        case 1, 2:
            return .recordUndoAttemptFailure(.init(number: number, step: step, attempt: 1, reason: "throttled"))
        default:
            let commit = step == .commit && Bool.random(using: &random) ? sha() : nil
            return .recordUndone(.init(number: number, step: step, evidence: "gone", commit: commit))
        }
    }

    private mutating func news(of step: Step, _ number: Int) -> Deployment.Command {
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return .recordFailure(.init(number: number, step: step, attempts: 3, reason: "not allowed"))
        case 1, 2: return .recordAttemptFailure(.init(number: number, step: step, attempt: 1, reason: "throttled"))
        default: return .recordResult(result(of: step), release: number)
        }
    }

    private mutating func result(of step: Step) -> StepResult {
        switch step {
        case .render: .rendered(files: ["a.yaml"])
        case .accessPoint: .accessPoint(id: "fsap-\(sha())", fileSystem: "fs-1", wasAdopted: false)
        case .bucket: .bucket("bucket-\(sha())", wasAdopted: false)
        case .name: .name("shop.apps.example", target: "lb.example", changeID: nil)
        case .commit: .committed(commit: sha(), repository: "fleet", folder: "deployments/x")
        // Named after its deployment, each time it is declared.
        case .application: .application("app", project: "acme", uid: "u")
        case .sync: .synced(revision: sha())
        case .health: .healthy(revision: sha(), stableSeconds: 30)
        }
    }

    private mutating func sha() -> String { String(UInt32.random(in: 0...UInt32.max, using: &random), radix: 16) }

    private mutating func release(name: String, environment: Environment) -> Release {
        Release(
            customer: "acme", customerName: "Acme", name: name, environment: environment,
            size: Size.allCases.randomElement(using: &random) ?? .small, cluster: "eu-1",
            target: .init(
                destination: "in-cluster", region: "eu-central-1", fileSystem: "fs-1", hostedZone: "Z1",
                zoneDomain: "apps.example", ingressHostname: "lb.example"),
            template: "odoo", templateVersion: "1.\(Int.random(in: 0...3, using: &random)).0", parameters: [:],
            domain: name == "wiki" ? nil : "\(name).apps.example",
            needs: .init(accessPoint: name == "shop" ? .init(uid: 101, gid: 101) : nil, bucket: true))
    }
}
