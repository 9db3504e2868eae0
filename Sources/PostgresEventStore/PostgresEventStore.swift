package import Application
package import EventSourcing
package import Postgres

/// The log in Postgres. A function of the database checks and writes each append under the lock of the log's head; appends that come
/// while a transaction runs share the next one.
package final class PostgresEventStore: EventStore {
    private let pool: PostgresPool
    private let groups: AppendGroups
    private let subscribers = WakeUpSubscribers()

    package init(pool: PostgresPool) {
        self.pool = pool
        self.groups = AppendGroups(pool: pool)
    }

    package func events(
        of stream: StreamName, from version: Int
    ) async throws(EventStoreError) -> [RecordedEvent] {
        try await read(
            Statement.readStream, [.text(stream.category), .text(stream.id), .int8(Int64(version))])
    }

    package func events(
        after position: Position, categories: [String], limit: Int
    ) async throws(EventStoreError) -> [RecordedEvent] {
        let (from, most) = (PostgresValue.int8(position.rawValue), PostgresValue.int8(Int64(limit)))
        return categories.isEmpty
            ? try await read(Statement.readLog, [from, most])
            : try await read(Statement.readCategories, [from, .textArray(categories), most])
    }

    package func head() async throws(EventStoreError) -> Position {
        do throws(PostgresError) {
            return Position(try await pool.query(Statement.head).first?.int64("position") ?? 0)
        } catch {
            throw EventStoreError(error)
        }
    }

    package func append(_ append: Append) async throws(EventStoreError) -> AppendOutcome {
        let text: String
        do throws(PostgresError) {
            text = try await groups.append(try AppendRequest(append))
        } catch {
            throw EventStoreError(error)
        }
        let outcome = try AppendAnswer(text).outcome(of: append)
        if !outcome.isRepetition { subscribers.wake() }
        return outcome
    }

    package func outcome(of command: CommandIdentity) async throws(EventStoreError) -> AppendOutcome? {
        let (digest, text): (String, String)
        do throws(PostgresError) {
            guard
                let row = try await pool.query(
                    Statement.commandOutcome, [.text(command.actor), .text(command.key)]
                ).first
            else { return nil }
            (digest, text) = (try row.string("digest"), try row.string("outcome"))
        } catch {
            throw EventStoreError(error)
        }
        guard digest == command.digest else { throw .idempotencyKeyReused(key: command.key) }
        return try AppendAnswer(text).repeated()
    }

    package func wakeUps() -> AsyncStream<Void> { subscribers.subscribe() }

    /// Passes on what other processes append to everyone who waits for wake-ups, until it is cancelled. Run it once; without it only
    /// this process's own appends wake.
    package func listen() async {
        for await _ in pool.notifications(channel: "deploycenter_events") { subscribers.wake() }
    }

    private func read(
        _ statement: String, _ parameters: [PostgresValue]
    ) async throws(EventStoreError) -> [RecordedEvent] {
        do throws(PostgresError) {
            return try await pool.query(statement, parameters).map { row throws(PostgresError) in
                try RecordedEvent(row)
            }
        } catch {
            throw EventStoreError(error)
        }
    }
}

extension RecordedEvent {
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        let metadata: EventMetadata
        do {
            metadata = try JSONText.decode(EventMetadata.self, from: try row.string("metadata"))
        } catch {
            throw .decoding(column: "metadata", reason: "\(error)")
        }
        self.init(
            position: Position(try row.int64("position")),
            stream: StreamName(category: try row.string("stream_category"), id: try row.string("stream_id")),
            streamVersion: try row.int("stream_version"), id: EventID(try row.string("event_id")),
            type: EventType(try row.string("type")), schemaVersion: try row.int("schema_version"),
            payload: try row.string("payload"), metadata: metadata,
            recordedAt: Timestamp(microseconds: try row.timestamptz("recorded_at")))
    }
}

extension EventStoreError {
    /// What the database said, as what a caller of the log can do about it.
    init(_ error: PostgresError) {
        switch error {
        case .cancelled: self = .cancelled
        case .server, .connectionLost, .cannotConnect, .poolExhausted, .timedOut, .decoding:
            self = .unavailable(reason: error.description)
        }
    }
}
