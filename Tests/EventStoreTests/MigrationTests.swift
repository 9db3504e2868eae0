import FoundationEssentials
import Postgres
import PostgresEventStore
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
