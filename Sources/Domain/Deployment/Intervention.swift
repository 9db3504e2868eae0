import EventSourcing

/// An administrator has taken a hand in work that goes on by itself.
package struct Intervention: Codable, Equatable, Sendable {
    /// The release that the work belongs to.
    package let number: Int
    /// The to-do row, or the stream of a parked process.
    package let effect: String
    package let action: Action
    package let work: Work
    /// Of a step or its undoing.
    package let step: Step?
    package let reason: String

    package enum Action: String, Codable, CaseIterable, Sendable {
        /// Try again now, as if it had not failed.
        case retry
        /// Go on as if it were done: the administrator answers for it.
        case skip
        /// Give it up as failed.
        case cancel
    }

    package enum Work: String, Codable, Sendable {
        case perform, undo, timer
        /// The process of a stream that was parked.
        case process
    }

    package init(number: Int, effect: String, action: Action, work: Work, step: Step?, reason: String) {
        self.number = number
        self.effect = effect
        self.action = action
        self.work = work
        self.step = step
        self.reason = reason
    }
}

extension Deployment {
    /// What follows from an intervention at once; a retry leaves the rest to the worker.
    static func decideIntervention(
        _ fact: Intervention, attempts: Int, in state: State
    ) throws(Rejection) -> [DeploymentEvent] {
        guard state.phase != .unknown else { throw .unknown }
        let first = DeploymentEvent.intervened(fact)
        guard let step = fact.step else { return [first] }
        let failed = StepFailed(
            number: fact.number, step: step, attempts: attempts, reason: "given up by an administrator: \(fact.reason)")
        switch (fact.action, fact.work) {
        case (.skip, .perform): throw .resultCannotBeSaid(step)
        case (.cancel, .perform):
            // Or it is not wanted any more.
            let begun = (try? decideStep(.startStep(step, release: fact.number), in: state)) ?? []
            let after = fold(begun, from: state)
            let ends = try decideStep(.recordFailure(failed), in: after)
            let abandoned = try decideStep(.abandonStep(step, release: fact.number), in: after)
            return [first] + begun + (ends.isEmpty ? abandoned : ends)
        case (.cancel, .undo):
            // Or it is not wanted any more.
            let begun = (try? decideUndo(.startUndo(step, release: fact.number), in: state)) ?? []
            return [first] + begun + (try decideUndo(.recordUndoFailure(failed), in: fold(begun, from: state)))
        case (.skip, .undo):
            // Or it is not wanted any more.
            let begun = (try? decideUndo(.startUndo(step, release: fact.number), in: state)) ?? []
            let done = Undone(
                number: fact.number, step: step, evidence: "an administrator says so: \(fact.reason)", commit: nil)
            return [first] + begun + (try decideUndo(.recordUndone(done), in: fold(begun, from: state)))
        case (.retry, _), (_, .timer), (_, .process): return [first]
        }
    }
}
