import Application
import EventSourcing
import FoundationEssentials
import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `Partitions of the log` {
    @Test func `take a group that crosses from one into the next`() async throws {
        try await withStore { store, database in
            try await Self.moveHead(to: 9_999_998, database)
            let outcome = try await store.append(Facts.append(["1", "2", "3", "4"], to: "a", expecting: .noStream))
            #expect(outcome.position == Position(10_000_002))
            #expect(
                try await store.append(Facts.append(["5"], to: "a", expecting: .exactly(4))).versions == [
                    "customer-a": 5
                ])
            #expect(try await Self.counts(database) == ["events_p1": 2, "events_p10000001": 3])
            #expect(try await store.events(of: Facts.customer("a"), from: 2).map(\.streamVersion) == [2, 3, 4, 5])
            #expect(
                try await store.events(after: Position(9_999_999), categories: [], limit: 9).map(\.position.rawValue)
                    == [10_000_000, 10_000_001, 10_000_002, 10_000_003])
        }
    }

    @Test func `are made when there is none left`() async throws {
        try await withStore { store, database in
            try await Self.moveHead(to: 30_000_000, database)
            let outcome = try await store.append(Facts.append(["1"], to: "a", expecting: .noStream))
            #expect(outcome.position == Position(30_000_001))
            #expect(try await Self.counts(database) == ["events_p30000001": 1])
        }
    }

    @Test func `are made ahead by several replicas while everybody writes`() async throws {
        try await withStore(poolSize: 12) { store, database in
            try await Self.moveHead(to: 30_000_000, database)
            let partitions = EventPartitions(pool: database.pool, positionsPerPartition: 20, partitionsAhead: 3)
            #expect(try await partitions.makeAhead() == 4)
            #expect(try await partitions.makeAhead() == 0)
            let made = try await withThrowingTaskGroup(of: Int.self) { group in
                for writer in 1...4 {
                    group.addTask {
                        for version in 0..<50 {
                            _ = try await store.append(
                                Facts.append(["x"], to: "w\(writer)", expecting: .exactly(version)))
                        }
                        return 0
                    }
                }
                for _ in 1...3 {
                    group.addTask {
                        var made = 0
                        while try await store.head() < Position(30_000_200) { made += try await partitions.makeAhead() }
                        return made
                    }
                }
                var sum = 0
                for try await made in group { sum += made }
                return sum
            }
            #expect(try await partitions.makeAhead() + made == 10)
            #expect(try await Self.counts(database).values.sorted() == Array(repeating: 20, count: 10))
            let positions = try await store.events(after: .start, categories: [], limit: 1_000).map(\.position.rawValue)
            #expect(positions == (30_000_001...30_000_200).map { $0 })
        }
    }

    @Test(arguments: ["events_p1", "events_p10000001"], ["", "SET session_replication_role = replica;"])
    func `refuse changes when they are named themselves`(partition: String, preparation: String) async throws {
        try await withStore { store, database in
            try await Self.moveHead(to: 9_999_999, database)
            _ = try await store.append(Facts.append(["1", "2"], to: "a", expecting: .noStream))
            for change in ["UPDATE \(partition) SET type = 'a.b'", "DELETE FROM \(partition)", "TRUNCATE \(partition)"]
            {
                let error = await #expect(throws: PostgresError.self) {
                    try await database.pool.execute(script: preparation + change)
                }
                #expect(error?.sqlstate == "SV002")
            }
            #expect(try await Self.counts(database) == ["events_p1": 1, "events_p10000001": 1])
        }
    }

    @Test func `hold what was there before them, with leaves, and every view goes on reading all of it`() async throws {
        try await withDatabase { database in
            let old = try MigrationsBefore(21)
            try await Migrator(pool: database.pool, folder: old.path).migrate()
            try await Self.appendAsBefore("a", database)
            try await database.pool.execute(
                script: """
                    CREATE SCHEMA generation;
                    CREATE VIEW generation.batch AS
                    SELECT position, type FROM events WHERE position > current_setting('deploycenter.batch_from')::bigint
                    """)
            try await Migrator(pool: database.pool, folder: Repository.migrations).migrate()
            let store = PostgresEventStore(pool: database.pool)
            try await Self.moveHead(to: 10_000_000, database)
            try await Self.appendAsBefore("b", database)
            _ = try await store.append(Facts.append(["new"], to: "a", expecting: .exactly(2)))
            let seen = try await database.pool.withTransaction { connection in
                try await connection.execute(script: "SET LOCAL deploycenter.batch_from = '1'")
                return try await connection.query("SELECT position FROM generation.batch ORDER BY position")
                    .map { try $0.int64(0) }
            }
            #expect(seen == [2, 10_000_001, 10_000_002, 10_000_003])
            let head = try await database.pool.query("SELECT position FROM views.log_head").first
            #expect(try head?.int64(0) == 10_000_003)
            #expect(try await Self.wrongLeaves(database) == 0)
            let types = try await database.pool.query("SELECT first_position FROM event_types ORDER BY type")
            #expect(try types.map { try $0.int64(0) } == [10_000_003, 1])
        }
    }

    /// A position is only a number: what lies before need not be there for the tests of what comes.
    static func moveHead(to position: Int64, _ database: TestDatabase) async throws {
        try await database.pool.query("UPDATE log_head SET position = $1::bigint", [.int8(position)])
    }

    /// Events whose leaf is not what the database makes of the stored row.
    static func wrongLeaves(_ database: TestDatabase) async throws -> Int {
        let rows = try await database.pool.query(
            """
            SELECT count(*) FROM events
            WHERE leaf_hash <> event_leaf_hash(
                position, stream_category, stream_id, stream_version, event_id::text, type, schema_version,
                canonical_digest(payload), canonical_digest(metadata), envelope_time(recorded_at))
            """)
        return try #require(rows.first).int(0)
    }

    /// As servers of the build before did it.
    private static func appendAsBefore(_ id: String, _ database: TestDatabase) async throws {
        let rows = try await database.pool.query(
            """
            SELECT append_events(
                ARRAY['customer'], ARRAY[$1::text], ARRAY[0], ARRAY[1, 1],
                ARRAY[gen_random_uuid()::text, gen_random_uuid()::text], ARRAY['thing.was', 'thing.was'], ARRAY[1, 1],
                ARRAY['{"ž": 1.50, "a": [true, null]}', '{}'], '{"actor": "ana", "roles": []}', 'ana', $1, 'd', NULL, NULL)
                ->> 'kind'
            """, [.text(id)])
        #expect(try rows.first?.string(0) == "appended")
    }

    private static func counts(_ database: TestDatabase) async throws -> [String: Int] {
        let rows = try await database.pool.query("SELECT tableoid::regclass::text, count(*) FROM events GROUP BY 1")
        return try rows.reduce(into: [:]) { $0[try $1.string(0)] = try $1.int(1) }
    }
}

