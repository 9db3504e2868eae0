import Domain
import EventSourcing
import ProcessManagers
import TestSupport

/// One moment of a deployment whose workers, people and deadline may act in any order: the decider and the process are the real
/// ones, everything else is a value, so that all futures can be walked through.
struct Simulation {
    private(set) var state = Deployment.initialState
    private(set) var world = SimulatedWorld()
    private(set) var jobs: Set<Job> = []
    /// Every effect that was named; a second naming is a complaint, but for removals after a retry.
    private(set) var named: Set<Job> = []
    private(set) var complaints: [String] = []
    /// What people may still do.
    var cancelsLeft = 0
    var retriesLeft = 0
    var decommissionsLeft = 0
    var withdrawalsLeft = 0
    /// How this moment was reached, for the report of a failure.
    private(set) var path: [String] = []

    /// An effect that is not done yet.
    struct Job: Hashable {
        let kind: Kind
        let release: Int
        var isBegun = false

        enum Kind: Hashable {
            case perform(Step), undo(Step), deadline, removal
        }
    }

    /// Every moment that may come next.
    func successors() -> [Simulation] {
        jobs.flatMap(work) + wishes()
    }

    private func work(on job: Job) -> [Simulation] {
        switch job.kind {
        // Whatever time it is that passes.
        case .deadline where state.phase == .held:
            [ending(job, "nobody comes", .holdPassed(release: job.release, afterSeconds: 86_400))]
        case .deadline: [deadline(job)]
        // Whatever time it is that passes; the timer looks again until the decommission has ended.
        case .removal where state.phase != .decommissioned && state.dataRemoval != nil: []
        case .removal:
            [
                ending(
                    job, "the data's time comes",
                    .dataRemovalDue(removal: job.release, at: Past.removal(after: 3600).removesAt))
            ]
        case .perform(let step):
            job.isBegun ? ends(of: step, job) : [beginning(job, .startStep(step, release: job.release))]
        case .undo(let step):
            job.isBegun ? undoEnds(of: step, job) : [beginning(job, .startUndo(step, release: job.release))]
        }
    }

    /// The clock of a release that is held by it goes on.
    private func deadline(_ job: Job) -> Simulation {
        var next = ending(job, "deadline", .deadlinePassed(release: job.release, afterSeconds: 1800))
        if next.state.phase == .held { next.jobs.insert(job) }
        return next
    }

    private func ends(of step: Step, _ job: Job) -> [Simulation] {
        let result = ending(
            job, "\(step) succeeds", .recordResult(Past.result(step, job.release), release: job.release))
        let failure = ending(job, "\(step) fails", .recordFailure(Past.failure(step, job.release)))
        guard !state.isProvisioning else { return [result, failure] }
        return [result, failure, ending(job, "\(step) is given up", .abandonStep(step, release: job.release))]
    }

    private func undoEnds(of step: Step, _ job: Job) -> [Simulation] {
        let commit = step == .commit ? "restored" : nil
        var removed = self
        removed.world.undo(step, live: state.isEnding ? nil : state.liveRelease)
        return [
            removed.ending(job, "\(step) is gone", .recordUndone(Past.proof(step, job.release, commit: commit))),
            ending(job, "\(step) stays", .recordUndoFailure(Past.failure(step, job.release))),
        ]
    }

    private func wishes() -> [Simulation] {
        var futures: [Simulation] = []
        if cancelsLeft > 0, state.isProvisioning {
            var next = self
            next.cancelsLeft -= 1
            futures.append(next.deciding("cancel", .cancel(reason: "a typo", by: "ana")))
        }
        if withdrawalsLeft > 0, state.dataRemoval != nil {
            var next = self
            next.withdrawalsLeft -= 1
            futures.append(next.deciding("withdraw", .withdrawDataRemoval(reason: "they came back", by: "ana")))
        }
        if state.phase == .held { futures += wishesWhileHeld() }
        guard state.isIncomplete else { return futures }
        if retriesLeft > 0 {
            var next = self
            next.retriesLeft -= 1
            next.named = next.named.filter { if case .perform = $0.kind { true } else { false } }
            futures.append(next.deciding("retry", .retry(by: "ana")))
        }
        if decommissionsLeft > 0, case .compensationIncomplete = state.phase {
            var next = self
            next.decommissionsLeft -= 1
            futures.append(
                next.deciding(
                    "decommission", .decommission(removing: Past.removal(after: 0), reason: "gone", by: "ana")))
        }
        return futures
    }

