import EventSourcing
import Foundation
import HTTPClient
import LocalPostgres
import Logging
import Postgres
import ServiceLifecycle
import Simulators

/// Lives through all cells in worlds of their own: what concerns one deployment alone side by side in the first, what goes through the
/// shared repository one after the other in the rest.
struct FaultMatrix: Sendable {
    let directory: String
    let port: Int
    let home: Home
    let environment: [String: String]
    /// Which cells are wanted.
    let wants: @Sendable (FaultCell) -> Bool
    let serialWorlds: Int
    let inFlight: Int
    let patiencePercent: Int
    let seed: UInt64
    let terminal: Terminal
    let logger: Logger

    /// No cell has ended by then in any way that it should.
    static let limit = Duration.seconds(300)
    static let placesMax = 2000

    /// All cells with their outcomes, in the order of the plan, and what is wrong with the logs as a whole.
    struct Result: Sendable {
        let outcomes: [(cell: FaultCell, outcome: FaultOutcome)]
        let gaps: [String]
        let seconds: Double
    }

    func run() async throws -> Result {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        // Postgres runs as another user where this is root.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory)
        let postgres = try LocalPostgres(directory: directory + "/postgres", durable: false)
        let url = try await postgres.start()
        let outcome = await Swift.Result { try await run(url) }
        try await postgres.stop(.immediate)
        return try outcome.get()
    }

