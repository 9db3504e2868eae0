import Application
import EventSourcing
import Logging
import Postgres
import PostgresProjections
import TestSupport

extension ProjectionWorld {
    func queries(_ settings: MomentSettings) -> PostgresQueries {
        PostgresQueries(pool: pool, definitions: definitions, moments: settings, logger: .silent)
    }

    /// The moments at hand, by position.
    func moments() async throws -> [(position: Int64, schema: String)] {
        try await pool.query("SELECT position, schema_name FROM views.moments ORDER BY position, view").map { row in
            (try row.int64("position"), try row.string("schema_name"))
        }
    }

    func momentSchemas() async throws -> [String] {
        try await pool.query(
            "SELECT nspname::text AS name FROM pg_namespace WHERE starts_with(nspname, 'moment_') ORDER BY 1"
        ).map { try $0.string("name") }
    }

    /// Runs `body` with a pool whose role may read the views and nothing else.
    func asReader(_ body: (PostgresPool) async throws -> Void) async throws {
        // The role belongs to the whole cluster, whose databases other tests make and drop.
        let role = "reader_\(UInt64.random(in: 0...UInt64.max))"
        try await pool.execute(script: "CREATE ROLE \(role) LOGIN PASSWORD 'reader' IN ROLE deploycenter_reader")
        let reader = PostgresPool(
            configuration: PostgresConfiguration("\(url)?user=\(role)&password=reader", poolSize: 1), logger: .silent)
        try await body(reader)
        await reader.close()
        try await pool.execute(script: "DROP ROLE \(role)")
    }
}

extension [LoggedEvent] {
    static func clusters() throws -> [LoggedEvent] {
        try ProjectionCase(view: "clusters", name: "cordoned_and_retired").events()
    }

    /// Events of clusters and templates, which no view of customers reads.
    static func aside() throws -> [LoggedEvent] {
        try clusters() + ProjectionCase(view: "template_catalog", name: "approved_then_deprecated").events()
    }
}
