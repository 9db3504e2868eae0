package import Application
package import Postgres

/// What is known of the repository, in tables beside the log.
package struct PostgresRepositoryRecord: RepositoryRecord {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func add(_ commit: String) async throws(EventStoreError) {
        _ = try await query(Statement.addOwnCommit, [.text(commit)])
    }

    package func own(among commits: [String]) async throws(EventStoreError) -> Set<String> {
        guard !commits.isEmpty else { return [] }
        do throws(PostgresError) {
            let rows = try await pool.query(Statement.ownCommits, [.textArray(commits)])
            return Set(try rows.map { row throws(PostgresError) in try row.string("sha") })
        } catch {
            throw EventStoreError(error)
        }
    }

    package func cursor(of branch: String) async throws(EventStoreError) -> String? {
        do throws(PostgresError) {
            return try await pool.query(Statement.repositoryCursor, [.text(branch)]).first?.string("sha")
        } catch {
            throw EventStoreError(error)
        }
    }

    package func moveCursor(
        of branch: String, from old: String?, to new: String
    ) async throws(EventStoreError) {
        _ = try await query(
            Statement.moveRepositoryCursor, [.text(branch), .text(new), old.map { .text($0) } ?? .null])
    }

    package func take(delivery id: String) async throws(EventStoreError) -> Bool {
        try await query(Statement.takeWebhookDelivery, [.text(id)]) == 1
    }

    private func query(_ statement: String, _ parameters: [PostgresValue]) async throws(EventStoreError) -> Int {
        do throws(PostgresError) {
            return Int(try await pool.query(statement, parameters).affected)
        } catch {
            throw EventStoreError(error)
        }
    }
}
