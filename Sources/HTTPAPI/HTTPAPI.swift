package import Application
import Hummingbird
package import Logging
package import ServiceLifecycle

/// The HTTP interface of DeployCenter: commands, queries, the live log and what operators need.
package struct HTTPAPI: Sendable {
    private let responder: APIResponder
    private let configuration: Configuration
    private let logger: Logger

    /// Where the API listens and what it waits for.
    package struct Configuration: Sendable {
        package var host: String
        /// 0 takes any free port; `onListening` says which.
        package var port: Int
        /// How long a query with `after` may wait for its view.
        package var waitSecondsMax = 10.0
        /// How often an event stream on which nothing happens sends a comment.
        package var heartbeat = Duration.seconds(15)
        /// An open connection without a request is closed after this.
        package var idleTimeoutSeconds: Int64 = 75
        /// Called once with the port when requests are accepted.
        package var onListening: @Sendable (Int) async -> Void

        package init(host: String, port: Int, onListening: @escaping @Sendable (Int) async -> Void = { _ in }) {
            self.host = host
            self.port = port
            self.onListening = onListening
        }
    }

    /// Without `orphans`, where there is nothing outside to ask, the table has no operations about them. `metrics` also takes the metrics
    /// of the rest of the process where the composition bootstraps it as their factory.
    package init(
        commands: Commands, queries: any Queries, projections: any ProjectionAdministration,
        subscriptions: any Subscriptions, store: any EventStore & StreamDirectory, auditLog: any AuditLog,
        people: any PersonalDataKeeper, effects: any EffectAdministration, webhooks: (any WebhookReceiving)? = nil,
        orphans: Orphans? = nil, owners: Owners = .unnamed,
        tokens: any TokenVerification, metrics: PrometheusRegistry = PrometheusRegistry(), configuration: Configuration,
        logger: Logger
    ) {
        let backend = Backend(
            commands: commands, queries: queries, projections: projections,
            replaying: Replay(store: store, directory: store), subscriptions: subscriptions, store: store,
            auditLog: auditLog, effectOperations: EffectOperations(commands: commands, effects: effects),
            people: people, webhooks: webhooks, orphans: orphans,
            watchdog: Watchdog(
                queries: queries, effects: effects, owners: owners, surroundings: commands.surroundings),
            releaseTimes: ReleaseTimes(queries: queries, surroundings: commands.surroundings),
            metrics: metrics, configuration: configuration)
        responder = APIResponder(
            catalogue: Catalogue(backend.operations), authentication: Authentication(tokens: tokens),
            metrics: metrics, surroundings: commands.surroundings, logger: logger)
        self.configuration = configuration
        self.logger = logger
    }

    /// The server. It stops on graceful shutdown: streams end, requests under way are finished.
    package func service() -> some Service {
        // Access lines are ours; the server's own lines are about connections.
        var serverLogger = logger
        serverLogger[metadataKey: "server"] = "http"
        return Application(
            responder: responder,
            server: .http1(configuration: .init(idleTimeout: .seconds(configuration.idleTimeoutSeconds))),
            configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
            onServerRunning: { [configuration] channel in
                await configuration.onListening(channel.localAddress?.port ?? configuration.port)
            },
            logger: serverLogger)
    }

    /// The OpenAPI document as JSON, for tools that run without a server.
    package var openAPIDocument: [UInt8] { responder.catalogue.documentBytes }
}
