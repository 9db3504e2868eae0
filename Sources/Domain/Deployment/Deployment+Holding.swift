import EventSourcing

/// What becomes of that which a release has made when it fails.
package enum OnFailure: String, Codable, CaseIterable, Sendable {
    /// It is taken back.
    case compensate
    /// It stays for a while, so that a retry can go on from there.
    case keep
}

extension Deployment {
    /// What follows from nothing having happened for long enough.
    static func decideTime(_ command: Command, in state: State) -> [DeploymentEvent] {
        switch command {
        case .deadlinePassed(let number, let seconds):
            guard state.run.number == number, state.isProvisioning else { return [] }
            let waiting = state.runningSteps.map(\.rawValue).joined(separator: ", ")
            let reason = "not live after \(seconds) s" + (waiting.isEmpty ? "" : "; still at work: \(waiting)")
            return [ending(step: nil, reason: reason, in: state)]
        case .stepOverdue(let step, let number, let seconds):
            guard
                isRunning(step, of: number, in: state)
                    || (state.run.number == number && state.readySteps.contains(step))
            else { return [] }
            return failing(overdue(step, state.run.failedAttempts, seconds, in: state), in: state)
        case .undoOverdue(let step, let number, let seconds):
            guard state.run.number == number, state.nextUndo == step else { return [] }
            return [.undoFailed(overdue(step, state.run.failedUndoAttempts, seconds, in: state))]
        case .holdPassed(let number, let seconds):
            guard state.run.number == number, state.phase == .held else { return [] }
            let reason = "it had failed, and nobody retried or cancelled it within \(seconds) s"
            return [.failed(.init(number: number, step: nil, reason: reason))]
        default: preconditionFailure("decide sends no other command here")
        }
    }

    private static func overdue(
        _ step: Step, _ attempts: [Step: Int], _ seconds: Int, in state: State
    ) -> StepFailed {
        StepFailed(
            number: state.run.number, step: step, attempts: attempts[step, default: 0] + 1,
            reason: "no end of it was reported within \(seconds) s")
    }

    /// The release goes on where it failed: what is done stays done.
    static func resumed(by person: Actor, in state: State) -> [DeploymentEvent] {
        let again = state.plannedSteps.filter { [.failed, .abandoned].contains(state.run.steps[$0]) }
        let resumed = DeploymentEvent.resumed(.init(number: state.run.number, steps: again, requestedBy: person))
        // It may have become healthy after the deadline.
        return state.run.steps[.health] == .succeeded
            ? [resumed, .wentLive(.init(number: state.run.number))] : [resumed]
    }

    static func evolveResumed(_ state: inout State, with fact: ReleaseResumed) {
        state.phase = .provisioning
        for step in fact.steps {
            state.run.steps[step] = .ready
            state.run.failedAttempts[step] = nil
        }
    }
}

/// The release has failed, and what it made is kept for a while.
package struct ReleaseHeld: Codable, Equatable, Sendable {
    package let number: Int
    /// The step that failed; nil if the release as a whole took too long.
    package let step: Step?
    package let reason: String

    package init(number: Int, step: Step?, reason: String) {
        self.number = number
        self.step = step
        self.reason = reason
    }
}

/// Somebody wants a release that was held to go on.
package struct ReleaseResumed: Codable, Equatable, Sendable {
    package let number: Int
    /// The steps that are done again.
    package let steps: [Step]
    package let requestedBy: Actor

    package init(number: Int, steps: [Step], requestedBy: Actor) {
        self.number = number
        self.steps = steps
        self.requestedBy = requestedBy
    }
}
