extension Deployment {
    /// What the workers of steps report. News of another release than the current one changes nothing.
    static func decideStep(_ command: Command, in state: State) throws(Rejection) -> [DeploymentEvent] {
        switch command {
        case .startStep(let step, let number):
            guard state.run.number == number, state.isProvisioning else { throw .stepNotWanted(step) }
            switch state.run.steps[step] {
            case nil where state.readySteps.contains(step), .ready:
                return [.stepStarted(.init(number: number, step: step))]
            case .running: return []
            case nil, .succeeded, .failed, .abandoned: throw .stepNotWanted(step)
            }
        case .recordAttemptFailure(let fact):
            guard isRunning(fact.step, of: fact.number, in: state),
                fact.attempt > state.run.failedAttempts[fact.step, default: 0]
            else { return [] }
            return [.attemptFailed(fact)]
        case .recordResult(let result, let number):
            guard isRunning(result.step, of: number, in: state) else { return [] }
            let event = result.event(number: number)
            return result.step == .health && state.isProvisioning
                ? [event, .wentLive(.init(number: number))] : [event]
        case .recordFailure(let fact):
            guard isRunning(fact.step, of: fact.number, in: state) else { return [] }
            return failing(fact, in: state)
        case .abandonStep(let step, let number):
            // While the release is held, a step that was about to begin is on record too: its row ends here.
            let isWaiting = state.phase == .held && state.run.number == number && state.waitingSteps.contains(step)
            guard isWaiting || isRunning(step, of: number, in: state), !state.isProvisioning else { return [] }
            return [.stepAbandoned(.init(number: number, step: step))]
        default: preconditionFailure("decide sends no other command here")
        }
    }

    /// A step that will not succeed ends the release that is under way, or holds it.
    static func failing(_ fact: StepFailed, in state: State) -> [DeploymentEvent] {
        guard state.isProvisioning else { return [.stepFailed(fact)] }
        return [.stepFailed(fact), ending(step: fact.step, reason: fact.reason, in: state)]
    }

    /// What was made is kept only where that is wanted, and where there may be something.
    static func ending(step: Step?, reason: String, in state: State) -> DeploymentEvent {
        let number = state.run.number
        return state.run.onFailure == .keep && state.hasBegun
            ? .held(.init(number: number, step: step, reason: reason))
            : .failed(.init(number: number, step: step, reason: reason))
    }

    /// What the workers of removals report.
    static func decideUndo(_ command: Command, in state: State) throws(Rejection) -> [DeploymentEvent] {
        switch command {
        case .startUndo(let step, let number):
            guard state.run.number == number, state.nextUndo == step else { throw .stepNotWanted(step) }
            return state.run.undos[step] == .running ? [] : [.undoStarted(.init(number: number, step: step))]
        case .recordUndoAttemptFailure(let fact):
            guard isBeingUndone(fact.step, of: fact.number, in: state),
                fact.attempt > state.run.failedUndoAttempts[fact.step, default: 0]
            else { return [] }
            return [.undoAttemptFailed(fact)]
        case .recordUndone(let fact):
            guard isBeingUndone(fact.step, of: fact.number, in: state) else { return [] }
            return [.undone(fact)]
        case .recordUndoFailure(let fact):
            guard isBeingUndone(fact.step, of: fact.number, in: state) else { return [] }
            return [.undoFailed(fact)]
        default: preconditionFailure("decide sends no other command here")
        }
    }

    static func isRunning(_ step: Step, of number: Int, in state: State) -> Bool {
        state.run.number == number && state.run.steps[step] == .running
    }

    private static func isBeingUndone(_ step: Step, of number: Int, in state: State) -> Bool {
        state.run.number == number && state.isUndoing && state.run.undos[step] == .running
    }
}