    private func wishesWhileHeld() -> [Simulation] {
        var futures: [Simulation] = []
        if cancelsLeft > 0 {
            var next = self
            next.cancelsLeft -= 1
            futures.append(next.deciding("cancel", .cancel(reason: "no use", by: "ana")))
        }
        if retriesLeft > 0 {
            var next = self
            next.retriesLeft -= 1
            // What failed is named again, and the clock; what waits to begin is not.
            next.named = next.named.filter { $0.kind != .deadline && !$0.isAgain(in: state) }
            futures.append(next.deciding("retry", .retry(by: "ana")))
        }
        return futures
    }

    /// A worker asks whether the job is still wanted; if not, the job is over.
    private func beginning(_ job: Job, _ command: Deployment.Command) -> Simulation {
        var next = self
        next.jobs.remove(job)
        guard next.decide("\(job.kind) begins", command) else {
            if case .perform(let step) = job.kind {
                next.decide("\(step) is given up", .abandonStep(step, release: job.release))
            }
            return next
        }
        next.jobs.insert(Job(kind: job.kind, release: job.release, isBegun: true))
        if case .perform(let step) = job.kind { next.world.perform(step, release: job.release) }
        return next
    }

    private func ending(_ job: Job, _ what: String, _ command: Deployment.Command) -> Simulation {
        var next = self
        next.jobs.remove(job)
        next.decide(what, command)
        return next
    }

    private func deciding(_ what: String, _ command: Deployment.Command) -> Simulation {
        var next = self
        next.decide(what, command)
        return next
    }

    /// Appends what the decider says and stores what the process names. A report that is told twice must change nothing.
    @discardableResult
    mutating func decide(_ what: String, _ command: Deployment.Command) -> Bool {
        path.append(what)
        guard let events = try? Deployment.decide(command, in: state) else { return false }  // Refused: not wanted.
        for event in events {
            Deployment.evolve(&state, with: event)
            for effect in DeploymentProcess.react(to: event, in: state) { name(Job(effect)) }
        }
        if command.isReport, (try? Deployment.decide(command, in: state)) != [] {
            complaints.append("repeated: \(what)")
        }
        return true
    }

    private mutating func name(_ job: Job) {
        if !named.insert(job).inserted { complaints.append("named twice: \(job.kind) of \(job.release)") }
        jobs.insert(job)
    }
}

extension Simulation.Job {
    fileprivate func isAgain(in state: Deployment.State) -> Bool {
        guard case .perform(let step) = kind else { return false }
        return state.run.steps[step] == .failed || state.run.steps[step] == .abandoned
    }

    fileprivate init(_ effect: DeploymentEffect) {
        switch effect {
        case .perform(let step, let release): self.init(kind: .perform(step), release: release)
        case .undo(let step, let release): self.init(kind: .undo(step), release: release)
        case .watchDeadline(let release, _), .expireApproval(let release, _):
            self.init(kind: .deadline, release: release)
        case .removeData(let removal, _): self.init(kind: .removal, release: removal)
        }
    }
}

extension Deployment.Command {
    fileprivate var isReport: Bool {
        switch self {
        case .request, .change, .retry, .rollBack, .cancel, .decommission, .seekApproval, .approve, .reject, .adopt,
            .intervene, .scheduleDataRemoval, .withdrawDataRemoval:
            false
        case .startStep, .recordAttemptFailure, .recordResult, .recordFailure, .abandonStep, .deadlinePassed,
            .stepOverdue, .undoOverdue, .holdPassed, .startUndo,
            .recordUndoAttemptFailure, .recordUndone, .recordUndoFailure, .approvalTimedOut, .noteUnexplainedChange,
            .dataRemovalDue, .noteCondition:
            true
        }
    }
}

extension Deployment.State {
    var isIncomplete: Bool {
        switch phase {
        case .compensationIncomplete, .decommissionIncomplete: true
        default: false
        }
    }

    fileprivate var isEnding: Bool {
        if case .decommissioning = phase { true } else { false }
    }
}
