import Postgres
import PostgresEventStore

/// Runs `body` with a database of its own that has the current schema and an empty log: a copy of one that was migrated once.
package func withMigratedDatabase<Value>(
    poolSize: Int = 8, isolation: isolated (any Actor)? = #isolation, _ body: (TestDatabase) async throws -> Value
) async throws -> Value {
    let template = try await MigratedTemplate.shared.name()
    return try await withDatabase(like: template, poolSize: poolSize, acquireTimeout: .seconds(60), body)
}

/// The database that migrated ones are copied from.
private actor MigratedTemplate {
    static let shared = MigratedTemplate()
    private var migrating: Task<String, any Error>?

    func name() async throws -> String {
        if let migrating { return try await migrating.value }
        let task = Task { try await Self.make() }
        migrating = task
        return try await task.value
    }

    private static func make() async throws -> String {
        let server = try await SharedCluster.shared.url()
        try await administer(server, "CREATE DATABASE migrated TEMPLATE template0")
        let pool = PostgresPool(configuration: PostgresConfiguration(replacingDatabase(of: server, with: "migrated")))
        try await Migrator(pool: pool, folder: Repository.migrations).migrate()
        await pool.close()
        // Closing a session returns before the server has ended it, and a database with sessions cannot be copied.
        try await administer(server, "ALTER DATABASE migrated ALLOW_CONNECTIONS false")
        return "migrated"
    }
}
