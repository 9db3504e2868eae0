import Application
import EventSourcing
import Foundation
import Logging
import Postgres
import PostgresArchives
import PostgresEventStore
import PostgresProjections
import PostgresTransparencyLog

/// What a command that works on the database directly has at hand.
struct DatabaseSession: Sendable {
    let pool: PostgresPool
    let vault: PersonalVault
    let store: PostgresEventStore
    let home: Home
    let log: LogConfiguration
    let terminal: Terminal
    let logger: Logger

    /// Opens the database for `body`, with wake-ups from other processes, and closes it afterwards. Ctrl-C ends the process: `body`
    /// leaves nothing half done.
    static func run(_ body: (DatabaseSession) async throws -> Void) async throws {
        let environment = ProcessInfo.processInfo.environment
        let log = try LogConfiguration(environment)
        try await withPool { pool, home, logger in
            let vault = PersonalVault(pool: pool, masterKeys: log.masterKeys, logger: logger)
            let session = DatabaseSession(
                pool: pool, vault: vault, store: PostgresEventStore(pool: pool, vault: vault), home: home, log: log,
                terminal: Terminal(environment: environment), logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await session.store.listen() }
                try await body(session)
                group.cancelAll()
            }
        }
    }

    /// Opens the database for what needs no key.
    static func withPool(
        connections: Int? = nil, _ body: (PostgresPool, Home, Logger) async throws -> Void
    ) async throws {
        let configuration = try DatabaseConfiguration(ProcessInfo.processInfo.environment)
        let logger = Logs.logger(max(configuration.logLevel, .warning))
        var postgres = configuration.postgres
        if let connections { postgres.poolSize = connections }
        let pool = PostgresPool(configuration: postgres, logger: logger)
        let outcome = await Result { try await body(pool, configuration.home, logger) }
        await pool.close()
        try outcome.get()
    }

    var definitions: [ProjectionDefinition] {
        get throws { try ProjectionDefinition.load(folder: home.projections) }
    }

    var projections: PostgresProjectionAdministration {
        get throws {
            PostgresProjectionAdministration(
                pool: pool, definitions: try definitions, memory: log.rebuildMemory, logger: logger)
        }
    }

    var subscriptions: PostgresSubscriptions { PostgresSubscriptions(pool: pool) }

    var queries: PostgresQueries {
        get throws { PostgresQueries(pool: pool, definitions: try definitions, personal: vault, logger: logger) }
    }

    /// Asks no witness.
    var auditLog: PostgresAuditLog {
        PostgresAuditLog(pool: pool, keys: log.auditKeys, shelf: shelf, personal: vault)
    }

    private var shelf: ConfiguredArchives {
        ConfiguredArchives(pool: pool, folder: log.archives, setting: Setting.archives.key)
    }

    /// Also of what is archived.
    var replay: Replay {
        let whole = WholeLog(store, shelf, opening: vault)
        return Replay(store: whole, directory: whole)
    }

    /// Who works at the terminal has the database's password, and so an administrator's rights.
    func commandContext() -> CommandContext {
        let user = ProcessInfo.processInfo.userName
        return CommandContext(
            subject: "cli:\(user)", displayName: user, roles: [.admin], correlationID: UUID().uuidString.lowercased(),
            source: "cli")
    }

    var commands: Commands { Commands(store: store, surroundings: Surroundings(now: WallClock.now)) }
}
