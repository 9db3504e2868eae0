import Application
import EventSourcing
import FoundationEssentials
package import Postgres
import Synchronization

/// Proves on a given database, through its pooler if it has one, that a reader that follows positions sees every committed event, in
/// the order of the commits: with writers that delay their commits or roll back.
///
/// It works in a schema of its own, made from the log's migrations and dropped at the end.
package struct OrderVerifier: Sendable {
    /// Where positions come from.
    package enum Numbering: Sendable {
        /// The log's own function and lock.
        case log
        /// A plain sequence, which loses events: the proof that this check can fail.
        case plainSequence
    }

    package struct Settings: Sendable {
        package var writers = 16
        /// Ends after as many transactions, rolled back ones included …
        package var transactions = 2_000
        /// … or after this time.
        package var limit: Duration = .seconds(60)
        package var seed: UInt64
        package var numbering: Numbering
        /// Between an append and its commit a writer waits up to this long.
        package var delayMaxMilliseconds = 10.0
        /// How many of a hundred transactions roll back.
        package var rollbacksPercent = 20

        package init(seed: UInt64, numbering: Numbering = .log) {
            self.seed = seed
            self.numbering = numbering
        }
    }

    /// What makes the log: its tables and functions, and nothing that lies in other schemas.
    private static let logFiles = ["0001_", "0002_", "0003_", "0021_", "0022_", "0034_"]

    private let pool: PostgresPool
    private let migrations: String

    /// The pool needs a connection per writer and one for the reader.
    package init(pool: PostgresPool, migrations folder: String) {
        self.pool = pool
        self.migrations = folder
    }

    package func verify(_ settings: Settings) async throws -> OrderReport {
        let schema = "verify_order_" + String(UInt64.random(in: .min ... .max), radix: 36)
        do {
            try await create(schema, settings.numbering)
            let report = try await run(settings, in: schema)
            try await drop(schema)
            return report
        } catch {
            // The first error says more; a schema that stays behind harms nobody.
            try? await drop(schema)
            throw error
        }
    }

    private func create(_ schema: String, _ numbering: Numbering) async throws {
        let scripts: [String]
        switch numbering {
        case .log:
            let names = try FileManager.default.contentsOfDirectory(atPath: migrations).sorted()
            scripts = try names.filter { name in Self.logFiles.contains { name.hasPrefix($0) } }
                .map { try String(contentsOfFile: "\(migrations)/\($0)", encoding: .utf8) }
            guard scripts.count == Self.logFiles.count else { throw MigrationError.unreadable(migrations) }
        case .plainSequence: scripts = [Statement.plainSequence]
        }
        try await pool.withTransaction { connection in
            try await connection.execute(script: "CREATE SCHEMA \(schema)")
            try await connection.query(Statement.scratchPath, [.text(schema)])
            for script in scripts { try await connection.execute(script: script) }
        }
    }

    /// In a task of its own, which this one's cancellation does not reach.
    private func drop(_ schema: String) async throws {
        let pool = pool
        try await Task { _ = try await pool.execute(script: "DROP SCHEMA IF EXISTS \(schema) CASCADE") }.value
    }

    private func run(_ settings: Settings, in schema: String) async throws -> OrderReport {
        let begin = ContinuousClock.now
        let progress = Progress()
        return try await withThrowingTaskGroup(of: [SeenEvent].self) { readers in
            readers.addTask { try await tail(schema, until: progress) }
            let written = try await write(settings, in: schema, until: begin + settings.limit, progress)
            progress.isOver.store(true, ordering: .releasing)
            let seen = try await readers.next() ?? []
            return OrderReport(
                writers: settings.writers, seed: settings.seed, duration: .now - begin, rolledBack: written.rolledBack,
                commits: written.commits, seen: seen, stored: try await tail(schema, until: progress))
        }
    }

    private func write(
        _ settings: Settings, in schema: String, until deadline: ContinuousClock.Instant, _ progress: Progress
    ) async throws -> ScratchWriter.Result {
        try await withThrowingTaskGroup(of: ScratchWriter.Result.self) { group in
            for number in 0..<settings.writers {
                group.addTask {
                    var writer = ScratchWriter(number: number, settings: settings, schema: schema, pool: pool)
                    while progress.started.add(1, ordering: .relaxed).newValue <= settings.transactions, .now < deadline
                    {
                        try await writer.transact()
                    }
                    return writer.result
                }
            }
            var all = ScratchWriter.Result()
            for try await result in group {
                all.commits += result.commits
                all.rolledBack += result.rolledBack
            }
            return all
        }
    }

    /// Follows the log from its start; once it is over, up to its end.
    private func tail(_ schema: String, until progress: Progress) async throws -> [SeenEvent] {
        var seen: [SeenEvent] = []
        while true {
            let isLast = progress.isOver.load(ordering: .acquiring)
            let last = seen.last?.position ?? 0
            let page = try await pool.withTransaction { connection in
                try await connection.query(Statement.scratchPath, [.text(schema)])
                return try await connection.query(Statement.scratchTail, [.int8(last)]).map { row in
                    SeenEvent(position: try row.int64("position"), id: try row.string("event_id"))
                }
            }
            seen += page
            if page.isEmpty {
                if isLast { return seen }
                try await ContinuousClock().sleep(for: .milliseconds(1))
            }
        }
    }
}

/// What the writers and the reader of one run tell each other.
private final class Progress: Sendable {
    let started = Atomic(0)
    let isOver = Atomic(false)
}
