import Application
import EventSourcing
import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `What happened` {
    @Test(
        arguments: [
            "UPDATE events SET payload = '{}'", "UPDATE events SET type = 'a.b' WHERE position = 1",
            "DELETE FROM events", "DELETE FROM events WHERE false", "TRUNCATE events", "TRUNCATE events CASCADE",
        ],
        ["", "SET session_replication_role = replica"])
    func `cannot be changed, even by a superuser who owns it`(statement: String, preparation: String) async throws {
        try await withStore { store, database in
            _ = try await store.append(Facts.append(["one"], to: "a", expecting: .any))
            let before = try await store.events(after: .start, categories: [], limit: 10)
            let error = await #expect(throws: PostgresError.self) {
                try await database.pool.withConnection { connection in
                    if !preparation.isEmpty { try await connection.execute(script: preparation) }
                    return try await connection.query(statement)
                }
            }
            #expect(error?.sqlstate == "SV002")
            #expect(try await store.events(after: .start, categories: [], limit: 10) == before)
        }
    }

    @Test func `cannot be changed by an owner who is no superuser`() async throws {
        try await withDatabase { database in
            let role = "owner_\(database.url.hashValue.magnitude)"
            try await database.pool.execute(
                script: "CREATE ROLE \(role); GRANT CREATE ON SCHEMA public TO \(role); ALTER ROLE \(role) CREATEROLE")
            let name = try #require(try await database.pool.query("SELECT current_database()").first).string(0)
            try await database.pool.execute(script: "GRANT CREATE ON DATABASE \(name) TO \(role)")
            var configuration = PostgresConfiguration(database.url, poolSize: 2)
            configuration.connectionString += "?options=-crole%3D\(role)"
            let pool = PostgresPool(configuration: configuration)
            try await Migrator(pool: pool, folder: Repository.migrations).migrate()
            let store = PostgresEventStore(pool: pool)
            _ = try await store.append(Facts.append(["one"], to: "a", expecting: .any))
            let owner = try await pool.query("SELECT tableowner FROM pg_tables WHERE tablename = 'events'")
            #expect(try owner.first?.string(0) == role)
            for statement in ["UPDATE events SET payload = '{}'", "DELETE FROM events", "TRUNCATE events"] {
                let error = await #expect(throws: PostgresError.self) { try await pool.query(statement) }
                #expect(error?.sqlstate == "SV002")
            }
            await pool.close()
            try await database.pool.execute(script: "DROP OWNED BY \(role) CASCADE; DROP ROLE \(role)")
        }
    }
}
