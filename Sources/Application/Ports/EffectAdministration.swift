package import EventSourcing

/// What operators see of the to-do list, and may change of it.
package protocol EffectAdministration: EffectStore {
    /// The rows that fit, those that are due first before others.
    func rows(_ selection: EffectSelection, at now: Timestamp) async throws(EventStoreError) -> [EffectRow]

    func row(_ id: String, at now: Timestamp) async throws(EventStoreError) -> EffectRow?

    /// Takes a row, whoever works on it: that one's lease is lost. Nil if it has ended, or is not there.
    func seize(
        _ id: String, by owner: String, now: Timestamp, leaseSeconds: Int
    ) async throws(EventStoreError) -> ClaimedEffect?

    /// Gives a row back to be done at once, its failures forgiven, past limits and breakers; throws `leaseLost` if the lease has moved on.
    func restart(_ lease: EffectLease, at now: Timestamp) async throws(EventStoreError)
}

/// Which rows are asked for; nil fits all.
package struct EffectSelection: Equatable, Sendable {
    package var stream: StreamName?
    package var system: String?
    package var customer: String?
    package var state: EffectRow.State?
    package var includesEnded: Bool
    package var limit: Int

    package init(
        stream: StreamName? = nil, system: String? = nil, customer: String? = nil, state: EffectRow.State? = nil,
        includesEnded: Bool = false, limit: Int = 100
    ) {
        self.stream = stream
        self.system = system
        self.customer = customer
        self.state = state
        self.includesEnded = includesEnded
        self.limit = limit
    }
}

/// One row of the to-do list, as operators see it.
package struct EffectRow: Codable, Equatable, Sendable {
    package let id: String
    package let stream: String
    package let work: JSONValue
    package let state: State
    package let system: String
    package let circuit: String
    package let cluster: String?
    package let customer: String?
    package let createdAt: Timestamp
    package let dueAt: Timestamp
    package let endedAt: Timestamp?
    /// Failed attempts, and how many of them an administrator has forgiven.
    package let failures: Int
    package let forgiven: Int
    /// Why it waits, or waited last.
    package let reason: String?
    package let worker: String?
    package let leaseUntil: Timestamp?

    package enum State: String, Codable, CaseIterable, Sendable {
        /// Not due yet.
        case scheduled
        /// Due, and free for a worker.
        case due
        /// Due, behind an open or throttled circuit.
        case held
        case working
        /// This build's workers cannot do it.
        case parked
        case ended
    }

    package init(
        id: String, stream: String, work: JSONValue, state: State, system: String, circuit: String, cluster: String?,
        customer: String?, createdAt: Timestamp, dueAt: Timestamp, endedAt: Timestamp?, failures: Int, forgiven: Int,
        reason: String?, worker: String?, leaseUntil: Timestamp?
    ) {
        self.id = id
        self.stream = stream
        self.work = work
        self.state = state
        self.system = system
        self.circuit = circuit
        self.cluster = cluster
        self.customer = customer
        self.createdAt = createdAt
        self.dueAt = dueAt
        self.endedAt = endedAt
        self.failures = failures
        self.forgiven = forgiven
        self.reason = reason
        self.worker = worker
        self.leaseUntil = leaseUntil
    }
}
