package import Domain
package import EventSourcing

/// Carries a release from its request to a live application, or takes back what it made.
///
/// Its state is the deployment's own: the fold of its events.
package enum DeploymentProcess: ProcessManager {
    package static func react(to event: DeploymentEvent, in state: Deployment.State) -> [DeploymentEffect] {
        switch event {
        case .requested(let fact):
            let begin = state.readySteps.map { DeploymentEffect.perform($0, release: fact.number) }
            return begin + [.watchDeadline(release: fact.number, seconds: Deadlines.firstLookSeconds)]
        case .resumed(let fact):
            let again = fact.steps.map { DeploymentEffect.perform($0, release: fact.number) }
            return again + [.watchDeadline(release: fact.number, seconds: Deadlines.firstLookSeconds)]

        case .approvalRequested(let fact):
            return [.expireApproval(release: fact.number, seconds: fact.validSeconds)]

        case .rendered(let fact): return next(after: .render, of: fact.number, in: state)
        case .accessPointProvisioned(let fact): return next(after: .accessPoint, of: fact.number, in: state)
        case .bucketProvisioned(let fact): return next(after: .bucket, of: fact.number, in: state)
        case .nameProvisioned(let fact): return next(after: .name, of: fact.number, in: state)
        case .committed(let fact): return next(after: .commit, of: fact.number, in: state)
        case .applicationDeclared(let fact): return next(after: .application, of: fact.number, in: state)
        case .synced(let fact): return next(after: .sync, of: fact.number, in: state)

        case .stepFailed(let fact): return undoNext(of: fact.number, in: state)
        case .stepAbandoned(let fact): return undoNext(of: fact.number, in: state)
        case .failed(let fact): return undoNext(of: fact.number, in: state)
        case .cancelled(let fact): return undoNext(of: fact.number, in: state)
        case .undone(let fact): return undoNext(of: fact.number, in: state)
        case .compensationRetried(let fact): return beginUndoing(of: fact.number, in: state)
        case .decommissionRequested(let fact): return beginUndoing(of: fact.number, in: state)

        case .dataRemovalScheduled(let fact):
            return [.removeData(removal: fact.removal, seconds: fact.graceSeconds)]

        case .becameHealthy(let fact): return undoNext(of: fact.number, in: state)
        case .approved, .rejected, .approvalWithdrawn, .approvalExpired, .resourceAdopted: return []
        case .superseded, .held, .stepStarted, .attemptFailed, .undoStarted, .undoAttemptFailed, .wentLive, .undoFailed,
            .compensated, .compensationIncomplete, .decommissioned, .dataRemovalWithdrawn, .unexplainedChange,
            .intervened, .becameDegraded, .recovered, .drifted, .reconciled:
            return []
        }
    }

    /// The steps that became ready by this one's success. While things are taken back, the first removal that became possible.
    private static func next(after step: Step, of number: Int, in state: Deployment.State) -> [DeploymentEffect] {
        guard !state.isUndoing else { return undoNext(of: number, in: state) }
        return state.waitingSteps.filter { $0.prerequisites.contains(step) }.map { .perform($0, release: number) }
    }

    private static func beginUndoing(of number: Int, in state: Deployment.State) -> [DeploymentEffect] {
        guard state.isUndoing else { return [] }
        return undoNext(of: number, in: state)
            + [.watchDeadline(release: number, seconds: Deadlines.firstLookSeconds)]
    }

    private static func undoNext(of number: Int, in state: Deployment.State) -> [DeploymentEffect] {
        state.nextUndo.map { [.undo($0, release: number)] } ?? []
    }
}

/// What has to be done for a deployment: kept as a durable row until it is.
package enum DeploymentEffect: Equatable, Sendable {
    case perform(Step, release: Int)
    case undo(Step, release: Int)
    /// Look after so many seconds, and from then on whenever a deadline may have passed, until the run has ended.
    case watchDeadline(release: Int, seconds: Int)
    /// End the waiting for an approval that nobody gave within so many seconds.
    case expireApproval(release: Int, seconds: Int)
    /// Remove the data that a decommission kept after so many seconds, unless that is undone meanwhile.
    case removeData(removal: Int, seconds: Int)
}

extension DeploymentEffect {
    /// The row's form. Like an event's, it is never synthesized: rows outlive builds.
    package var payload: JSONValue {
        switch self {
        case .perform(let step, let release):
            ["kind": "perform", "step": .string(step.rawValue), "release": .integer(Int64(release))]
        case .undo(let step, let release):
            ["kind": "undo", "step": .string(step.rawValue), "release": .integer(Int64(release))]
        case .watchDeadline(let release, let seconds):
            ["kind": "watch_deadline", "release": .integer(Int64(release)), "seconds": .integer(Int64(seconds))]
        case .expireApproval(let release, let seconds):
            ["kind": "expire_approval", "release": .integer(Int64(release)), "seconds": .integer(Int64(seconds))]
        case .removeData(let removal, let seconds):
            ["kind": "remove_data", "removal": .integer(Int64(removal)), "seconds": .integer(Int64(seconds))]
        }
    }

    /// Nil if this build does not know the row's form.
    package init?(payload: JSONValue) {
        if payload["kind"] == "remove_data" {
            guard let removal = payload["removal"]?.integer, let seconds = payload["seconds"]?.integer else {
                return nil
            }
            self = .removeData(removal: Int(removal), seconds: Int(seconds))
            return
        }
        guard let release = payload["release"]?.integer.map(Int.init) else { return nil }
        let step = payload["step"]?.string.flatMap(Step.init(rawValue:))
        switch (payload["kind"]?.string, step, payload["seconds"]?.integer) {
        case ("perform", let step?, _): self = .perform(step, release: release)
        case ("undo", let step?, _): self = .undo(step, release: release)
        case ("watch_deadline", _, let seconds?): self = .watchDeadline(release: release, seconds: Int(seconds))
        case ("expire_approval", _, let seconds?): self = .expireApproval(release: release, seconds: Int(seconds))
        default: return nil
        }
    }

    /// For metrics and logs: which kind of work it is.
    package var label: String {
        switch self {
        case .perform(let step, _): step.rawValue
        case .undo(let step, _): "undo_\(step.rawValue)"
        case .watchDeadline: "watch_deadline"
        case .expireApproval: "expire_approval"
        case .removeData: "remove_data"
        }
    }

    /// How long after its event the effect is due.
    package var delaySeconds: Int {
        switch self {
        case .watchDeadline(_, let seconds), .expireApproval(_, let seconds), .removeData(_, let seconds): seconds
        case .perform, .undo: 0
        }
    }
}
