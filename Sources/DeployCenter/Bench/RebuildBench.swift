import Application
import EventSourcing
import Foundation
import Postgres
import PostgresEventStore
import PostgresProjections

/// Rebuilds `deployment_status`, beside INSERT … SELECT written by hand for this very history and giving the same rows.
struct RebuildBench {
    let database: BenchDatabase

    func run() async throws -> [BenchFigure] {
        let view = QueryView.deploymentStatus.rawValue
        let administration = PostgresProjectionAdministration(
            pool: database.pool, definitions: try ProjectionDefinition.load(folder: database.home.projections),
            logger: database.logger)
        let count = try await database.store().head().rawValue
        let folder = "\(database.home.projections)/\(view)"
        let (tables, indexes) = (
            try String(contentsOfFile: "\(folder)/tables.sql", encoding: .utf8),
            try String(contentsOfFile: "\(folder)/indexes.sql", encoding: .utf8)
        )
        let insert = try database.script("insert_deployment_status.sql")
        var (ours, theirs): ([Double], [Double]) = ([], [])
        for _ in 1...3 {
            let start = ContinuousClock.now
            try await database.pool.execute(
                script:
                    "DROP SCHEMA IF EXISTS reference CASCADE; CREATE SCHEMA reference; SET search_path TO reference, public; "
                    + tables + insert + indexes + "; RESET search_path")
            theirs.append((ContinuousClock.now - start).seconds)
            let begun = ContinuousClock.now
            _ = try await administration.rebuild(view)
            ours.append((ContinuousClock.now - begun).seconds)
        }
        let differences = try await database.pool.query(try database.script("count_differences.sql"))
        guard try differences.first?.int64("differences") == 0 else {
            throw BenchDatabase.ProgramFailed(description: "the hand-written statement and the view do not agree.")
        }
        let rate = { (seconds: [Double]) in Double(count) / median(seconds) }
        return [
            BenchFigure(
                "rebuild of \(count) events", rate(ours), "events/s", against: ("INSERT … SELECT", rate(theirs)),
                goal: .atLeast(0.5)),
            BenchFigure("rebuild, time per event", median(ours) * 1_000_000 / Double(count), "µs"),
        ] + ProcessMemory.figures("rebuild")
    }
}
