import AWS
import Application
import ArgoCD
import EventSourcing
import GitHub
import HTTPAPI
import HTTPClient
import Keycloak
import Logging
import Metrics
import Postgres
import PostgresEventStore
import PostgresProjections
import ServiceLifecycle

/// Puts the parts together: the one place that names concrete adapters.
struct Composition {
    let services: [any Service]
    private let pool: PostgresPool
    private let http: CurlClient

    /// Refuses a database that this build does not fit.
    init(_ configuration: ServerConfiguration, logger: Logger) async throws {
        let pool = PostgresPool(configuration: configuration.database.postgres, logger: logger)
        try await Migrator(pool: pool, folder: configuration.database.home.migrations).requireCurrent()
        let definitions = try ProjectionDefinition.load(folder: configuration.database.home.projections)
        let http = CurlClient(configuration: .init(), logger: logger)
        let surroundings = Surroundings(now: WallClock.now)
        let store = PostgresEventStore(pool: pool)

        let aws = AWSClient(
            configuration: configuration.aws,
            credentials: try CredentialChain.source(
                environment: configuration.environment, configuration: configuration.aws, http: http, now: WallClock.now
            ),
            http: http, now: WallClock.now)
        let providers = Providers(
            files: EFSFileStorage(aws), objects: S3ObjectStorage(aws), names: Route53NameService(aws),
            repository: GitHubRepository(configuration.gitHub, client: http, now: WallClock.now),
            delivery: ArgoCD(configuration.argoCD, client: http))
        let worker = DeploymentWorker(
            events: store, effects: PostgresEffectStore(pool: pool),
            execution: StepExecution(
                providers: providers, conventions: configuration.conventions, templates: TemplateLibrary(store: store)),
            surroundings: surroundings, configuration: .init(name: surroundings.uuid()), logger: logger)
        let projections = ProjectionRunner(
            pool: pool, definitions: definitions, wakeUps: { store.wakeUps() }, logger: logger,
            rebuildChanged: configuration.rebuildChanged)
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        let api = HTTPAPI(
            commands: Commands(store: store, surroundings: surroundings),
            queries: PostgresQueries(pool: pool, definitions: definitions),
            projections: PostgresProjectionAdministration(pool: pool, definitions: definitions, logger: logger),
            store: store, tokens: TokenVerifier(configuration.keycloak, client: http, now: WallClock.now),
            metrics: metrics, configuration: .init(host: configuration.host, port: configuration.port), logger: logger)

        self.pool = pool
        self.http = http
        services = [Listening(store: store), projections, worker, api.service()]
    }

    func close() async {
        await http.shutdown()
        await pool.close()
    }
}

/// Hears of what other replicas append.
struct Listening: Service {
    let store: PostgresEventStore

    func run() async throws {
        await cancelWhenGracefulShutdown { await store.listen() }
    }
}
