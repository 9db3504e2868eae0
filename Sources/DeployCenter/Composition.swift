import AWS
import Application
import ArgoCD
import Domain
import EventSourcing
import GitHub
import HTTPAPI
import HTTPClient
import Keycloak
import Logging
import Metrics
import Postgres
import PostgresArchives
import PostgresEventStore
import PostgresLeases
import PostgresProjections
import PostgresTransparencyLog
import ProcessManagers
import ServiceLifecycle

/// Puts the parts together: the one place that names concrete adapters.
struct Composition {
    let services: [any Service]
    private let pool: PostgresPool
    private let http: CurlClient

    /// Refuses a database that this build does not fit, and a log that it cannot read.
    init(_ configuration: ServerConfiguration, logger: Logger) async throws {
        let pool = PostgresPool(configuration: configuration.database.postgres, logger: logger)
        try await DatabaseArrival(
            migrator: Migrator(pool: pool, folder: configuration.database.home.migrations),
            patience: configuration.databaseWait, logger: logger
        ).requireCurrent()
        let definitions = try ProjectionDefinition.load(folder: configuration.database.home.projections)
        let edges = Edges(configuration.environment)
        let http = CurlClient(configuration: edges.client, logger: logger)
        let surroundings = Surroundings(now: WallClock.now)
        let vault = PersonalVault(pool: pool, masterKeys: configuration.log.masterKeys, logger: logger)
        try await vault.requireKnownMasterKeys()
        let store = PostgresEventStore(pool: pool, vault: vault)
        try await LogCheck(store: store).requireKnownTypes()
        try await PublishedUpcasts(pool: pool).publish(DomainEvents.upcasts)
        let leases = PostgresLeases(pool: pool, holder: surroundings.uuid(), logger: logger)

        let aws = AWSClient(
            configuration: configuration.aws,
            credentials: try CredentialChain.source(
                environment: configuration.environment, configuration: configuration.aws, http: http, now: WallClock.now
            ),
            http: http, now: WallClock.now)
        let record = PostgresRepositoryRecord(pool: pool)
        let repository = GitHubRepository(
            configuration.gitHub, client: http, now: WallClock.now,
            record: { commit throws(ProviderError) in
                do throws(EventStoreError) {
                    try await record.add(commit)
                } catch {
                    throw .retryable(reason: "\(error)", after: nil)
                }
            })
        let witnesses = try configuration.witness.made(repository, aws, configuration.aws)
        let providers = Providers(
            files: EFSFileStorage(aws), objects: S3ObjectStorage(aws), names: Route53NameService(aws),
            repository: repository, delivery: ArgoCD(configuration.argoCD, client: http))
        let inventories: [any Inventory] = [
            AccessPointInventory(aws), BucketInventory(aws, prefix: configuration.conventions.bucketPrefix),
            NameInventory(aws), FolderInventory(repository),
            ApplicationInventory(ArgoCD(configuration.argoCD, client: http)),
        ]
        let events = edges.around(store)
        let turn = CommitTurn(
            leases: PostgresLeases(
                pool: pool, holder: surroundings.uuid(), seconds: Int64(min(6, configuration.leaseSeconds)),
                logger: logger), repository: repository.location)
        let watching = RepositoryWatching(
            watch: RepositoryWatch(
                history: repository, record: record, events: events, surroundings: surroundings),
            leases: leases, interval: configuration.repositoryPoll, logger: logger)
        let delivery = DeliveryWatching(
            watch: DeliveryWatch(
                survey: ArgoCD(configuration.argoCD, client: http), delivery: providers.delivery, events: events,
                surroundings: surroundings,
                configuration: .init(
                    project: configuration.conventions.project, stable: configuration.conditionStable)),
            leases: leases, interval: configuration.deliveryPoll, now: WallClock.now, logger: logger)
        let templates = TemplateLibrary(store: store)
        let worker = DeploymentWorker(
            events: events, effects: edges.around(PostgresEffectStore(pool: pool, limits: configuration.limits)),
            execution: StepExecution(
                providers: providers, conventions: configuration.conventions, templates: templates),
            surroundings: surroundings,
            configuration: .init(
                name: surroundings.uuid(),
                lanes: [
                    .init(Set(OutsideSystem.allCases).subtracting([.gitHub]), concurrency: 64),
                    .init(
                        [.gitHub], concurrency: GitHubRepository.changesPerCommitMax, isOpen: { turn.isMine }),
                ], leaseSeconds: configuration.leaseSeconds, patience: configuration.patience,
                holdSeconds: configuration.holdSeconds),
            logger: logger)
        let projections = ProjectionRunner(
            pool: pool, definitions: definitions, wakeUps: { store.wakeUps() }, logger: logger, leases: leases,
            rebuildChanged: configuration.rebuildChanged, memory: configuration.log.rebuildMemory)
        let notary = Notary(
            pool: pool, leases: leases, keys: configuration.log.auditKeys, wakeUps: { store.wakeUps() },
            witnesses: witnesses, logger: logger, now: WallClock.now,
            witnessInterval: configuration.witness.interval ?? .seconds(600))
        let webhooks = configuration.webhookSecret.map { secret in
            GitHubWebhooks(secret: secret, configuration: configuration.gitHub, record: record) { watching.pulse.now() }
        }
        let shelf = ConfiguredArchives(
            pool: pool, folder: configuration.log.archives, setting: Setting.archives.key)
        let metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        let queries = PostgresQueries(
            pool: pool, definitions: definitions, personal: vault, moments: configuration.moments, logger: logger)
        let planning = Planning(
            repository: repository, location: repository.location, plans: PostgresPlanStore(pool: pool),
            history: queries, templates: templates, conventions: configuration.conventions,
            policy: configuration.approvals, validSeconds: configuration.planSeconds)
        let log = WholeLog(store, shelf, opening: vault)
        let api = HTTPAPI(
            commands: Commands(
                store: events, surroundings: surroundings, planning: planning,
                dataGraceSeconds: configuration.dataGraceSeconds), queries: queries,
            projections: PostgresProjectionAdministration(
                pool: pool, definitions: definitions, memory: configuration.log.rebuildMemory, logger: logger),
            subscriptions: PostgresSubscriptions(pool: pool), store: log,
            auditLog: PostgresAuditLog(
                pool: pool, keys: configuration.log.auditKeys, witnesses: witnesses, shelf: shelf, personal: vault),
            people: vault, effects: PostgresEffectStore(pool: pool, limits: configuration.limits), webhooks: webhooks,
            orphans: Orphans(
                commands: Commands(store: log, surroundings: surroundings), providers: providers,
                conventions: configuration.conventions, inventories: inventories),
            owners: configuration.owners,
            tokens: TokenVerifier(configuration.keycloak, client: http, now: WallClock.now),
            metrics: metrics, configuration: .init(host: configuration.host, port: configuration.port), logger: logger)

        self.pool = pool
        self.http = http
        services = [
            Listening(store: store),
            EventPartitions(
                pool: pool, positionsPerPartition: configuration.positionsPerPartition, logger: logger),
            projections, MomentSweeper(pool: pool, settings: configuration.moments, logger: logger), notary, turn,
            watching, delivery,
            worker,
            api.service(),
        ]
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
