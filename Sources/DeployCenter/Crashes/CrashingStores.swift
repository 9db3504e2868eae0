#if DEBUG
    import Application
    import EventSourcing
    import ProcessManagers
    import Synchronization

    /// A log with a crash point on either side of each append.
    struct CrashingEventStore: EventStore {
        let store: any EventStore
        let points: CrashPoints

        func append(_ append: Append) async throws(EventStoreError) -> AppendOutcome {
            let what = "append " + append.streams.flatMap(\.events).map(\.form.type.rawValue).joined(separator: ", ")
            points.reached(.before, what)
            let outcome = try await store.append(append)
            points.reached(.after, what)
            return outcome
        }

        func events(of stream: StreamName, from version: Int) async throws(EventStoreError) -> [RecordedEvent] {
            try await store.events(of: stream, from: version)
        }

        func events(
            after position: Position, categories: [String], limit: Int
        ) async throws(EventStoreError) -> [RecordedEvent] {
            try await store.events(after: position, categories: categories, limit: limit)
        }

        func events(
            of stream: StreamName, from version: Int, limit: Int
        ) async throws(EventStoreError) -> [RecordedEvent] {
            try await store.events(of: stream, from: version, limit: limit)
        }

        func version(of stream: StreamName) async throws(EventStoreError) -> Int { try await store.version(of: stream) }

        func page(of selection: EventSelection) async throws(EventStoreError) -> EventPage {
            try await store.page(of: selection)
        }

        func storedTypes() async throws(EventStoreError) -> [StoredEventType] { try await store.storedTypes() }

        func head() async throws(EventStoreError) -> Position { try await store.head() }

        func outcome(of command: CommandIdentity) async throws(EventStoreError) -> AppendOutcome? {
            try await store.outcome(of: command)
        }

        func wakeUps() -> AsyncStream<Void> { store.wakeUps() }
    }

    /// A to-do list with a crash point on either side of each change.
    final class CrashingEffectStore: EffectStore {
        private let store: any EffectStore
        private let points: CrashPoints
        /// What the rows are about that this process has taken.
        private let taken = Mutex<[String: String]>([:])

        init(store: any EffectStore, points: CrashPoints) {
            self.store = store
            self.points = points
        }

        func advance(_ process: String, _ advance: ProcessAdvance) async throws(EventStoreError) -> Bool {
            let what = "advance " + advance.effects.map { Self.name($0.payload) }.joined(separator: ", ")
            points.reached(.before, what)
            let moved = try await store.advance(process, advance)
            points.reached(.after, what)
            return moved
        }

        func parked(by process: String) async throws(EventStoreError) -> [ParkedStream] {
            try await store.parked(by: process)
        }

        func resume(
            _ parked: ParkedStream, of process: String, at checkpoint: Position, adding effects: [NewEffect]
        ) async throws(EventStoreError) -> Bool {
            try await store.resume(parked, of: process, at: checkpoint, adding: effects)
        }

        /// A claim that finds nothing changes nothing, and has no points.
        func claim(
            by worker: String, of systems: Set<OutsideSystem>, limit: Int, now: Timestamp, leaseSeconds: Int
        ) async throws(EventStoreError) -> [ClaimedEffect] {
            if let due = try await store.nextDue(), due <= now { points.reached(.before, "claim") }
            let claimed = try await store.claim(
                by: worker, of: systems, limit: limit, now: now, leaseSeconds: leaseSeconds)
            for effect in claimed {
                let name = Self.name(effect.payload)
                taken.withLock { $0[effect.lease.effectID] = name }
                points.reached(.after, "claim \(name)")
            }
            return claimed
        }

        func postpone(_ lease: EffectLease, _ postponement: Postponement) async throws(EventStoreError) {
            let what = "postpone \(name(of: lease))"
            points.reached(.before, what)
            try await store.postpone(lease, postponement)
            points.reached(.after, what)
        }

        func report(_ report: CircuitReport) async throws(EventStoreError) { try await store.report(report) }

        func end(_ lease: EffectLease, at now: Timestamp, because reason: String) async throws(EventStoreError) {
            let what = "end \(name(of: lease))"
            points.reached(.before, what)
            try await store.end(lease, at: now, because: reason)
            points.reached(.after, what)
        }

        func checkpoint(of process: String) async throws(EventStoreError) -> Position {
            try await store.checkpoint(of: process)
        }

        func failure(of process: String) async throws(EventStoreError) -> SubscriptionFailure? {
            try await store.failure(of: process)
        }

        func stop(_ process: String, at position: Position, because reason: String) async throws(EventStoreError) {
            try await store.stop(process, at: position, because: reason)
        }

        func circuits(at now: Timestamp) async throws(EventStoreError) -> [CircuitStatus] {
            try await store.circuits(at: now)
        }

        func nextDue() async throws(EventStoreError) -> Timestamp? { try await store.nextDue() }

        func openCount() async throws(EventStoreError) -> Int { try await store.openCount() }

        private func name(of lease: EffectLease) -> String { taken.withLock { $0[lease.effectID] ?? "" } }

        private static func name(_ payload: JSONValue) -> String {
            [payload["kind"]?.string, payload["step"]?.string].compactMap { $0 }.joined(separator: " ")
        }
    }
#endif
