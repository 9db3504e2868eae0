import Application
import EventSourcing
import Postgres
import PostgresEventStore
import Synchronization
import TestSupport
import Testing

@Suite struct `A process that knows the log` {
    /// Turns of several appends let each process know the log before the other one surprises it.
    @Test func `does what a log in memory does, whoever else appends`() async throws {
        var random = SeededRandom(for: "a process that knows the log does what a log in memory does")
        try await withStore { store, database in
            let stores = [store, PostgresEventStore(pool: database.pool)]
            var log = LogInMemory()
            for _ in 1...60 {
                let own = stores[Int.random(in: 0...1, using: &random)]
                for _ in 0..<Int.random(in: 1...6, using: &random) {
                    let append = log.randomAppend(&random)
                    let expected = log.append(append)
                    let answer = try await Answer.of(own, append)
                    #expect(answer == expected)
                }
            }
            #expect(try await store.head().rawValue == Int64(log.count))
            #expect(try await Self.gaps(database) == 0)
            #expect(try await `Partitions of the log`.wrongLeaves(database) == 0)
        }
    }

    @Test func `loses nothing when many append at once, some of them elsewhere`() async throws {
        try await withStore { store, database in
            let other = PostgresEventStore(pool: database.pool)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        var version = 0
                        for turn in 0..<30 {
                            let names = (0...turn % 3).map { "☃\"\\\($0)" }
                            let outcome = try await (writer == 0 && turn % 10 == 9 ? other : store).append(
                                Facts.append(names, to: "\(writer)", expecting: .exactly(version)))
                            version += names.count
                            #expect(outcome.versions == ["customer-\(writer)": version])
                            // A stream of all writers, whose version nobody waits for.
                            _ = try await store.append(Facts.append(["all"], to: "all", expecting: .any))
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.head() == Position(8 * 30 * 3))
            #expect(try await store.version(of: Facts.customer("all")) == 8 * 30)
            #expect(try await Self.gaps(database) == 0)
            #expect(try await `Partitions of the log`.wrongLeaves(database) == 0)
        }
    }

    /// Somebody else's append is open when the call begins, so that the call waits for its end.
    @Test(arguments: [("COMMIT", false), ("ROLLBACK", true)])
    func `writes only if the log still ends there when its turn comes`(end: String, isWritten: Bool) async throws {
        try await withStore { store, database in
            _ = try await store.append(Facts.append(["1"], to: "a", expecting: .noStream))
            let known = try #require(
                try await database.pool.query("SELECT position::text, recorded_at::text FROM log_head").first)
            let (head, time) = (try known.string(0), try known.string(1))
            try await database.pool.withConnection { other in
                try await other.execute(script: "BEGIN")
                _ = try await AppendGroup([Facts.append(["2"], to: "a", expecting: .exactly(1))]).append(on: other)
                async let answer = Self.appendKnown(2, head, time, database)
                try await Self.waitForLock(database)
                try await other.execute(script: end)
                #expect(try await answer == isWritten)
            }
            #expect(try await store.version(of: Facts.customer("a")) == 2)
            #expect(try await store.head() == Position(2))
        }
    }

    /// As one that was set back and went on differently.
    @Test func `is not deceived by another log of the same length`() async throws {
        try await withStore { store, database in
            for version in 0..<3 {
                _ = try await store.append(Facts.append(["x"], to: "a", expecting: .exactly(version)))
            }
            try await database.pool.query("UPDATE log_head SET recorded_at = recorded_at + interval '1 microsecond'")
            try await database.pool.execute(
                script: """
                    ALTER TABLE events DISABLE TRIGGER events_are_never_changed;
                    ALTER TABLE events_p1 DISABLE TRIGGER events_are_never_changed;
                    UPDATE events SET stream_id = 'b', stream_version = 1 WHERE position = 3;
                    """)
            await #expect(throws: EventStoreError.versionConflict(Facts.customer("a"), actual: 2)) {
                _ = try await store.append(Facts.append(["x"], to: "a", expecting: .exactly(3)))
            }
        }
    }

    private static func appendKnown(
        _ version: Int64, _ head: String, _ time: String, _ database: TestDatabase
    ) async throws -> Bool {
        let rows = try await database.pool.query(
            """
            SELECT append_one_to_known_log(
                $1::bigint, $2::timestamptz, 'customer', 'a', $3::bigint, gen_random_uuid(), 'customer.created', 1, '{}', 'd',
                '{}', 'd') IS NOT NULL
            """, [.text(head), .text(time), .int8(version)])
        return try rows.first?.bool(0) ?? false
    }

    private static func waitForLock(_ database: TestDatabase) async throws {
        try await eventually("the append waits") {
            let rows = try await database.pool.query(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%append_one_to_known_log%'
                """)
            return try rows.first?.int(0) == 1
        }
    }

    /// Events that do not stand behind the one before, in the log or in their stream.
    private static func gaps(_ database: TestDatabase) async throws -> Int {
        let rows = try await database.pool.query(
            """
            SELECT count(*) FROM (
                SELECT
                    position - row_number() OVER (ORDER BY position) AS missing,
                    stream_version - row_number() OVER (PARTITION BY stream_category, stream_id ORDER BY position)
                        AS missing_in_stream
                FROM events
            ) AS places
            WHERE missing <> 0 OR missing_in_stream <> 0
            """)
        return try #require(rows.first).int(0)
    }
}
