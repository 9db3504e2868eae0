package import EventSourcing
package import ProcessManagers

/// What an attempt has shown of the system that it called.
package struct CircuitReport: Equatable, Sendable {
    package let circuit: String
    package let effectID: String
    package let at: Timestamp
    package let finding: Finding

    package enum Finding: Equatable, Sendable {
        /// It works, whatever it said.
        case answered
        case failed(reason: String)
        /// Nobody asks it, or with `inAll` any circuit of the system, before `until`.
        case throttled(until: Timestamp, inAll: OutsideSystem?, reason: String)
        /// Nothing: it was not asked after all. If this was the probe, another one may be sent at once.
        case unasked
    }

    package init(circuit: String, effectID: String, at: Timestamp, finding: Finding) {
        self.circuit = circuit
        self.effectID = effectID
        self.at = at
        self.finding = finding
    }
}

/// How a circuit is: whether effects may use its system, and how many want to.
package struct CircuitStatus: Codable, Equatable, Sendable {
    package let circuit: String
    package let system: String
    /// closed, open or half_open.
    package let state: String
    /// Of the system, in a row.
    package let failures: Int
    package let reason: String?
    package let changedAt: Timestamp?
    /// When one effect tries whether the system answers again; nil unless open.
    package let probeAt: Timestamp?
    /// nil unless the system has asked to be spared.
    package let throttledUntil: Timestamp?
    /// Effects that are due.
    package let waiting: Int
    package let working: Int

    package init(
        circuit: String, system: String, state: String, failures: Int, reason: String?, changedAt: Timestamp?,
        probeAt: Timestamp?, throttledUntil: Timestamp?, waiting: Int, working: Int
    ) {
        self.circuit = circuit
        self.system = system
        self.state = state
        self.failures = failures
        self.reason = reason
        self.changedAt = changedAt
        self.probeAt = probeAt
        self.throttledUntil = throttledUntil
        self.waiting = waiting
        self.working = working
    }

    package var isPassing: Bool { state == "closed" && throttledUntil == nil }
}
