package import Postgres
import PostgresEventStore

/// Runs `body` with a database of its own that has the current schema and an empty log: a copy of one that was migrated once.
package func withMigratedDatabase<Value>(
    poolSize: Int = 8, isolation: isolated (any Actor)? = #isolation, _ body: (TestDatabase) async throws -> Value
) async throws -> Value {
    let template = try await PreparedTemplates.shared.migrated()
    return try await withDatabase(like: template, poolSize: poolSize, acquireTimeout: .seconds(60), body)
}

/// Runs `body` with a database of its own: a copy of one that `prepare` made out of a migrated one, once for each `name`.
package func withPreparedDatabase<Value>(
    _ name: String, poolSize: Int = 8, prepare: @escaping @Sendable (PostgresPool) async throws -> Void,
    isolation: isolated (any Actor)? = #isolation, _ body: (TestDatabase) async throws -> Value
) async throws -> Value {
    let migrated = try await PreparedTemplates.shared.migrated()
    let template = try await PreparedTemplates.shared.name(name, like: migrated, prepare)
    return try await withDatabase(like: template, poolSize: poolSize, acquireTimeout: .seconds(60), body)
}

extension PostgresPool {
    /// Gives an empty log partitions of ten events each.
    package func makeSmallPartitions() async throws {
        try await execute(
            script: """
                DO $$
                DECLARE
                    name text;
                BEGIN
                    FOR name IN SELECT partition::text FROM event_partitions LOOP
                        EXECUTE format('ALTER TABLE events DETACH PARTITION %1$s; DROP TABLE %1$s', name);
                    END LOOP;
                END
                $$;
                SELECT make_event_partitions(10, 40);
                """)
    }
}

/// The databases that others are copied from.
private actor PreparedTemplates {
    static let shared = PreparedTemplates()
    private var making: [String: Task<String, any Error>] = [:]

    func migrated() async throws -> String {
        try await name("migrated", like: "template0") { pool in
            try await Migrator(pool: pool, folder: Repository.migrations).migrate()
        }
    }

    func name(
        _ name: String, like template: String, _ prepare: @escaping @Sendable (PostgresPool) async throws -> Void
    ) async throws -> String {
        if let made = making[name] { return try await made.value }
        let task = Task { try await Self.make(name, like: template, prepare) }
        making[name] = task
        return try await task.value
    }

    private static func make(
        _ name: String, like template: String, _ prepare: @Sendable (PostgresPool) async throws -> Void
    ) async throws -> String {
        let server = try await SharedCluster.shared.url()
        try await administer(server, "CREATE DATABASE \(name) TEMPLATE \(template)")
        let pool = PostgresPool(configuration: PostgresConfiguration(replacingDatabase(of: server, with: name)))
        try await prepare(pool)
        await pool.close()
        // Closing a session returns before the server has ended it, and a database with sessions cannot be copied.
        try await administer(server, "ALTER DATABASE \(name) ALLOW_CONNECTIONS false")
        return name
    }
}