/// The migrations of an older build.
private final class MigrationsBefore {
    let path = FileManager.default.temporaryDirectory.path + "/migrations-\(Facts.uuid())"

    init(_ number: Int) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for name in try FileManager.default.contentsOfDirectory(atPath: Repository.migrations) {
            guard let own = Int(name.prefix(4)), own < number else { continue }
            try FileManager.default.copyItem(atPath: "\(Repository.migrations)/\(name)", toPath: "\(path)/\(name)")
        }
    }

    // Nothing depends on a temporary folder that stays.
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct `Leaves of the audit tree` {
    /// Appended ones hash what Swift made of the payload; the comparison is with what SQL makes of the stored row.
    @Test func `are the same from Swift as from SQL, whatever the payload`() async throws {
        var random = SeededRandom(for: "leaves are the same from Swift as from SQL")
        try await withStore { store, database in
            for number in 0..<20 {
                let metadata = EventMetadata(
                    actor: "ana", actorName: Self.text(&random) + "x", roles: [Self.text(&random)],
                    correlationID: Self.text(&random), causationID: number.isMultiple(of: 2) ? nil : "c", source: "api")
                let events = (0..<10).map { _ in
                    NewEvent(
                        id: Facts.uuid(),
                        form: StoredForm(
                            "thing.was", version: 3, JSONValue.object(["v": Self.value(&random, depth: 3)])))
                }
                _ = try await store.append(
                    Append(
                        [
                            StreamAppend(
                                StreamName(category: "thing", id: Self.text(&random) + "x"), expected: .any,
                                events: events)
                        ],
                        metadata: metadata))
            }
            #expect(try await PartitionsOfTheLog.wrongLeaves(database) == 0)
        }
    }

    private typealias PartitionsOfTheLog = `Partitions of the log`

    /// Around what RFC 8785 treats apart: controls, quotes, the last of the BMP and what lies beyond it.
    private static func text(_ random: inout SeededRandom) -> String {
        let symbols = [
            "a", "Z", "\"", "\\", "/", "\n", "\u{1}", "\u{7F}", "ž", "☃", "\u{E000}", "\u{FFFD}", "😀", "𝒳", "é",
        ]
        return (0..<Int.random(in: 0...6, using: &random)).map { _ in symbols.randomElement(using: &random) ?? "" }
            .joined()
    }

    private static func value(_ random: inout SeededRandom, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 7), using: &random) {
        case 0: return .string(text(&random))
        case 1: return .number(number(&random))
        case 2: return .bool(Bool.random(using: &random))
        case 3: return .null
        case 4: return .integer(Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0...63, using: &random))
        case 5: return .array((0..<3).map { _ in value(&random, depth: depth - 1) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<4 { members[text(&random)] = value(&random, depth: depth - 1) }
            return .object(members)
        }
    }

    private static func number(_ random: inout SeededRandom) -> Double {
        let bits = Double(bitPattern: random.next())
        let exponent = Double.random(in: -30...30, using: &random)
        return bits.isFinite && Bool.random(using: &random) ? bits : (exponent * 1e3).rounded() / 1e3
    }
}
