import Application
import Foundation
import Logging
import Postgres
import PostgresEventStore
import PostgresProjections

/// What a command that works on the database directly has at hand.
struct DatabaseSession: Sendable {
    let pool: PostgresPool
    let store: PostgresEventStore
    let home: Home
    let terminal: Terminal
    let logger: Logger

    /// Opens the database for `body`, with wake-ups from other processes, and closes it afterwards. Ctrl-C ends the process: `body`
    /// leaves nothing half done.
    static func run(_ body: (DatabaseSession) async throws -> Void) async throws {
        let environment = ProcessInfo.processInfo.environment
        let configuration = try DatabaseConfiguration(environment)
        let logger = Logs.logger(max(configuration.logLevel, .warning))
        let pool = PostgresPool(configuration: configuration.postgres, logger: logger)
        let session = DatabaseSession(
            pool: pool, store: PostgresEventStore(pool: pool), home: configuration.home,
            terminal: Terminal(environment: environment), logger: logger)
        let outcome = await Result {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await session.store.listen() }
                try await body(session)
                group.cancelAll()
            }
        }
        await pool.close()
        try outcome.get()
    }

    var projections: PostgresProjectionAdministration {
        get throws {
            PostgresProjectionAdministration(
                pool: pool, definitions: try ProjectionDefinition.load(folder: home.projections), logger: logger)
        }
    }
}
