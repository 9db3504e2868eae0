import Domain
import EventSourcing
import ProcessManagers

extension EffectWork {
    /// A deadline that is far away is looked at again by then, so that a clock that was set meanwhile does no harm.
    private static let lookSeconds = 600
    /// Data whose time has come while the application is being taken away still.
    private static let endingSeconds = 15

    /// Ends what is overdue, and looks again when something may be.
    func watch(release number: Int) async throws(EventStoreError) {
        for _ in 1...Self.conflictsMax {
            var clock = ReleaseClock()
            for recorded in try await runner.events.events(of: claimed.stream, from: 1) {
                clock.note(try DeploymentEvent(recorded), at: recorded.recordedAt)
            }
            let now = self.now
            switch clock.look(at: number, now: now, holdSeconds: runner.holdSeconds, patience: runner.patience) {
            case .over: return try await end(because: "the run has ended")
            case .overdue(let command):
                // What it leads to may have deadlines of its own; if it leads to nothing, somebody was faster.
                _ = try await record(command, from: nil, completing: nil)
            case .wait(let due):
                return try await postpone(
                    min(due - now, .seconds(Self.lookSeconds)), failures: claimed.failures, nil,
                    because: "no deadline has passed")
            }
        }
        throw .unavailable(reason: "too many deadlines of \(claimed.stream) at once")
    }

    /// Begins the removal of data when its time has come, unless somebody has undone the wish.
    func removeData(_ removal: Int) async throws(EventStoreError) {
        let past = Begun(try await runner.known.read(claimed.stream, from: runner.events), claimed)
        guard let wanted = past.state.dataRemoval, wanted.removal == removal else {
            return try await end(because: "the removal was withdrawn, or has begun")
        }
        let now = self.now
        if now >= wanted.removesAt, past.state.phase == .decommissioned {
            return try await finish(with: .dataRemovalDue(removal: removal, at: now), from: past)
        }
        let isEarly = now < wanted.removesAt
        try await postpone(
            isEarly
                ? min(wanted.removesAt - now, .seconds(Self.lookSeconds))
                : runner.patience.scaled(.seconds(Self.endingSeconds)),
            failures: claimed.failures, nil,
            because: isEarly ? "the data may be kept until \(wanted.removesAt)" : "the decommission has not ended")
    }

    private func end(because reason: String) async throws(EventStoreError) {
        try await runner.effects.end(claimed.lease, at: now, because: reason)
    }
}
