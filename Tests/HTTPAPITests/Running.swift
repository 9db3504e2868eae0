import Application
import EventSourcing
import FoundationEssentials
import HTTPAPI
import HTTPClient
import Logging
import Metrics
import Postgres
import PostgresEventStore
import PostgresProjections
import ServiceLifecycle
import TestSupport
import Testing

/// The real server on a free port over a real log and real views, and a client for it.
struct RunningAPI: Sendable {
    let port: Int
    let http: CurlClient
    let store: PostgresEventStore
    let pool: PostgresPool
    let metrics: PrometheusRegistry
    let log: CapturedLog
    let document: OpenAPI
    /// Asks the server to shut down gracefully.
    let shutDown: @Sendable () async -> Void
}

/// Runs `body` with a server of its own; afterwards the server has to end by itself.
func withAPI(
    configure: (inout HTTPAPI.Configuration) -> Void = { _ in }, projecting: Bool = true,
    _ body: @Sendable (RunningAPI) async throws -> Void
) async throws {
    let definitions = try ProjectionDefinition.load(folder: Repository.root + "/Projections")
    try await withMigratedDatabase { database in
        let log = CapturedLog()
        let metrics = PrometheusRegistry()
        let store = PostgresEventStore(pool: database.pool)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        var configuration = HTTPAPI.Configuration(host: "127.0.0.1", port: 0) { port.yield($0) }
        configure(&configuration)
        let api = HTTPAPI(
            commands: Commands(
                store: store, surroundings: Surroundings(now: { currentTime() })),
            queries: PostgresQueries(pool: database.pool, definitions: definitions),
            projections: PostgresProjectionAdministration(
                pool: database.pool, definitions: definitions, logger: .silent),
            store: store, tokens: FixedTokens(), metrics: metrics, configuration: configuration, logger: log.logger)
        let runner = ProjectionRunner(
            pool: database.pool, definitions: definitions, wakeUps: { store.wakeUps() }, logger: .silent,
            pollInterval: .milliseconds(20))
        let group = ServiceGroup(
            services: projecting ? [runner, api.service()] : [api.service()], logger: .silent)
        var client = CurlClient.Configuration()
        client.proxy = .direct
        let http = CurlClient(configuration: client, logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var starting = ports.makeAsyncIterator()
            let number = try #require(await starting.next())
            let running = RunningAPI(
                port: number, http: http, store: store, pool: database.pool, metrics: metrics, log: log,
                document: try OpenAPI(api.openAPIDocument), shutDown: { await group.triggerGracefulShutdown() })
            do {
                if projecting {
                    // A view that is being built for the first time cannot be asked yet.
                    try await running.poll("all views are live") {
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
