package import Postgres

extension PostgresPool {
    /// Runs `body` while somebody else holds the log's lock, and ends the connection that comes to wait for it: an append that is on its
    /// way and is never answered.
    package func breakingAppend<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withTransaction { holder in
            try await holder.execute(script: "SELECT FROM log_head FOR UPDATE")
            return try await withThrowingTaskGroup(of: Value.self) { group in
                group.addTask { try await body() }
                try await eventually("an append waits for the log's lock") {
                    try await query(
                        """
                        SELECT pg_terminate_backend(pid)
                        FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'
                        """
                    ).isEmpty == false
                }
                guard let value = try await group.next() else { throw NeverHappened(what: "an answer") }
                return value
            }
        }
    }
}
