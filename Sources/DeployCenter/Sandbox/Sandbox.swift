import Application
import EventSourcing
import Foundation
import Glibc
import HTTPClient
import LocalPostgres
import Logging
import ServiceLifecycle
import Simulators

/// Runs the real server on this machine against its own Postgres and against stand-ins for AWS, GitHub, Argo CD and the identity
/// provider. The server differs from one in production in its environment only.
struct Sandbox: Service {
    let directory: String
    let ports: SandboxPorts
    let home: Home
    let pace: SandboxPace
    let demo: DemoWish
    let terminal: Terminal
    let environment: [String: String]
    let now: @Sendable () -> Timestamp
    let logger: Logger

    /// When the demo is played.
    enum DemoWish: Sendable {
        case once
        case andEnd
        case never
    }

    func run() async throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let lock = try SandboxLock(directory: directory)
        defer { lock.release() }
        // A Postgres that outlived a killed sandbox is used again.
        let hasPostgres = LocalPostgres.serverProcess(of: directory + "/postgres") != nil
        try ports.requireFree(exceptPostgres: hasPostgres)
        let postgres = try LocalPostgres(directory: directory + "/postgres", port: ports.postgres, durable: true)
        terminal.aside("Starting Postgres …")
        let databaseURL = try await postgres.start()
        let outcome = await Result { try await cancelWhenGracefulShutdown { try await serve(databaseURL) } }
        terminal.aside("Stopping …")
        try await postgres.stop()
        // What Ctrl-C cuts off is no failure, except of a demo that was to be played to its end.
        guard Task.isShuttingDownGracefully else { return try outcome.get() }
        if demo == .andEnd { throw Demo.NotLive(description: "the demo was interrupted.") }
    }

    /// Everything above Postgres: ends when the demo has been played, or by cancellation, or with what went wrong first.
    private func serve(_ databaseURL: String) async throws {
        terminal.aside("Migrating the database …")
        try await Migrating.migrate(databaseURL, folder: home.migrations, logger: logger)
        let configuration = SimulatorConfiguration(sandbox: directory, ports, pace.pace)
        let simulators = try await Simulators(configuration, clock: now, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await simulators.run() }
            let surroundings = try await SandboxSurroundings(
                simulators, configuration, ports: ports, databaseURL: databaseURL,
                secrets: try SandboxSecrets(directory: directory), home: home, environment: environment)
            try surroundings.writeEnvironment(to: environmentPath)
            let server = ServerProcess(
                environment: surroundings.serverEnvironment, logPath: directory + "/server.log", terminal: terminal)
            group.addTask { try await server.keepRunning() }
            group.addTask { try await use(surroundings, server) }
            // Whichever ends first ends the sandbox: the demo by its end, the others by what went wrong.
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    private func use(_ surroundings: SandboxSurroundings, _ server: ServerProcess) async throws {
        let http = CurlClient(configuration: .init(), logger: logger)
        let outcome = await Result { try await use(surroundings, server, http) }
        await http.shutdown()
        try outcome.get()
    }

    private func use(
        _ surroundings: SandboxSurroundings, _ server: ServerProcess, _ http: CurlClient
    ) async throws {
        let clients = try surroundings.clients(http)
        try await server.untilReady(clients.viewer)
        try await TemplateImport(folder: home.templates, submitter: clients.admin, approver: clients.otherAdmin)
            .run { terminal.aside($0) }
        let played = directory + "/demo-played"
        let isFirst = !FileManager.default.fileExists(atPath: played)
        if demo == .andEnd || (demo == .once && isFirst) {
            try await Demo(clients: clients, surroundings: surroundings, terminal: terminal).play()
            try Data().write(to: URL(fileURLWithPath: played))
        }
        guard demo != .andEnd else { return }
        surroundings.describe(to: terminal, environmentPath: environmentPath)
        try await ContinuousClock().sleep(for: .seconds(365 * 86_400))  // Until Ctrl-C.
    }

    private var environmentPath: String { directory + "/env" }
}

extension SimulatorConfiguration {
    /// The stand-ins of a sandbox: the clusters' parts of them are there before DeployCenter comes.
    init(sandbox directory: String, _ ports: SandboxPorts, _ pace: Pace) {
        var argoCD = SimulatorConfiguration.ArgoCD()
        argoCD.projects = ["default", SandboxSurroundings.project]
        argoCD.clusters = Dictionary(
            uniqueKeysWithValues: DemoCluster.all.map { ($0.name, "https://\($0.name).eks.example") })
        var aws = SimulatorConfiguration.AWS()
        aws.fileSystems = DemoCluster.all.map(\.fileSystem)
        aws.hostedZones = Dictionary(
            DemoCluster.all.map { ($0.hostedZone, $0.zoneDomain + ".") }, uniquingKeysWith: { first, _ in first })
        var gitHub = SimulatorConfiguration.GitHub()
        gitHub.owner = "company"
        gitHub.repository = "deployments"
        gitHub.webhookURL = "http://127.0.0.1:\(ports.server)/api/v1/webhooks/github"
        self.init(
            directory: directory,
            ports: .init(aws: ports.aws, gitHub: ports.gitHub, argoCD: ports.argoCD, identity: ports.identity),
            pace: pace, gitHub: gitHub, argoCD: argoCD, aws: aws)
    }
}

/// The ports of a sandbox: the server's, and the next ones for what it talks to.
struct SandboxPorts: Sendable {
    let server: Int

    var aws: Int { server + 1 }
    var gitHub: Int { server + 2 }
    var argoCD: Int { server + 3 }
    var identity: Int { server + 4 }
    var postgres: Int { server + 5 }

    struct Taken: Error, CustomStringConvertible {
        let description: String
    }

    /// Refuses to begin where a port is taken, before anything is started.
    func requireFree(exceptPostgres: Bool) throws {
        let all = [
            ("the server", server), ("AWS", aws), ("GitHub", gitHub), ("Argo CD", argoCD),
            ("the identity provider", identity),
            ("Postgres", postgres),
        ]
        for (what, port) in all.dropLast(exceptPostgres ? 1 : 0) where !LoopbackPort(port).isFree {
            throw Taken(
                description:
                    "port \(port), for \(what), is in use: end what uses it, or choose other ports with --port.")
        }
    }
}

/// Keeps a second sandbox out of a directory: an exclusive `flock`, which ends with the process however it ends.
struct SandboxLock {
    private let descriptor: Int32

    struct Taken: Error, CustomStringConvertible {
        let description: String
    }

    init(directory: String) throws {
        let path = directory + "/lock"
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Taken(description: "\(path) cannot be written: \(String(cString: strerror(errno))).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw Taken(
                description: "a sandbox is running in \(directory) already: use it, or end it with Ctrl-C first,"
                    + " or give this one another --directory and --port.")
        }
    }

    func release() { close(descriptor) }
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
