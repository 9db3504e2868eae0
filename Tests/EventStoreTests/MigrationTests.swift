import EventSourcing
import FoundationEssentials
import Postgres
import PostgresEventStore
import Synchronization
import TestSupport
import Testing

@Suite struct `Migrations` {
    @Test func `run once, and again do nothing`() async throws {
        try await withDatabase { database in
            let migrator = Migrator(pool: database.pool, folder: Repository.migrations)
            let pending = try await migrator.pending()
            #expect(!pending.isEmpty)
            #expect(try await migrator.migrate() == pending)
            #expect(try await migrator.migrate() == [])
            try await migrator.requireCurrent()
        }
    }

    @Test func `run once, however many migrate at the same time`() async throws {
        try await withDatabase(poolSize: 8) { database in
            let migrator = Migrator(pool: database.pool, folder: Repository.migrations)
            let pending = try await migrator.pending()
            let done = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 1...4 { group.addTask { try await migrator.migrate() } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(done.sorted() == pending)
        }
    }

    @Test func `wait for another migrator no longer than they may, and leave no lock`() async throws {
        try await withDatabase { database in
            let folder = try Folder(["0001_a.sql": "CREATE TABLE a (x int);\n"])
            let patience = Migrator.Patience(turnTimeout: .milliseconds(50))
            let migrator = Migrator(pool: database.pool, folder: folder.path, patience: patience)
            try await database.pool.withConnection { other in
                try await other.execute(script: "SELECT pg_advisory_lock(7370417263)")
                await #expect(throws: MigrationError.locked(.milliseconds(50))) { try await migrator.migrate() }
                try await other.execute(script: "SELECT pg_advisory_unlock(7370417263)")
            }
            #expect(try await migrator.migrate() == ["0001_a.sql"])
        }
    }

    @Test func `that were edited after they ran are refused`() async throws {
        try await withDatabase { database in
            let folder = try Folder(["0001_a.sql": "CREATE TABLE a (x int);\n"])
            let migrator = Migrator(pool: database.pool, folder: folder.path)
            try await migrator.migrate()
            try folder.write("0001_a.sql", "CREATE TABLE a (x bigint);\n")
            await #expect(throws: MigrationError.fileChanged("0001_a.sql")) { try await migrator.migrate() }
            await #expect(throws: MigrationError.fileChanged("0001_a.sql")) { try await migrator.requireCurrent() }
        }
    }

    @Test func `tell an older and a newer database from a current one`() async throws {
        try await withDatabase { database in
            let folder = try Folder(["0001_a.sql": "CREATE TABLE a (x int);\n"])
            let migrator = Migrator(pool: database.pool, folder: folder.path)
            await #expect(throws: MigrationError.schemaIsOlder(pending: ["0001_a.sql"])) {
                try await migrator.requireCurrent()
            }
            try await migrator.migrate()
            try folder.write("0002_b.sql", "CREATE TABLE b (x int);\n")
            await #expect(throws: MigrationError.schemaIsOlder(pending: ["0002_b.sql"])) {
                try await migrator.requireCurrent()
            }
            try await migrator.migrate()
            try folder.remove("0002_b.sql")
            await #expect(throws: MigrationError.schemaIsNewer("0002_b.sql")) { try await migrator.requireCurrent() }
        }
    }

    @Test func `that fail leave nothing of themselves, and those before stay`() async throws {
        try await withDatabase { database in
            let folder = try Folder([
                "0001_a.sql": "CREATE TABLE a (x int);\n", "0002_b.sql": "CREATE TABLE b (x int); SELECT 1 / 0;\n",
            ])
            let migrator = Migrator(pool: database.pool, folder: folder.path)
            await #expect(throws: PostgresError.self) { try await migrator.migrate() }
            let rows = try await database.pool.query(
                "SELECT to_regclass('a') IS NOT NULL AS a, to_regclass('b') IS NULL AS b")
            let row = try #require(rows.first)
            #expect(try row.bool("a") && row.bool("b"))
            try folder.write("0002_b.sql", "CREATE TABLE b (x int);\n")
            #expect(try await migrator.migrate() == ["0002_b.sql"])
        }
    }

    @Test func `may run outside a transaction`() async throws {
        try await withDatabase { database in
            let folder = try Folder([
                "0001_a.sql": "CREATE TABLE a (x int);\n",
                "0002_b.sql":
                    "-- Finds by x.\n-- deploycenter: online\nCREATE INDEX CONCURRENTLY IF NOT EXISTS a_by_x ON a (x);\n",
            ])
            try await Migrator(pool: database.pool, folder: folder.path).migrate()
            let valid = try await database.pool.query(
                "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('a_by_x')")
            #expect(try valid.first?.bool(0) == true)
        }
    }

    @Test func `outside a transaction run statement by statement, and again after an interruption`() async throws {
        try await withDatabase { database in
            let text = """
                -- Finds by x; not by "y;".
                -- deploycenter: online
                CREATE INDEX CONCURRENTLY IF NOT EXISTS a_by_x ON a (x);
                DO $body$ BEGIN PERFORM ';'; END $body$;
                CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_is_unique ON a (x); -- The end;
                """
            let folder = try Folder([
                "0001_a.sql": "CREATE TABLE a (x int); INSERT INTO a VALUES (1), (1);\n", "0002_b.sql": text,
            ])
            let migrator = Migrator(pool: database.pool, folder: folder.path)
            // It leaves an invalid index of this name, which IF NOT EXISTS would take for the one that is wanted.
            await #expect(throws: PostgresError.self) { try await migrator.migrate() }
            try await database.pool.execute(script: "DELETE FROM a")
            #expect(try await migrator.migrate() == ["0002_b.sql"])
            let valid = try await database.pool.query(
                "SELECT count(*) FROM pg_index WHERE indrelid = 'a'::regclass AND indisvalid")
            #expect(try valid.first?.int(0) == 2)
        }
    }

    @Test func `wait for nobody longer than they may, and come back`() async throws {
        try await withDatabase { database in
            let folder = try Folder(["0001_a.sql": "CREATE TABLE a (x int);\n"])
            let patience = Migrator.Patience(
                lockTimeout: .milliseconds(20), pause: .milliseconds(20), attemptsMax: 1000)
            let migrator = Migrator(pool: database.pool, folder: folder.path, patience: patience)
            try await migrator.migrate()
            try folder.write("0002_b.sql", "ALTER TABLE a ADD COLUMN y int;\n")
            try await database.pool.withConnection { reader in
                try await reader.execute(script: "BEGIN; SELECT FROM a")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await migrator.migrate() }
                    // Writers pass while the migration cannot have its lock.
                    for _ in 1...50 { try await database.pool.query("INSERT INTO a VALUES (1)") }
                    #expect(try await migrator.pending() == ["0002_b.sql"])
                    try await reader.execute(script: "COMMIT")
                    try await group.waitForAll()
                }
            }
            #expect(try await migrator.pending() == [])
        }
    }

    @Test func `of a running log fail no writer and hold none up for long`() async throws {
        try await withDatabase(poolSize: 8) { database in
            let names = try FileManager.default.contentsOfDirectory(atPath: Repository.migrations).filter {
                $0.hasSuffix(".sql")
            }
            func text(_ name: String) throws -> String {
                try String(contentsOfFile: "\(Repository.migrations)/\(name)", encoding: .utf8)
            }
            let folder = try Folder([:])
            for name in names where name < "0021" { try folder.write(name, try text(name)) }
            let migrator = Migrator(pool: database.pool, folder: folder.path)
            try await migrator.migrate()
            for name in names where name >= "0021" { try folder.write(name, try text(name)) }
            let isMigrated = Flag()
            let waits = try await withThrowingTaskGroup(of: [Duration].self) { group in
                for writer in 0..<4 {
                    group.addTask {
                        var waits: [Duration] = []
                        while !isMigrated.isSet.load(ordering: .acquiring) || waits.count < 20 {
                            let start = ContinuousClock.now
                            try await OldWriter.append(to: "w-\(writer)", on: database.pool)
                            waits.append(.now - start)
                        }
                        return waits
                    }
                }
                try await migrator.migrate()
                isMigrated.isSet.store(true, ordering: .releasing)
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let count = try await database.pool.query("SELECT count(*) FROM events").first?.int(0)
            #expect(count == waits.count)
            #expect(try await database.pool.query("SELECT position FROM log_head").first?.int(0) == count)
            let longest = try #require(waits.max())
            // The lock timeout, once before and once after a turn of somebody else, and what two busy cores add.
            #expect(longest < .seconds(3), "of \(waits.count) appends the longest took \(longest)")
        }
    }
}

/// What one task tells others.
private final class Flag: Sendable {
    let isSet = Atomic(false)
}

/// Appends as a build from before the migrations does, through the function that they must keep working.
private enum OldWriter {
    static func append(to id: String, on pool: PostgresPool) async throws {
        try await pool.query(
            """
            SELECT append_events(
                ARRAY['customer'], ARRAY[$1], ARRAY[-1]::bigint[], ARRAY[1]::bigint[], ARRAY[$2::text],
                ARRAY['customer.created'], ARRAY[1]::bigint[], ARRAY['{"name": "a"}'],
                '{"actor": "ana", "roles": [], "source": "api", "correlationID": "c"}'::jsonb,
                NULL, NULL, NULL, NULL, NULL)
            """,
            [.text(id), .text(Facts.uuid().rawValue)])
    }
}

/// A folder of files that goes away with the test.
private final class Folder {
    let path: String

    init(_ files: [String: String]) throws {
        path = FileManager.default.temporaryDirectory.path + "/migrations-\(Facts.uuid())"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { try write(name, text) }
    }

    // Nothing depends on a temporary folder that stays.
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(path)/\(name)") }
}
