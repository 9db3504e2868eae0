import Application
import EventSourcing
import Foundation
import HTTPClient
import HTTPTypes
import Postgres
import Simulators
import Synchronization
import Templating

/// Deployments from request to live through the real server, against the simulators of the sandbox: how many a second, and what each costs.
struct DeploymentsBench {
    let database: BenchDatabase
    let pace: SandboxPace
    let deployments: Int
    /// Deployments under way at a time.
    let inFlight: Int
    let pushSeconds: Int
    let ports: SandboxPorts
    let report: BenchReport

    /// Over so long the first are begun: people do not press the button all at the same moment. With stand-ins that answer at once there
    /// is no pause.
    private var spread: Duration { pace == .immediate || inFlight == 1 ? .zero : .seconds(60) }

    /// Enough that fairness between customers has something to choose from.
    private static let customers = 20

    /// A deployment that did not go live: the bench measures nothing then.
    struct NotLive: Error, CustomStringConvertible {
        let description: String
    }

    func run() async throws -> [BenchFigure] {
        // What is measured is not the stand-ins' repository: in memory where there is such a place.
        let memory = "/dev/shm"
        let place =
            FileManager.default.isWritableFile(atPath: memory) ? memory : FileManager.default.temporaryDirectory.path
        let directory = "\(place)/deploycenter-bench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let outcome = await Result { try await run(in: directory) }
        try FileManager.default.removeItem(atPath: directory)
        return try outcome.get()
    }

    private func run(in directory: String) async throws -> [BenchFigure] {
        try ports.requireFree(exceptPostgres: true)
        var configuration = SimulatorConfiguration(sandbox: directory, ports, pace.pace)
        configuration.keepsState = false
        let simulators = try await Simulators(configuration, clock: WallClock.now, logger: database.logger)
        let http = CurlClient(configuration: .init(), logger: database.logger)
        let outcome = await Result {
            try await withThrowingTaskGroup(of: Void.self, returning: [BenchFigure].self) { group in
                defer { group.cancelAll() }
                group.addTask { try await simulators.run() }
                var environment = ProcessInfo.processInfo.environment
                if pace == .immediate {
                    environment["DEPLOYCENTER_STABLE_SECONDS"] = "0"
                    environment["DEPLOYCENTER_LIMITS"] = "none"
                    environment["DEPLOYCENTER_ARGOCD_POLL_SECONDS"] = "30"  // As outside the sandbox.
                }
                let surroundings = try await SandboxSurroundings(
                    simulators, configuration, ports: ports, databaseURL: database.url,
                    secrets: try SandboxSecrets(directory: directory), home: database.home, environment: environment)
                let server = ServerProcess(
                    environment: surroundings.serverEnvironment.merging([
                        "DEPLOYCENTER_GITHUB_PUSH_SECONDS": String(pushSeconds),
                        // Looking for strangers' commits is counted by nobody.
                        "DEPLOYCENTER_GITHUB_POLL_SECONDS": "3600", "DEPLOYCENTER_LOG_LEVEL": "warning",
                    ]) { _, ours in ours }, logPath: directory + "/server.log", terminal: report.terminal)
                group.addTask { try await server.keepRunning() }
                let clients = try surroundings.clients(http)
                try await server.untilReady(clients.viewer)
                return try await measure(clients, repository: surroundings.repositoryPath)
            }
        }
        await http.shutdown()
        return try outcome.get()
    }

    private func measure(_ clients: SandboxSurroundings.Clients, repository: String) async throws -> [BenchFigure] {
        let version = try await prepare(clients)
        // What is measured is deploying, not the first plans of sessions and the first tokens.
        try await deploy(0..<min(inFlight, 20), prefix: "warm", version, clients)
        let before = try await Costs(clients.viewer, database, gitHub: ports.gitHub, repository: repository)
        let start = ContinuousClock.now
        let times = try await deploy(0..<deployments, prefix: "shop", version, clients)
        let seconds = (ContinuousClock.now - start).seconds
        let costs =
            try await Costs(clients.viewer, database, gitHub: ports.gitHub, repository: repository) - before
        let each = Double(deployments)
        let single = Latencies(times)
        return [
            BenchFigure(
                "deployments, \(inFlight) in flight", each / seconds, "a second",
                goal: pace == .immediate ? .atLeast(100) : nil),
            BenchFigure("request to live, median", single.percentile(0.5), "s"),
            BenchFigure("request to live, p99", single.percentile(0.99), "s"),
            BenchFigure(
                "own overhead of a step, p99", costs.overhead.percentile(0.99) * 1000, "ms",
                goal: inFlight == 50 ? .atMost(20) : nil),
            BenchFigure("Postgres round trips", costs.roundTrips / each, "a deployment"),
            BenchFigure("Postgres commits", costs.commits / each, "a deployment"),
            BenchFigure("calls to GitHub", costs.gitHubCalls / each, "a deployment"),
            BenchFigure("calls to GitHub", costs.gitHubCalls / max(1, costs.gitCommits), "a commit", goal: .atMost(3)),
            BenchFigure(
                "commits in Git", costs.gitCommits / seconds * 60, "a minute",
                goal: pushSeconds == 10 ? .atMost(6) : nil),
            BenchFigure("calls to all systems", costs.calls / each, "a deployment"),
        ]
    }

