import Application
import EventSourcing
import ProcessManagers

extension SimulatedReplica: EventStore {
    func events(of stream: StreamName, from version: Int) async throws(EventStoreError) -> [RecordedEvent] {
        try await statement { () throws(EventStoreError) in Array(log.events(of: stream).dropFirst(version - 1)) }
    }

    func events(
        after position: Position, categories: [String], limit: Int
    ) async throws(EventStoreError) -> [RecordedEvent] {
        try await statement { () throws(EventStoreError) in
            Array(
                log.events.dropFirst(Int(position.rawValue))
                    .lazy.filter { categories.isEmpty || categories.contains($0.stream.category) }.prefix(limit))
        }
    }

    func events(of stream: StreamName, from version: Int, limit: Int) async throws(EventStoreError) -> [RecordedEvent] {
        Array(try await events(of: stream, from: version).prefix(limit))
    }

    func version(of stream: StreamName) async throws(EventStoreError) -> Int {
        try await statement { () throws(EventStoreError) in log.events(of: stream).count }
    }

    func page(of selection: EventSelection) async throws(EventStoreError) -> EventPage {
        throw .unavailable(reason: "the processes ask for no pages")
    }

    func storedTypes() async throws(EventStoreError) -> [StoredEventType] { [] }
    func head() async throws(EventStoreError) -> Position {
        try await statement { () throws(EventStoreError) in log.head }
    }
    func outcome(of command: CommandIdentity) async throws(EventStoreError) -> AppendOutcome? { nil }
    func wakeUps() -> AsyncStream<Void> { AsyncStream { $0.finish() } }

    func append(_ append: Append) async throws(EventStoreError) -> AppendOutcome {
        try await statement { () throws(EventStoreError) in try log.append(append) }
    }
}

extension SimulatedReplica: EffectStore {
    func checkpoint(of process: String) async throws(EventStoreError) -> Position {
        try await statement { () throws(EventStoreError) in log.checkpoint }
    }

    func failure(of process: String) async throws(EventStoreError) -> SubscriptionFailure? { nil }

    func stop(_ process: String, at position: Position, because reason: String) async throws(EventStoreError) {
        throw .unavailable(reason: "no event of a simulation is unreadable")
    }

    func parked(by process: String) async throws(EventStoreError) -> [ParkedStream] { [] }

    func resume(
        _ parked: ParkedStream, of process: String, at checkpoint: Position, adding effects: [NewEffect]
    ) async throws(EventStoreError) -> Bool {
        throw .unavailable(reason: "no event of a simulation is unreadable")
    }

    func advance(_ process: String, _ advance: ProcessAdvance) async throws(EventStoreError) -> Bool {
        try await statement { () throws(EventStoreError) in
            log.advance(from: advance.from, to: advance.to, adding: advance.effects)
        }
    }

    func claim(
        by worker: String, of systems: Set<OutsideSystem>, limit: Int, now: Timestamp, leaseSeconds: Int
    ) async throws(EventStoreError) -> [ClaimedEffect] {
        try await statement { () throws(EventStoreError) in
            log.claim(of: systems, limit: limit, now: time.now, leaseSeconds: leaseSeconds)
        }
    }

    func postpone(_ lease: EffectLease, _ postponement: Postponement) async throws(EventStoreError) {
        try await statement { () throws(EventStoreError) in
            try log.postpone(lease, postponement)
        }
    }

    /// Replicas of a simulation find out by themselves.
    func report(_ report: CircuitReport) async throws(EventStoreError) {}

    func end(_ lease: EffectLease, at now: Timestamp, because reason: String) async throws(EventStoreError) {
        try await statement { () throws(EventStoreError) in try log.end(lease) }
    }

    func circuits(at now: Timestamp) async throws(EventStoreError) -> [CircuitStatus] { [] }
    func nextDue() async throws(EventStoreError) -> Timestamp? { log.nextDue }
    func openCount() async throws(EventStoreError) -> Int { log.openRows.count }
}
