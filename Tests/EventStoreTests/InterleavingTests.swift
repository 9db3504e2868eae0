import Application
import EventSourcing
import Postgres
import PostgresEventStore
import Synchronization
import TestSupport
import Testing

@Suite struct `Two sessions that append` {
    /// What a session does, in this order.
    enum Step: Sendable, CaseIterable {
        case begin, append, end
    }

    /// Every order of the steps of both sessions, with every pair of ends.
    @Test func `keep order, versions and sight in every interleaving`() async throws {
        try await withStore { store, database in
            for (first, second) in [(true, true), (true, false), (false, true), (false, false)] {
                for order in Self.interleavings(3, 3) {
                    try await Self.play(order, commits: [first, second], store, database)
                }
            }
        }
    }

    /// All ways to mix as many steps of session 0 with as many of session 1.
    private static func interleavings(_ first: Int, _ second: Int) -> [[Int]] {
        if first == 0 { return [Array(repeating: 1, count: second)] }
        if second == 0 { return [Array(repeating: 0, count: first)] }
        return interleavings(first - 1, second).map { [0] + $0 } + interleavings(first, second - 1).map { [1] + $0 }
    }

    private static func play(
        _ order: [Int], commits: [Bool], _ store: PostgresEventStore, _ database: TestDatabase
    ) async throws {
        let base = try await store.head()
        let round = "\(Facts.uuid())"
        let sessions = (0...1).map { Session(name: "\(round)-\($0)", commits: commits[$0]) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for session in sessions {
                group.addTask {
                    try await database.pool.withConnection { try await session.run(on: $0) }
                }
            }
            var asked = [0, 0]
            var seen: [String] = []
            var appending: [Int] = []
            for number in order {
                sessions[number].mailbox.continuation.yield(Step.allCases[asked[number]])
                if Step.allCases[asked[number]] == .append { appending.append(number) }
                asked[number] += 1
                try await settle(sessions[number], asked[number], database)
                // Whoever reads now sees what it saw before, and what came behind it.
                let now = try await visible(after: base, store)
                #expect(Array(now.prefix(seen.count)) == seen)
                seen = now
            }
            for session in sessions { session.mailbox.continuation.finish() }
            try await group.waitForAll()
            let final = try await visible(after: base, store)
            #expect(Array(final.prefix(seen.count)) == seen)
            // Whoever appends first keeps the other waiting until it ends, so the order of appends is that of commits.
            let names = appending.filter { commits[$0] }.map { sessions[$0].name }
            #expect(final == names.flatMap { [$0, $0] })
        }
    }

    /// The streams of the visible events; their positions have no gap.
    private static func visible(after base: Position, _ store: PostgresEventStore) async throws -> [String] {
        let events = try await store.events(after: base, categories: [], limit: 100)
        #expect(events.map(\.position.rawValue) == events.indices.map { base.rawValue + 1 + Int64($0) })
        return events.map(\.stream.id)
    }

    /// Waits until the session has done what it was asked, or waits for the other's lock.
    private static func settle(_ session: Session, _ count: Int, _ database: TestDatabase) async throws {
        try await eventually("a session has done its step or waits for a lock") {
            let (done, process) = session.progress.withLock { ($0.done, $0.process) }
            if done >= count { return true }
            let rows = try await database.pool.query(
                "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::integer AND wait_event_type = 'Lock'",
                [.int8(Int64(process ?? 0))])
            return try rows.first?.int(0) == 1
        }
    }
}

/// A transaction that is told step by step how far to go.
private final class Session: Sendable {
    typealias Step = `Two sessions that append`.Step

    let name: String
    let commits: Bool
    let mailbox = AsyncStream.makeStream(of: Step.self)
    let progress = Mutex<(done: Int, process: Int?)>((0, nil))

    init(name: String, commits: Bool) {
        self.name = name
        self.commits = commits
    }

    func run(on connection: PostgresConnection) async throws {
        let process = try await connection.query("SELECT pg_backend_pid()").first?.int(0)
        progress.withLock { $0.process = process }
        for await step in mailbox.stream {
            switch step {
            case .begin: try await connection.execute(script: "BEGIN")
            case .append:
                let answers = try await AppendGroup([Facts.append(["1", "2"], to: name, expecting: .noStream)])
                    .append(on: connection)
                guard case .appended = answers.first else { throw EventStoreError.cancelled }
            case .end: try await connection.execute(script: commits ? "COMMIT" : "ROLLBACK")
            }
            progress.withLock { $0.done += 1 }
        }
    }
}

@Suite struct `Several processes that append at once` {
    @Test func `share one order, and one of them wins each version`() async throws {
        try await withStore { store, database in
            let wins = try await withThrowingTaskGroup(of: Int.self) { group in
                for process in 1...4 {
                    group.addTask {
                        let pool = PostgresPool(configuration: PostgresConfiguration(database.url, poolSize: 2))
                        let own = PostgresEventStore(pool: pool)
                        var wins = 0
                        for version in 0..<20 {
                            _ = try await own.append(
                                Facts.append(["own"], to: "p\(process)", expecting: .exactly(version)))
                            do throws(EventStoreError) {
                                _ = try await own.append(
                                    Facts.append(["x"], to: "shared", expecting: .exactly(version)))
                                wins += 1
                            } catch .versionConflict {
                                continue
                            }
                        }
                        await pool.close()
                        return wins
                    }
                }
                var sum = 0
                for try await wins in group { sum += wins }
                return sum
            }
            let events = try await store.events(after: .start, categories: [], limit: 1_000)
            #expect(events.map(\.position.rawValue) == (1...Int64(80 + wins)).map { $0 })
            #expect(
                try await store.events(of: Facts.customer("shared"), from: 1).map(\.streamVersion) == Array(1...wins))
        }
    }
}
