import Application
import EventSourcing
import Foundation
import LocalPostgres
import Postgres
import PostgresEventStore
import Simulation
import Synchronization

/// Several servers on one Postgres with many deployments: a server is killed every few seconds, Postgres once, and all is to end well.
struct ReplicaTrial: Sendable {
    let world: TrialWorld
    let deployments: Int
    /// Under way at a time.
    let inFlight: Int
    let replicas: [Replica]
    let killInterval: Duration
    let seed: UInt64
    /// The folder of the statements that watch the to-do list.
    let scripts: String

    /// A place in which one server after the other runs.
    final class Replica: Sendable {
        let port: Int
        private let state = Mutex<TrialServer?>(nil)

        init(port: Int) { self.port = port }

        var server: TrialServer? {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    /// What happened.
    struct Outcome: Sendable {
        let seconds: Double
        let kills: Int
        /// From Postgres' end to its first answer.
        let outageSeconds: Double
        /// From when a step could be worked on to when somebody took it.
        let longestWaitSeconds: Double
        /// From when a server took a step that it did not end to when another took it.
        let longestTakeoverSeconds: Double
        let takeovers: Int
        let complaints: [String]
    }

    /// How far the trial is.
    private final class Progress: Sendable {
        let kills = Atomic(0)
        let begun = Atomic(0)
        let ended = Atomic(0)
        let isOver = Atomic(false)
        let outageMilliseconds = Atomic(0)
    }

    func run() async throws -> Outcome {
        try await world.serving { try await world.prepare($0) }
        try await world.pool.execute(script: try script("watch_effects"))
        let progress = Progress()
        let begun = ContinuousClock.now
        let (seconds, complaints) = try await withThrowingTaskGroup(of: [String].self) { group in
            for replica in replicas { group.addTask { try await keepServing(replica, progress) } }
            group.addTask { try await disturb(progress) }
            let ended = await Result { try await deployAll(progress) }
            let seconds = (ContinuousClock.now - begun) / .seconds(1)
            let judged = await Result { try await judge() }
            progress.isOver.store(true, ordering: .relaxed)
            var complaints = try ended.get() + judged.get()
            for try await more in group { complaints += more }
            return (seconds, complaints)
        }
        guard let row = try await world.pool.execute(script: try script("longest_waits")).first else {
            throw Failure("nobody has watched the to-do list")
        }
        return Outcome(
            seconds: seconds, kills: progress.kills.load(ordering: .relaxed),
            outageSeconds: Double(progress.outageMilliseconds.load(ordering: .relaxed)) / 1000,
            longestWaitSeconds: Double(try row.int64("wait_ms")) / 1000,
            longestTakeoverSeconds: Double(try row.int64("takeover_ms")) / 1000,
            takeovers: try row.int("takeovers"), complaints: complaints)
    }

    /// Starts the server again whenever it has ended. One that was ready and ends by itself is a complaint; one that is started while
    /// Postgres is away ends.
    private func keepServing(_ replica: Replica, _ progress: Progress) async throws -> [String] {
        var complaints: [String] = []
        while !progress.isOver.load(ordering: .relaxed) {
            let failed = try await world.serving(port: replica.port) { server in
                replica.server = server
                var wasReady = false
                while !server.hasEnded, !progress.isOver.load(ordering: .relaxed) {
                    try await ContinuousClock().sleep(for: .milliseconds(100))
                    if !wasReady { wasReady = await server.isReady() }
                }
                return server.hasEnded && !server.wasKilled && wasReady
            }
            if failed { complaints.append("the server on port \(replica.port) ended by itself") }
        }
        return complaints
    }

    /// Kills one server after the other as the seed says, and Postgres when half of the deployments have ended.
    private func disturb(_ progress: Progress) async throws -> [String] {
        var random = SplitMix64(seed: seed)
        var hasPostgresDied = false
        while progress.ended.load(ordering: .relaxed) < deployments, !progress.isOver.load(ordering: .relaxed) {
            try await ContinuousClock().sleep(for: killInterval)
            replicas.randomElement(using: &random)?.server?.kill()
            progress.kills.add(1, ordering: .relaxed)
            if !hasPostgresDied, progress.ended.load(ordering: .relaxed) * 2 >= deployments {
                hasPostgresDied = true
                world.terminal.aside("Postgres is torn away and started again …")
                let begun = ContinuousClock.now
                try await world.postgres.restart(.immediate)
                // Not yet is an answer.
                try await Trial.until("Postgres answers") { (try? await world.store.head()) != nil }
                progress.outageMilliseconds.store(
                    Int((ContinuousClock.now - begun) / .milliseconds(1)), ordering: .relaxed)
            }
        }
        return hasPostgresDied ? [] : ["Postgres was never restarted"]
    }

    /// Asks for all deployments, each at whichever server answers, and waits for each to end.
    private func deployAll(_ progress: Progress) async throws -> [String] {
        try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<min(inFlight, deployments) {
                group.addTask {
                    var complaints: [String] = []
                    while true {
                        let number = progress.begun.add(1, ordering: .relaxed).newValue
                        guard number <= deployments else { return complaints }
                        complaints += try await deploy(TrialDeployment(customer: "acme", name: "r\(number)"))
                        let ended = progress.ended.add(1, ordering: .relaxed).newValue
                        if ended.isMultiple(of: 10) { world.terminal.aside("\(ended) of \(deployments) have ended") }
                    }
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func deploy(_ deployment: TrialDeployment) async throws -> [String] {
        let request = TrialStory.deploy.request(for: deployment, number: 0)
        do {
            var turn = abs(deployment.id.hashValue)
            try await Trial.until("\(request.key) is accepted") {
                turn += 1
                guard let server = replicas[turn % replicas.count].server else { return false }
                return try await server.tell(request)
            }
            try await Trial.until("\(deployment.id) ends", seconds: 300) {
                // While Postgres is away there is no answer.
                let events = (try? await world.store.events(of: deployment.stream, from: 1)) ?? []
                return events.contains { TrialStory.ends.contains($0.type.rawValue) }
            }
        } catch let error as Trial.NeverHappened {
            return ["\(error)"]
        }
        return []
    }

    /// What is not as if each deployment had been the only one.
    private func judge() async throws -> [String] {
        var complaints = try await world.verifyLog()
        for number in 1...deployments {
            let deployment = TrialDeployment(customer: "acme", name: "r\(number)")
            let evidence = try await world.evidence(of: deployment)
            func demand(_ what: String, _ count: Int?, _ wanted: Int) {
                if count != wanted { complaints.append("\(deployment.id): \(what): \(count ?? 0), not \(wanted)") }
            }
            demand("commits", evidence.outside["commits"], 1)
            demand("went live", evidence.facts["deployment.went_live"], 1)
            guard number == deployments else { continue }
            for kind in ["access points", "buckets", "applications"] {
                demand("\(kind) of all", evidence.outside[kind], deployments)
            }
        }
        return complaints
    }

    private func script(_ name: String) throws -> String {
        try String(contentsOfFile: "\(scripts)/\(name).sql", encoding: .utf8)
    }
}
