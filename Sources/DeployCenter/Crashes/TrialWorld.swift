import Application
import EventSourcing
import Foundation
import HTTPClient
import LocalPostgres
import Logging
import Postgres
import PostgresEventStore
import PostgresTransparencyLog
import Simulators

/// What a trial runs on: a Postgres and stand-ins that answer at once, which stay, and the program as servers, which come and go.
struct TrialWorld: Sendable {
    let directory: String
    let postgres: LocalPostgres
    let surroundings: SandboxSurroundings
    let http: CurlClient
    let pool: PostgresPool
    let store: PostgresEventStore
    let effects: PostgresEffectStore
    let auditLog: PostgresAuditLog
    let setting: Setting

    var terminal: Terminal { setting.terminal }

    /// What a trial is run with.
    struct Setting: Sendable {
        let home: Home
        let terminal: Terminal
        /// For the servers.
        let variables: [String: String]
        let logger: Logger
    }

    /// Makes a world in an empty folder, and removes both afterwards unless something went wrong.
    static func run<Value: Sendable>(
        in directory: String, _ setting: Setting, _ body: (TrialWorld) async throws -> Value
    ) async throws -> Value {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let postgres = try LocalPostgres(directory: directory + "/postgres", port: try Trial.port())
        let databaseURL = try await postgres.start()
        let outcome = await Result {
            try await Migrating.migrate(databaseURL, folder: setting.home.migrations, logger: setting.logger)
            return try await run(in: directory, setting, postgres, databaseURL, body)
        }
        try await postgres.stop(.immediate)
        let value = try outcome.get()
        try FileManager.default.removeItem(atPath: directory)
        return value
    }

    private static func run<Value: Sendable>(
        in directory: String, _ setting: Setting, _ postgres: LocalPostgres, _ databaseURL: String,
        _ body: (TrialWorld) async throws -> Value
    ) async throws -> Value {
        let ports = SandboxPorts(server: try Trial.port())
        var configuration = SimulatorConfiguration(sandbox: directory, ports, .immediate)
        configuration.ports = .init()
        configuration.keepsState = false
        let simulators = try await Simulators(configuration, clock: WallClock.now, logger: setting.logger)
        let http = CurlClient(logger: setting.logger)
        let pool = PostgresPool(configuration: .init(databaseURL, poolSize: 6), logger: setting.logger)
        let outcome = await Result {
            try await withThrowingTaskGroup(of: Void.self, returning: Value.self) { group in
                defer { group.cancelAll() }
                group.addTask { try await simulators.run() }
                let secrets = try SandboxSecrets(directory: directory)
                var environment = ProcessInfo.processInfo.environment.filter { ["PATH", "HOME"].contains($0.key) }
                environment["DEPLOYCENTER_LOG_LEVEL"] = "warning"
                let surroundings = try await SandboxSurroundings(
                    simulators, configuration, ports: ports,
                    databaseURL: databaseURL, secrets: secrets, home: setting.home, environment: environment)
                let vault = PersonalVault(
                    pool: pool, masterKeys: try MasterKeys(current: secrets.masterKey), logger: setting.logger)
                return try await body(
                    TrialWorld(
                        directory: directory, postgres: postgres, surroundings: surroundings, http: http, pool: pool,
                        store: PostgresEventStore(pool: pool, vault: vault),
                        effects: PostgresEffectStore(pool: pool),
                        auditLog: PostgresAuditLog(pool: pool, keys: try AuditKeys(signers: [secrets.logKey])),
                        setting: setting))
            }
        }
        await pool.close()
        await http.shutdown()
        return try outcome.get()
    }

    // MARK: Servers

    /// Runs a server beside `body`, and kills it afterwards if it still lives.
    func serving<Value: Sendable>(
        port: Int? = nil, _ variables: [String: String] = [:],
        _ body: @escaping @Sendable (TrialServer) async throws -> Value
    ) async throws -> Value {
        var more = setting.variables.merging(variables) { $1 }
        // Between two runs nobody is to wait for a pause that is made for GitHub; and checkpoints in the repository are not looked at.
        more["DEPLOYCENTER_GITHUB_PUSH_SECONDS"] = "0"
        more["DEPLOYCENTER_WITNESS_MINUTES"] = "0"
        more["DEPLOYCENTER_DATA_GRACE_SECONDS"] = "0"
        // Points are counted: nothing is to happen that the deployment has no part in.
        more["DEPLOYCENTER_ARGOCD_POLL_SECONDS"] = "3600"
        if let port { more["DEPLOYCENTER_PORT"] = String(port) }
        let (address, added) = (port.map { "http://127.0.0.1:\($0)" } ?? surroundings.serverURL, more)
        guard let endpoint = Endpoint(address) else { throw Failure("no server at \(address)") }
        let server = TrialServer(
            admin: APIClient(server: endpoint, token: surroundings.tokens["ada"] ?? "", http: http),
            otherAdmin: APIClient(server: endpoint, token: surroundings.tokens["alan"] ?? "", http: http))
        let process = ServerProcess(
            environment: surroundings.serverEnvironment,
            logPath: "\(directory)/server\(port.map { "-\($0)" } ?? "").log", terminal: terminal)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                server.ended(try await process.runOnce(adding: added, onStart: server.started))
            }
            let outcome = await Result { try await body(server) }
            server.kill()
            try await group.waitForAll()
            return try outcome.get()
        }
    }

    /// Customers, clusters and templates. The customer `lost` goes to a cluster that Argo CD does not know: its releases fail.
    func prepare(_ server: TrialServer) async throws {
        try await server.untilReady()
        try await TemplateImport(
            folder: Home(surroundings.serverEnvironment["DEPLOYCENTER_HOME"]).templates, submitter: server.admin,
            approver: server.otherAdmin
        ).run { _ in }
        var nowhere = DemoCluster.all[1].registration.object ?? [:]
        nowhere["id"] = "eks-nowhere"
        nowhere["destination"] = "eks-nowhere"
        for (customer, cluster) in [("acme", DemoCluster.all[0].registration), ("lost", .object(nowhere))] {
            try await server.admin.post(["clusters"], cluster)
            try await server.admin.post(["customers"], ["id": .string(customer), "name": .string(customer)])
            try await server.admin.put(["customers", customer, "cluster"], ["cluster": cluster["id"] ?? .null])
        }
    }
}
