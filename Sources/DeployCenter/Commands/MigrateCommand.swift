import ArgumentParser
import Foundation
import Logging
import Postgres
import PostgresEventStore

/// Brings the database to the schema of this build.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Apply the migrations that the database does not have yet.")

    @Flag(help: "Only tell what would be applied; fails if that is anything.")
    var check = false

    func run() async throws {
        let terminal = Terminal(environment: ProcessInfo.processInfo.environment)
        try await DatabaseSession.withPool { pool, home, _ in
            let migrator = Migrator(pool: pool, folder: home.migrations)
            if check {
                let pending = try await migrator.pending()
                for name in pending { terminal.line("pending  \(name)") }
                if !pending.isEmpty { throw ExitCode(1) }
            } else {
                for name in try await migrator.migrate() { terminal.line("applied  \(name)") }
            }
            terminal.aside("The database has the schema of this build.")
        }
    }
}

/// Migrates a database that is not the configured one.
enum Migrating {
    static func migrate(_ databaseURL: String, folder: String, logger: Logger) async throws {
        let pool = PostgresPool(configuration: PostgresConfiguration(databaseURL, poolSize: 2), logger: logger)
        let outcome = await Result { try await Migrator(pool: pool, folder: folder).migrate() }
        await pool.close()
        _ = try outcome.get()
    }
}
