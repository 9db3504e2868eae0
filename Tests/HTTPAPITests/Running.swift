import Application
import EventSourcing
import FoundationEssentials
import HTTPAPI
import HTTPClient
import Logging
import Metrics
import Postgres
import PostgresArchives
import PostgresEventStore
import PostgresLeases
import PostgresProjections
import PostgresTransparencyLog
import ServiceLifecycle
import TestSupport
import Testing
import TransparencyLog

/// The real server on a free port over a real log and real views, and a client for it.
struct RunningAPI: Sendable {
    let port: Int
    let http: CurlClient
    let store: PostgresEventStore
    let pool: PostgresPool
    let metrics: PrometheusRegistry
    let log: CapturedLog
    /// What checkpoints are signed with.
    let keys: AuditKeys
    let document: OpenAPI
    /// Where its archives are read from: a folder that is not there.
    let archives: String
    /// What it finds outside.
    let outside: OutsideWorld
    /// Asks the server to shut down gracefully.
    let shutDown: @Sendable () async -> Void
}

/// Runs `body` with a server of its own, with views and a notary if asked for; afterwards the server has to end by itself.
func withAPI(
    configure: (inout HTTPAPI.Configuration) -> Void = { _ in }, projecting: Bool = true, signing: Bool = false,
    planning: (PostgresEventStore, PostgresPool, any Queries) throws -> Planning? = { _, _, _ in nil },
    _ body: @Sendable (RunningAPI) async throws -> Void
) async throws {
    let definitions = try ProjectionDefinition.load(folder: Repository.root + "/Projections")
    try await withLog(views: projecting ? definitions : []) { database in
        let log = CapturedLog()
        let metrics = PrometheusRegistry()
        let vault = PersonalVault(pool: database.pool, masterKeys: .tests)
        let store = PostgresEventStore(pool: database.pool, vault: vault)
        let signer = try NoteSigningKey.generate(name: "deploycenter.example/log")
        let keys = try AuditKeys(signers: [signer.secretText])
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var configuration = HTTPAPI.Configuration(host: "127.0.0.1", port: 0) { port.yield($0) }
        configure(&configuration)
        let archives = FileManager.default.temporaryDirectory.path + "/archives-\(UUID().uuidString)"
        let shelf = ConfiguredArchives(pool: database.pool, folder: archives, setting: "DEPLOYCENTER_ARCHIVES")
        let queries = PostgresQueries(
            pool: database.pool, definitions: definitions, personal: vault, logger: .silent)
        let commands = Commands(
            store: store, surroundings: Surroundings(now: { currentTime() }),
            planning: try planning(store, database.pool, queries))
        let outside = OutsideWorld()
        let api = HTTPAPI(
            commands: commands, queries: queries,
            projections: PostgresProjectionAdministration(
                pool: database.pool, definitions: definitions, logger: .silent),
            subscriptions: PostgresSubscriptions(pool: database.pool), store: WholeLog(store, shelf, opening: vault),
            auditLog: PostgresAuditLog(pool: database.pool, keys: keys, shelf: shelf, personal: vault), people: vault,
            effects: PostgresEffectStore(pool: database.pool), orphans: outside.orphans(commands),
            tokens: FixedTokens(), metrics: metrics, configuration: configuration, logger: log.logger)
        let runner = ProjectionRunner(
            pool: database.pool, definitions: definitions, wakeUps: { store.wakeUps() }, logger: .silent,
            pollInterval: .milliseconds(50))
        let notary = Notary(
            pool: database.pool, leases: PostgresLeases(pool: database.pool, holder: "notary", logger: .silent),
            keys: keys, wakeUps: { store.wakeUps() }, logger: .silent, now: { currentTime() },
            interval: .milliseconds(50))
        var services: [any Service] = [api.service()]
        if projecting { services.append(runner) }
        if signing { services.append(notary) }
        let group = ServiceGroup(services: services, logger: .silent)
        var client = CurlClient.Configuration()
        client.proxy = .direct
        let http = CurlClient(configuration: client, logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var starting = ports.makeAsyncIterator()
            let number = try #require(await starting.next())
            let running = RunningAPI(
                port: number, http: http, store: store, pool: database.pool, metrics: metrics, log: log,
                keys: keys, document: try OpenAPI(api.openAPIDocument), archives: archives, outside: outside,
                shutDown: { await group.triggerGracefulShutdown() })
            do {
                if projecting {
                    // A view that is being built for the first time cannot be asked yet.
                    try await eventually("all views are served") {
                        try await running.get("/readyz", as: nil).body["status"] == "ready"
                    }
                }
                try await body(running)
            } catch {
                tasks.cancelAll()
                throw error
            }
            // With the client's connections still open: an idle one must not hold the server.
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            await http.shutdown()
        }
    }
}

/// Runs `body` with an empty log of its own, over which these views are served already.
private func withLog(
    views definitions: [ProjectionDefinition], _ body: (TestDatabase) async throws -> Void
) async throws {
    guard !definitions.isEmpty else { return try await withMigratedDatabase(poolSize: 16, body) }
    let prepare: @Sendable (PostgresPool) async throws -> Void = { pool in
        let views = PostgresProjectionAdministration(pool: pool, definitions: definitions, logger: .silent)
        for definition in definitions { _ = try await views.rebuild(definition.name) }
    }
    try await withPreparedDatabase("projected", poolSize: 16, prepare: prepare, body)
}

/// Tokens that stand for people: each person's name is the token.
struct FixedTokens: TokenVerification {
    func verify(token: String) async throws(TokenRejection) -> Principal {
        switch token {
        case "vera": Self.person("vera", [.viewer])
        case "dana": Self.person("dana", [.deployer])
        case "ada": Self.person("ada", [.admin])
        case "alan": Self.person("alan", [.admin])
        case "nobody": Self.person("nobody", [])
        case "late": throw .expired
        case "keyless": throw .issuerUnavailable(reason: "connect to 10.1.2.3:8443 failed")
        default: throw .invalid(reason: "the signature is wrong")
        }
    }

    private static func person(_ name: String, _ roles: Set<Role>) -> Principal {
        Principal(subject: "subject-of-\(name)", username: name, displayName: name.capitalized, roles: roles)
    }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
