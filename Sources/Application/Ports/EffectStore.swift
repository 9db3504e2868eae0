package import EventSourcing
package import ProcessManagers

/// The durable to-do list of the process managers: effects and timers as rows, claimed under leases.
///
/// Every time comes from the caller's clock.
package protocol EffectStore: Sendable {
    /// How far a process manager has reacted to the log.
    func checkpoint(of process: String) async throws(EventStoreError) -> Position

    /// Why a process stands still; nil if it does not.
    func failure(of process: String) async throws(EventStoreError) -> SubscriptionFailure?

    /// Notes that a process stands before an event that somebody could not handle, unless it has gone past it. `advance` past it takes
    /// the note away.
    func stop(_ process: String, at position: Position, because reason: String) async throws(EventStoreError)

    /// Moves a process's checkpoint and adds its effects in one transaction. False, and nothing changed, if the checkpoint
    /// is not `from` any more: another replica was faster. An effect whose id exists already is left as it is.
    func advance(
        _ process: String, from: Position, to: Position, adding effects: [NewEffect]
    ) async throws(EventStoreError) -> Bool

    /// Takes at most `limit` rows of these systems that are due and not under a valid lease, each with a new fencing token.
    func claim(
        by worker: String, of systems: Set<OutsideSystem>, limit: Int, now: Timestamp, leaseSeconds: Int
    ) async throws(EventStoreError) -> [ClaimedEffect]

    /// Gives a row back to be done at `due`; throws `leaseLost` if the lease has moved on.
    func postpone(_ lease: EffectLease, _ postponement: Postponement) async throws(EventStoreError)

    /// Ends a row without an event, because there is nothing left to do; throws `leaseLost` if the lease has moved on.
    func end(_ lease: EffectLease, at now: Timestamp, because reason: String) async throws(EventStoreError)

    /// The time at which the next row is due; nil if none waits.
    func nextDue() async throws(EventStoreError) -> Timestamp?

    /// Rows that are not done yet, for metrics and readiness.
    func openCount() async throws(EventStoreError) -> Int
}

extension EffectStore {
    /// Takes rows of whichever system.
    package func claim(
        by worker: String, limit: Int, now: Timestamp, leaseSeconds: Int
    ) async throws(EventStoreError) -> [ClaimedEffect] {
        try await claim(
            by: worker, of: Set(OutsideSystem.allCases), limit: limit, now: now, leaseSeconds: leaseSeconds)
    }
}

/// An effect that a process manager named, not begun yet.
package struct NewEffect: Equatable, Sendable {
    /// Derived from stream, version and index of the event that caused it, so that a repetition has the same id.
    package let id: String
    package let stream: StreamName
    package let payload: JSONValue
    package let due: Timestamp
    /// The longest that it may wait from when it is added, for an event whose time is ahead of the clock: after the database's clock
    /// jumped forward and back, new events have the time from before until it is reached again. nil if `due` is meant as it is.
    package let delaySeconds: Int?
    package let target: EffectTarget

    package init(
        id: String, stream: StreamName, payload: JSONValue, due: Timestamp, delaySeconds: Int? = nil,
        target: EffectTarget = EffectTarget(.none)
    ) {
        self.id = id
        self.stream = stream
        self.payload = payload
        self.target = target
        self.due = due
        self.delaySeconds = delaySeconds
    }
}

/// The right to work on one row: only the latest token may end or postpone it.
package struct EffectLease: Hashable, Sendable {
    package let effectID: String
    package let token: Int64

    package init(effectID: String, token: Int64) {
        self.effectID = effectID
        self.token = token
    }
}

/// A row that this worker may work on until its lease ends.
package struct ClaimedEffect: Equatable, Sendable {
    package let lease: EffectLease
    package let stream: StreamName
    package let payload: JSONValue
    /// Failed attempts so far.
    package let failures: Int
    /// What the last attempt left for the next one, such as the id of a change that is being waited for.
    package let continuation: JSONValue?
    package let createdAt: Timestamp

    package init(
        lease: EffectLease, stream: StreamName, payload: JSONValue, failures: Int, continuation: JSONValue?,
        createdAt: Timestamp
    ) {
        self.lease = lease
        self.stream = stream
        self.payload = payload
        self.failures = failures
        self.continuation = continuation
        self.createdAt = createdAt
    }
}

/// When and with what a row goes on.
package struct Postponement: Equatable, Sendable {
    package let due: Timestamp
    /// Failed attempts, this one included if it failed.
    package let failures: Int
    package let continuation: JSONValue?
    /// Why it has to wait, for operators.
    package let reason: String

    package init(due: Timestamp, failures: Int, continuation: JSONValue?, reason: String) {
        self.due = due
        self.failures = failures
        self.continuation = continuation
        self.reason = reason
    }
}
