package import Domain
package import EventSourcing

/// Which deadline of a run comes next: computed from what has happened and when, so that it holds whoever worked on it meanwhile.
package struct ReleaseClock: Equatable, Sendable {
    private var state = Deployment.initialState
    /// When the run began or was resumed, when it was held, and since when each step and undoing waits to be done.
    private var begun: Timestamp?
    private var held: Timestamp?
    private var steps: [Step: Timestamp] = [:]
    private var undos: [Step: Timestamp] = [:]

    package enum Look: Equatable, Sendable {
        case wait(until: Timestamp)
        case overdue(Deployment.Command)
        /// The run has ended, or is not this one any more.
        case over
    }

    package init() {}

    package mutating func note(_ event: DeploymentEvent, at time: Timestamp) {
        Deployment.evolve(&state, with: event)
        switch event {
        case .requested, .decommissionRequested, .compensationRetried:
            (begun, held, steps, undos) = (time, nil, [:], [:])
        case .resumed(let fact):
            (begun, held) = (time, nil)
            for step in fact.steps { steps[step] = nil }
        case .held: held = time
        default: break
        }
        for step in state.readySteps where steps[step] == nil { steps[step] = time }
        if let undo = state.nextUndo, undos[undo] == nil { undos[undo] = time }
    }

    /// What is to be done about `release` now.
    package func look(
        at release: Int, now: Timestamp, holdSeconds: Int = Deadlines.holdSeconds, patience: Patience = .standard
    ) -> Look {
        func limit(_ step: Step) -> Int { patience.scaled(seconds: StepPolicy.policy(for: step).deadlineSeconds) }
        guard state.run.number == release else { return .over }
        var next: [(at: Timestamp, command: Deployment.Command?)] = []
        func add(_ since: Timestamp?, _ seconds: Int, _ command: Deployment.Command?) {
            if let since { next.append((since + .seconds(seconds), command)) }
        }
        for step in state.readySteps + state.runningSteps {
            let seconds = limit(step)
            add(steps[step], seconds, .stepOverdue(step, release: release, afterSeconds: seconds))
        }
        if state.isProvisioning {
            let seconds = patience.scaled(seconds: Deadlines.releaseSeconds)
            add(begun, seconds, .deadlinePassed(release: release, afterSeconds: seconds))
            // Nothing that begins from now on can be late earlier.
            for step in state.plannedSteps where state.run.steps[step] == nil { add(now, limit(step), nil) }
        }
        if state.phase == .held {
            add(held, holdSeconds, .holdPassed(release: release, afterSeconds: holdSeconds))
        }
        if state.isUndoing {
            for step in state.undoPlan where state.run.undos[step] != .done {
                let seconds = limit(step)
                let isNext = state.nextUndo == step
                add(
                    isNext ? undos[step] : now, seconds,
                    isNext ? .undoOverdue(step, release: release, afterSeconds: seconds) : nil)
            }
        }
        guard let first = next.min(by: { $0.at < $1.at }) else { return .over }
        guard first.at <= now, let command = first.command else { return .wait(until: first.at) }
        return .overdue(command)
    }
}
