package import EventSourcing
package import ProcessManagers

/// The durable to-do list of the process managers: effects and timers as rows, claimed under leases.
///
/// Workers' clocks differ, so a list that several share goes by a clock of its own: of the times that it is given it takes how far they are
/// from the caller's now.
package protocol EffectStore: Sendable {
    /// How far a process manager has reacted to the log.
    func checkpoint(of process: String) async throws(EventStoreError) -> Position

    /// How far a process has got, why it stands still if it does, and what it has gone past.
    func standing(of process: String) async throws(EventStoreError) -> ProcessStanding

    /// Why a process stands still; nil if it does not.
    func failure(of process: String) async throws(EventStoreError) -> SubscriptionFailure?

    /// Notes that a process stands before an event that somebody could not handle, unless it has gone past it. `advance` past it takes
    /// the note away.
    func stop(_ process: String, at position: Position, because reason: String) async throws(EventStoreError)

    /// Moves a process's checkpoint, adds its effects and parks streams in one transaction. False, and nothing changed, if the
    /// checkpoint is not `from` any more, or a stream that was skipped is not parked any more: another replica was faster. An effect
    /// whose id exists already is left as it is.
    func advance(_ process: String, _ advance: ProcessAdvance) async throws(EventStoreError) -> Bool

    /// The streams that a process has gone past.
    func parked(by process: String) async throws(EventStoreError) -> [ParkedStream]

    /// Takes a stream back among the others, with the effects of its events up to `checkpoint`, in one transaction. False, and nothing
    /// changed, if the process is elsewhere by now, or the stream is not parked.
    func resume(
        _ parked: ParkedStream, of process: String, at checkpoint: Position, adding effects: [NewEffect]
    ) async throws(EventStoreError) -> Bool

    /// Takes at most `limit` rows of these systems that are due and not under a valid lease, each with a new fencing token.
    func claim(
        by worker: String, of systems: Set<OutsideSystem>, limit: Int, now: Timestamp, leaseSeconds: Int
    ) async throws(EventStoreError) -> [ClaimedEffect]

    /// Keeps what an attempt has shown of its circuit, for all replicas: it opens, closes, or is throttled.
    func report(_ report: CircuitReport) async throws(EventStoreError)

    /// Gives a row back to be done at `due`; throws `leaseLost` if the lease has moved on.
    func postpone(_ lease: EffectLease, _ postponement: Postponement) async throws(EventStoreError)

    /// Ends a row without an event, because there is nothing left to do; throws `leaseLost` if the lease has moved on.
    func end(_ lease: EffectLease, at now: Timestamp, because reason: String) async throws(EventStoreError)

    /// How the outside systems are, as the workers find them.
    func circuits(at now: Timestamp) async throws(EventStoreError) -> [CircuitStatus]

    /// The time at which the next row is due; nil if none waits.
    func nextDue() async throws(EventStoreError) -> Timestamp?

    /// Rows that are not done yet, for metrics and readiness.
    func openCount() async throws(EventStoreError) -> Int
}

extension EffectStore {
    package func standing(of process: String) async throws(EventStoreError) -> ProcessStanding {
        ProcessStanding(
            checkpoint: try await checkpoint(of: process), failure: try await failure(of: process),
            parked: try await parked(by: process))
    }

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
    /// Failed attempts so far, and how many of them count no more.
    package let failures: Int
    package let forgiven: Int
    /// What the last attempt left for the next one, such as the id of a change that is being waited for.
    package let continuation: JSONValue?
    package let createdAt: Timestamp
    /// Since when it could have been claimed, and when it was: both by the list's clock.
    package let due: Timestamp
    package let claimedAt: Timestamp
    package let circuit: String
    /// The circuit's system did not answer lately, or this is the probe whether it does: an answer is news.
    package let isSuspect: Bool

    package init(
        lease: EffectLease, stream: StreamName, payload: JSONValue, failures: Int, forgiven: Int = 0,
        continuation: JSONValue?, createdAt: Timestamp, due: Timestamp, claimedAt: Timestamp, circuit: String = "none",
        isSuspect: Bool = false
    ) {
        self.forgiven = forgiven
        self.circuit = circuit
        self.isSuspect = isSuspect
        self.lease = lease
        self.stream = stream
        self.payload = payload
        self.failures = failures
        self.continuation = continuation
        self.createdAt = createdAt
        self.due = due
        self.claimedAt = claimedAt
    }
}

/// When and with what a row goes on.
package struct Postponement: Equatable, Sendable {
    /// The caller's now, from which `due` is reckoned.
    package let at: Timestamp
    package let due: Timestamp
    /// Failed attempts, this one included if it failed.
    package let failures: Int
    package let continuation: JSONValue?
    /// Why it has to wait, for operators.
    package let reason: String
    /// No try of this build's will go better.
    package let isParked: Bool

    package init(
        at: Timestamp, due: Timestamp, failures: Int, continuation: JSONValue?, reason: String, isParked: Bool = false
    ) {
        self.isParked = isParked
        self.at = at
        self.due = due
        self.failures = failures
        self.continuation = continuation
        self.reason = reason
    }
}
