import Application
import EventSourcing
import Postgres

/// Folds a view once more from the first event on and compares it with what is served.
///
/// All of it happens in one transaction that is rolled back, so that nothing is left behind, whatever goes wrong.
struct ProjectionVerifier: Sendable {
    let pool: PostgresPool
    var memory = RebuildMemory.standard
    var differencesMax: Int64 = 20

    /// Ends the transaction by a rollback and carries its result out.
    private struct Finished: Error {
        let result: ProjectionVerification?
    }

    /// Nil if the view is not served.
    func verify(_ view: String) async throws -> ProjectionVerification? {
        do {
            return try await pool.withTransaction { connection -> ProjectionVerification? in
                throw Finished(result: try await compare(view, on: connection))
            }
        } catch let finished as Finished {
            return finished.result
        }
    }

    private func compare(_ view: String, on connection: PostgresConnection) async throws -> ProjectionVerification? {
        // All of it as of one moment, so that the view may go on meanwhile. What is archived before the lock is seen to be; what is
        // archived after it is not detached before this ends.
        try await connection.execute(
            script: "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; LOCK TABLE events IN ACCESS SHARE MODE")
        guard let live = try await connection.generation(of: view, "live") else { return nil }
        let fill = GenerationFill(live.recipe, schema: "verify_\(live.schema)", memory: memory)
        try await fill.build(upTo: live.position, withIndexes: false, on: connection)
        try await connection.set("deploycenter.kept_schema", live.schema)
        try await connection.execute(script: Statement.compareGenerations)
        let rows = try await connection.query(Statement.readDifferences, [.int8(differencesMax)])
        return ProjectionVerification(
            view: view, digest: live.digest, position: Position(live.position),
            differenceCount: try rows.first?.int("total") ?? 0,
            differences: try rows.map { row in
                ProjectionVerification.Difference(
                    table: try row.string("table_name"),
                    side: try row.string("side") == "kept" ? .kept : .rebuilt, row: try row.string("content"))
            })
    }
}