    /// Answers the template's version.
    private func prepare(_ clients: SandboxSurroundings.Clients) async throws -> String {
        for cluster in DemoCluster.all { try await clients.admin.post(["clusters"], cluster.registration) }
        for number in 0..<Self.customers {
            try await clients.deployer.post(
                ["customers"],
                [
                    "id": .string("c\(number)"), "name": "Customer", "contactName": "Rosa Roth",
                    "contactEmail": "rosa@acme.example",
                ])
            try await clients.deployer.put(
                ["customers", "c\(number)", "cluster"],
                ["cluster": .string(DemoCluster.all[number % DemoCluster.all.count].name)])
        }
        try await TemplateImport(
            folder: database.home.templates, submitter: clients.admin, approver: clients.otherAdmin
        ).run { _ in }
        return try TemplateFolder.definition(try TemplateFolder(path: "\(database.home.templates)/odoo").files).version
    }

    /// Deploys them all, `inFlight` at a time, and answers the seconds that each took from its request until it was live.
    @discardableResult
    private func deploy(
        _ numbers: Range<Int>, prefix: String, _ version: String, _ clients: SandboxSurroundings.Clients
    ) async throws -> [Double] {
        let endings = Endings()
        let head = try await database.pool.query(database.script("head_of_log.sql"))
        let start = try head.first?.int64("head") ?? 0
        let feed = EventFeed(client: clients.viewer, query: [("category", "deployment")])
        return try await withThrowingTaskGroup(of: Double?.self) { group in
            defer { group.cancelAll() }
            group.addTask {
                try await feed.read(after: start) { event in
                    endings.see(event)
                    return true
                }
                return nil
            }
            func add(_ number: Int, after wait: Duration = .zero) {
                group.addTask {
                    try await Task.sleep(for: wait)
                    let (customer, name) = ("c\(number % Self.customers)", "\(prefix)-\(number)")
                    let began = ContinuousClock.now
                    try await clients.deployer.post(
                        ["deployments"],
                        [
                            "customer": .string(customer), "name": .string(name), "environment": "production",
                            "size": "small", "template": "odoo", "templateVersion": .string(version),
                            "parameters": ["language": "de_DE"],
                        ])
                    if let failure = await endings.ending(of: "\(customer)-\(name)-production") {
                        throw NotLive(description: "\(customer)-\(name)-production is not live: \(failure)")
                    }
                    return (ContinuousClock.now - began).seconds
                }
            }
            var waiting = numbers.makeIterator()
            for index in 0..<inFlight {
                if let number = waiting.next() { add(number, after: spread * index / inFlight) }
            }
            var times: [Double] = []
            while times.count < numbers.count, let ended = try await group.next() {
                if let ended { times.append(ended) }
                if let number = waiting.next() { add(number) }
            }
            return times
        }
    }
}

/// How deployments ended, for those who wait for one.
private final class Endings: Sendable {
    private struct State {
        /// Why a deployment failed; empty if it is live.
        var ended: [String: String] = [:]
        var waiting: [String: CheckedContinuation<String, Never>] = [:]
    }

    private let state = Mutex(State())

    func see(_ event: JSONValue) {
        guard let stream = event["stream"]?.string?.dropFirst("deployment-".count) else { return }
        let reason: String
        switch event["type"]?.string {
        case "deployment.went_live": reason = ""
        case "deployment.failed": reason = event["payload"]?["reason"]?.string ?? "it failed"
        default: return
        }
        let waiter = state.withLock { state in
            state.ended[String(stream)] = reason
            return state.waiting.removeValue(forKey: String(stream))
        }
        waiter?.resume(returning: reason)
    }

    /// Why the deployment failed; nil once it is live.
    func ending(of deployment: String) async -> String? {
        let reason = await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if state.ended[deployment] == nil { state.waiting[deployment] = continuation }
                return state.ended[deployment]
            }
            if let known { continuation.resume(returning: known) }
        }
        return reason.isEmpty ? nil : reason
    }
}

/// What Postgres and the server counted.
private struct Costs {
    var roundTrips: Double
    var commits: Double
    var calls: Double
    var gitHubCalls: Double
    var gitCommits: Double
    var overhead: Histogram

    init(_ viewer: APIClient, _ database: BenchDatabase, gitHub port: Int, repository: String) async throws {
        let row = try await database.pool.query(database.script("costs.sql")).first
        roundTrips = Double(try row?.int64("round_trips") ?? 0)
        commits = Double(try row?.int64("commits") ?? 0)
        let metrics = try await ServerMetrics(viewer)
        calls = metrics.sum("deploycenter_http_client_duration_seconds_count")
        gitHubCalls = metrics.sum(
            "deploycenter_http_client_duration_seconds_count", where: "host=\"127.0.0.1:\(port)\"")
        let count = try await BenchDatabase.run("git", ["-C", repository, "rev-list", "--count", "--all"])
        gitCommits = Double(count.filter(\.isNumber)) ?? 0
        overhead = metrics.histogram("deploycenter_effect_overhead_seconds")
    }

    static func - (after: Costs, before: Costs) -> Costs {
        var costs = after
        costs.roundTrips -= before.roundTrips
        costs.commits -= before.commits
        costs.calls -= before.calls
        costs.gitHubCalls -= before.gitHubCalls
        costs.gitCommits -= before.gitCommits
        costs.overhead = after.overhead - before.overhead
        return costs
    }
}
