import Application
import EventSourcing
import Postgres

extension EventArchive {
    /// A partition as the catalogue has it; the name is quoted where it has to be.
    struct Partition: Sendable {
        let name: String
        let first: Int64
        let last: Int64
        let isRecorded: Bool
    }

    /// A range as `event_archives` has it.
    struct RecordedArchive: Sendable {
        let range: ArchivedRange
        /// Not quoted.
        let table: String
        let manifestDigest: String
        let isAttached: Bool
        let hasTable: Bool
    }

    func nextPartition() async throws(EventArchiveError) -> Partition? {
        let found = try await rows(Statement.nextRange, []) { row throws(PostgresError) in
            (
                isFull: try row.bool("is_full"),
                partition: Partition(
                    name: try row.string("name"), first: try row.int64("first_position"),
                    last: try row.int64("last_position"), isRecorded: try row.bool("is_recorded"))
            )
        }
        return found.first.flatMap { $0.isFull ? $0.partition : nil }
    }

    func streamCounts(_ partition: Partition) async throws(EventArchiveError) -> (streams: Int, living: Int) {
        let counts = try await rows(
            Statement.streamCounts, [.int8(partition.first), .int8(partition.last)]
        ) { row throws(PostgresError) in (streams: try row.int("streams"), living: try row.int("living")) }
        return counts.first ?? (0, 0)
    }

    func recorded() async throws(EventArchiveError) -> [RecordedArchive] {
        try await rows(Statement.archives, []) { row throws(PostgresError) in
            RecordedArchive(
                range: ArchivedRange(
                    first: Position(try row.int64("first_position")), last: Position(try row.int64("last_position")),
                    file: try row.string("file")),
                table: try row.string("partition_name"), manifestDigest: try row.string("sha256"),
                isAttached: try row.bool("is_attached"), hasTable: try row.bool("has_table"))
        }
    }

    /// Outside a transaction, and without stopping anybody: it waits for those who read the partition.
    func detach(_ partition: String) async throws(EventArchiveError) {
        try await script("ALTER TABLE events DETACH PARTITION \(partition) CONCURRENTLY")
    }

    /// Goes on where a detaching was interrupted, which is the only thing that the database then allows.
    func finishDetaching() async throws(EventArchiveError) {
        for name in try await rows(Statement.detaching, [], { row throws(PostgresError) in try row.string("name") }) {
            try await script("ALTER TABLE events DETACH PARTITION \(name) FINALIZE")
        }
    }

    func quoted(_ name: String) async throws(EventArchiveError) -> String {
        let found = try await rows(Statement.quoted, [.text(name)]) { row throws(PostgresError) in
            try row.string("quoted")
        }
        guard let quoted = found.first else { throw .unavailable(reason: "no answer") }
        return quoted
    }

    /// Lets nobody else archive or restore meanwhile.
    ///
    /// The lock is a session's, for detaching cannot be part of a transaction: behind a pooler that lends sessions out by transaction it
    /// would stay with one that nobody knows.
    func alone<Value>(
        _ work: () async throws(EventArchiveError) -> Value
    ) async throws(EventArchiveError) -> Value {
        guard
            try await rows(Statement.lockArchives, [], { row throws(PostgresError) in try row.bool("locked") }) == [
                true
            ]
        else { throw .refused("somebody else is archiving or restoring") }
        do throws(EventArchiveError) {
            let value = try await work()
            try await run(Statement.unlockArchives, [])
            return value
        } catch {
            // If this fails too, the session is gone, and its lock with it.
            _ = try? await pool.query(Statement.unlockArchives)
            throw error
        }
    }

    func script(_ text: String) async throws(EventArchiveError) {
        do throws(PostgresError) { try await pool.execute(script: text) } catch { throw EventArchiveError(error) }
    }

    func run(_ statement: String, _ parameters: [PostgresValue]) async throws(EventArchiveError) {
        do throws(PostgresError) {
            try await pool.query(statement, parameters)
        } catch {
            throw EventArchiveError(error)
        }
    }

    func rows<Value>(
        _ statement: String, _ parameters: [PostgresValue], _ read: (PostgresRow) throws(PostgresError) -> Value
    ) async throws(EventArchiveError) -> [Value] {
        do throws(PostgresError) {
            return try await pool.query(statement, parameters).map(read)
        } catch {
            throw EventArchiveError(error)
        }
    }
}

extension EventArchiveError {
    init(_ error: PostgresError) {
        switch error {
        // Raised by `record_archive`, when somebody has begun to read what was written meanwhile.
        case .server("SV004", let message, _, _, _): self = .refused(message)
        case .server, .cancelled, .connectionLost, .cannotConnect, .poolExhausted, .timedOut, .decoding:
            self = .unavailable(reason: error.description)
        }
    }
}