    private func run(_ url: String) async throws -> Result {
        let start = ContinuousClock.now
        let base = url.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let administrator = PostgresPool(configuration: PostgresConfiguration(url, poolSize: 1), logger: logger)
        try await administrator.execute(script: "CREATE DATABASE migrated")
        try await Migrating.migrate("\(base)/migrated", folder: home.migrations, logger: logger)
        for number in 0...serialWorlds {
            try await administrator.execute(script: "CREATE DATABASE world\(number) TEMPLATE migrated")
        }
        await administrator.close()
        let queue = FaultQueue()
        let gaps = try await withThrowingTaskGroup(of: [String].self) { group in
            for number in 0...serialWorlds {
                group.addTask {
                    try await withWorld(number, databaseURL: "\(base)/world\(number)") { world in
                        try await work(in: world, number: number, queue)
                        return await world.seen.gaps.map { "position \($0) of world \(number)" }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let seconds = Double((ContinuousClock.now - start).components.seconds)
        return Result(outcomes: await queue.outcomes, gaps: gaps, seconds: seconds)
    }

    /// The first world finds out what there is to disturb; each then takes what it may.
    private func work(in world: FaultWorld, number: Int, _ queue: FaultQueue) async throws {
        if number == 0 {
            let cells = try await plan(in: world).filter(wants)
            terminal.aside("\(cells.count) cells; chance has the seed \(seed)")
            await queue.fill(cells)
        }
        let takesAlone = number == 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<(takesAlone ? inFlight : 1) {
                group.addTask {
                    while let (index, cell) = try await queue.next(alone: takesAlone) {
                        let outcome = await outcome(of: cell, in: world, at: .init(number: index + 10))
                        if !outcome.broken.isEmpty { terminal.aside("✗ \(cell): \(outcome.broken)") }
                        await queue.end(index, outcome)
                        if await queue.ended % 50 == 0 { terminal.aside("\(await queue.ended) cells lived through") }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// A cell that cannot be lived through to its end is broken, and stops no other.
    private func outcome(of cell: FaultCell, in world: FaultWorld, at place: FaultWorld.Place) async -> FaultOutcome {
        do {
            return try await world.live(cell, phase: cell.phase, at: place)
        } catch {
            return FaultOutcome(
                deployment: place.deployment, end: .stuck, remaining: [], duplicates: [], leftovers: [:],
                lost: ["\(error)"], reason: "", seconds: 0)
        }
    }

    /// What an undisturbed deployment, and an undisturbed compensation, call.
    private func plan(in world: FaultWorld) async throws -> [FaultCell] {
        var cells: [FaultCell] = []
        for (number, phase) in FaultCell.Phase.allCases.enumerated() {
            var before: [String: Int64] = [:]
            let outcome = try await world.live(nil, phase: phase, at: .init(number: number)) {
                before = try await world.operations()
            }
            let expected: FaultOutcome.End = phase == .deploy ? .live : .compensated
            guard outcome.end == expected, outcome.broken.isEmpty else {
                throw Failure("without any fault: \(outcome.end) \(outcome.broken) \(outcome.reason)")
            }
            let after = try await world.operations()
            let called = after.filter { $0.value > before[$0.key, default: 0] && !$0.key.hasSuffix(".other") }.keys
            for operation in called.sorted() {
                for fault in Fault.allCases where fault.concerns(operation) {
                    for times in FaultCell.Times.allCases {
                        cells.append(FaultCell(phase: phase, operation: operation, fault: fault, times: times))
                    }
                }
            }
        }
        return cells
    }

    // Worlds

    private func withWorld<Value: Sendable>(
        _ number: Int, databaseURL: String, _ body: @escaping @Sendable (FaultWorld) async throws -> Value
    ) async throws -> Value {
        let folder = "\(directory)/world\(number)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let configuration = simulators(in: folder)
        let simulators = try await Simulators(configuration, clock: WallClock.now, logger: logger)
        let http = CurlClient(configuration: .init(), logger: logger)
        let outcome = await Swift.Result {
            try await withThrowingTaskGroup(of: Value?.self) { group in
                defer { group.cancelAll() }
                group.addTask {
                    try await simulators.run()
                    return nil
                }
                let surroundings = try await SandboxSurroundings(
                    simulators, configuration, ports: SandboxPorts(server: port + number), databaseURL: databaseURL,
                    secrets: try SandboxSecrets(directory: folder), home: home, environment: environment)
                let server = ServerProcess(
                    environment: surroundings.serverEnvironment.merging(hurry) { $1 },
                    logPath: folder + "/server.log", terminal: terminal)
                group.addTask {
                    try await server.keepRunning()
                    return nil
                }
                let seen = SeenEvents()
                let clients = try surroundings.clients(http)
                group.addTask {
                    try await server.untilReady(clients.viewer)
                    try await TemplateImport(
                        folder: home.templates, submitter: clients.admin, approver: clients.otherAdmin
                    ).run { _ in }
                    return try await withThrowingTaskGroup(of: Value?.self) { inner in
                        defer { inner.cancelAll() }
                        inner.addTask {
                            try await seen.follow(clients.viewer)
                            return nil
                        }
                        inner.addTask {
                            try await body(
                                FaultWorld(
                                    clients: clients, vendors: try vendors(surroundings), seen: seen, limit: Self.limit)
                            )
                        }
                        return try await inner.next() ?? nil
                    }
                }
                // The world ends with its work; whatever else ends first ended by a failure.
                while let ended = try await group.next() {
                    if let ended { return ended }
                }
                throw Failure("world \(number) ended before its work")
            }
        }
        await http.shutdown()
        return try outcome.get()
    }

    /// The same server, in a hurry: a twentieth of the patience, and no rates, against systems that answer at once.
    private var hurry: [String: String] {
        [
            "DEPLOYCENTER_PATIENCE_PERCENT": String(patiencePercent), "DEPLOYCENTER_STABLE_SECONDS": "0",
            "DEPLOYCENTER_GITHUB_PUSH_SECONDS": "0", "DEPLOYCENTER_WITNESS_MINUTES": "0",
            "DEPLOYCENTER_LIMITS": "none", "DEPLOYCENTER_LOG_LEVEL": "notice",
        ]
    }

    private func vendors(_ surroundings: SandboxSurroundings) throws -> [String: Endpoint] {
        try [
            "aws": surroundings.awsURL, "github": surroundings.gitHubURL, "argocd": surroundings.argoCDURL,
        ].mapValues { url in
            guard let endpoint = Endpoint(url) else { throw Failure("\(url) is no address") }
            return endpoint
        }
    }

    private func simulators(in folder: String) -> SimulatorConfiguration {
        let places = (0..<Self.placesMax).map { FaultWorld.Place(number: $0).cluster }
        var argoCD = SimulatorConfiguration.ArgoCD()
        argoCD.projects = ["default", SandboxSurroundings.project]
        argoCD.clusters = Dictionary(uniqueKeysWithValues: places.map { ($0.name, "https://\($0.name).eks.example") })
        var aws = SimulatorConfiguration.AWS()
        aws.fileSystems = places.map(\.fileSystem)
        aws.hostedZones = Dictionary(uniqueKeysWithValues: places.map { ($0.hostedZone, $0.zoneDomain + ".") })
        var gitHub = SimulatorConfiguration.GitHub()
        (gitHub.owner, gitHub.repository) = ("company", "deployments")
        gitHub.requestsPerHour = 1_000_000
        var configuration = SimulatorConfiguration(
            directory: folder, pace: FaultWorld.pace, gitHub: gitHub, argoCD: argoCD, aws: aws)
        configuration.keepsState = false
        configuration.seed = seed
        return configuration
    }
}

extension Fault {
    /// Whether an operation of this name, which reads or changes something, can meet the fault in a way of its own.
    fileprivate func concerns(_ operation: String) -> Bool {
        let verb = operation.drop { $0 != "." }.dropFirst()
        let reads = [
            "Describe", "List", "Get", "Head", "get", "list", "resourceTree", "managedResources", "syncWindows",
        ]
        return reads.contains { verb.hasPrefix($0) } ? strikesReads : strikesWrites
    }
}

/// Owns the cells that are to be lived through and those that were.
private actor FaultQueue {
    private var cells: [FaultCell] = []
    private var taken: Set<Int> = []
    private var ends: [Int: FaultOutcome] = [:]
    private var isFilled = false

    func fill(_ cells: [FaultCell]) {
        self.cells = cells
        isFilled = true
    }

    /// The next cell of the kind; waits until it is known what there is.
    func next(alone: Bool) async throws -> (Int, FaultCell)? {
        while !isFilled { try await ContinuousClock().sleep(for: .milliseconds(50)) }
        guard let index = cells.indices.first(where: { !taken.contains($0) && cells[$0].isAlone == alone }) else {
            return nil
        }
        taken.insert(index)
        return (index, cells[index])
    }

    func end(_ index: Int, _ outcome: FaultOutcome) { ends[index] = outcome }

    var ended: Int { ends.count }

    var outcomes: [(cell: FaultCell, outcome: FaultOutcome)] {
        cells.indices.compactMap { index in ends[index].map { (cells[index], $0) } }
    }
}
