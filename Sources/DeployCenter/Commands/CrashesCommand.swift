import ArgumentParser
import Foundation
import Logging

/// Proves that no crash loses, doubles or leaves anything.
struct CrashesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "crashes",
        abstract: "Kill servers as kill -9 does, at every point of a deployment, and look what is left.",
        subcommands: [Points.self, Replicas.self], defaultSubcommand: Points.self)

    /// One server, killed at chosen points.
    struct Points: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Kill the server at every point between two durable actions of a deployment.",
            discussion: """
                Tells each story once undisturbed, which counts its points: before and after each append, each change of the to-do list and \
                each request. Then once for each point: killed there, started again, until nothing is left to do. All must end as the \
                undisturbed one: the same facts, as much outside, a log without gaps whose signatures hold. Debug builds only.
                """)

        @Option(help: "Only these stories: deploy, fail, upgrade, decommission; may be given several times.")
        var story: [TrialStory] = []

        @Option(help: "Only so many points of each story, drawn by the seed.")
        var sample: Int?

        @Option(help: "Only this point, by its name or number.")
        var at: String?

        @Option(help: "Stories of each kind with two crashes at points that the seed draws.")
        var pairs = 25

        @Option(help: "What is drawn depends on it; otherwise SEED, or another one each time.")
        var seed: UInt64?

        @Option(help: "Worlds side by side.")
        var lanes = 4

        @Option(help: "Where the worlds lie; what went wrong stays there.")
        var directory = "/tmp/deploycenter-crashes-\(ProcessInfo.processInfo.processIdentifier)"

        func validate() throws {
            guard lanes > 0, pairs >= 0 else { throw ValidationError("There must be at least one lane.") }
        }

        func run() async throws {
            #if DEBUG
                let setting = try TrialSetting.read(leaseSeconds: 8)
                let seed = TrialSetting.seed(seed)
                setting.terminal.line("SEED=\(seed)")
                let begun = ContinuousClock.now
                let summaries = try await CrashTrial(
                    directory: directory, setting: setting, stories: story.isEmpty ? TrialStory.allCases : story,
                    sample: sample, point: at, pairs: pairs, lanes: lanes, seed: seed
                ).run()
                // Empty by now: each world has removed itself.
                try FileManager.default.removeItem(atPath: directory)
                setting.terminal.table(CrashSummary.header, summaries.map(\.row))
                for outcome in summaries.flatMap(\.notReached) {
                    setting.terminal.line(
                        "not reached again: \(outcome.story), \(outcome.crashes.joined(separator: ", "))")
                }
                for outcome in summaries.flatMap(\.wrong) {
                    setting.terminal.line(
                        "WRONG: \(outcome.story), killed at \(outcome.crashes.joined(separator: ", then at ")): "
                            + outcome.complaints.joined(separator: "; "))
                }
                setting.terminal.line("In \((ContinuousClock.now - begun).components.seconds) s.")
                guard summaries.allSatisfy(\.wrong.isEmpty) else { throw ExitCode(1) }
            #else
                throw Failure(
                    "a release build has no crash points: use a debug build (swift run deploycenter crashes).")
            #endif
        }
    }
}

extension CrashesCommand {
    /// Several servers, of which one or the other is dead.
    struct Replicas: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Deploy through several servers on one Postgres, of which one is killed every few seconds, and Postgres once.",
            discussion: """
                All must go live, each with one of everything; and no step may wait longer than a dead server's lease and some time for \
                the next to take it. How long the longest waited is told.
                """)

        @Option(help: "How many deployments.")
        var deployments = 200

        @Option(help: "How many of them under way at a time.")
        var inFlight = 12

        @Option(help: "How many servers.")
        var servers = 3

        @Option(help: "Seconds between two kills.")
        var killSeconds = 4.0

        @Option(help: "Seconds after which the work of a dead server is free for others.")
        var leaseSeconds = 8

        @Option(
            help:
                "Seconds beyond the lease and the time without Postgres that a step may wait: this machine's own slowness."
        )
        var slackSeconds = 5.0

        @Option(help: "Who is killed depends on it; otherwise SEED, or another one each time.")
        var seed: UInt64?

        @Option(help: "Where the world lies; what went wrong stays there.")
        var directory = "/tmp/deploycenter-replicas-\(ProcessInfo.processInfo.processIdentifier)"

        func validate() throws {
            guard deployments > 0, inFlight > 0, servers > 0, killSeconds > 0 else {
                throw ValidationError("There must be at least one of each.")
            }
        }

        func run() async throws {
            let setting = try TrialSetting.read(leaseSeconds: leaseSeconds)
            let seed = TrialSetting.seed(seed)
            setting.terminal.line("SEED=\(seed)")
            let replicas = try (0..<servers).map { _ in ReplicaTrial.Replica(port: try Trial.port()) }
            let outcome = try await TrialWorld.run(in: directory, setting) { world in
                try await ReplicaTrial(
                    world: world, deployments: deployments, inFlight: inFlight, replicas: replicas,
                    killInterval: .seconds(killSeconds), seed: seed, scripts: setting.home.path + "/deploy/crashes"
                ).run()
            }
            let allowed = Double(leaseSeconds) + slackSeconds + outcome.outageSeconds
            let isLate = max(outcome.longestWaitSeconds, outcome.longestTakeoverSeconds) > allowed
            setting.terminal.line(
                """
                \(deployments) deployments through \(servers) servers in \(Int(outcome.seconds)) s; \(outcome.kills) kills of servers; Postgres was \
                away for \(outcome.outageSeconds) s.
                A step that was due waited \(outcome.longestWaitSeconds) s at most for a server; \(outcome.takeovers) steps of dead servers were \
                taken over, \(outcome.longestTakeoverSeconds) s after their claim at most, with leases of \(leaseSeconds) s.
                """)
            for complaint in outcome.complaints { setting.terminal.line("WRONG: \(complaint)") }
            if isLate { setting.terminal.line("WRONG: a step waited longer than \(allowed) s") }
            guard outcome.complaints.isEmpty, !isLate else { throw ExitCode(1) }
        }
    }
}

/// What trials need of this machine.
enum TrialSetting {
    static func seed(_ wanted: UInt64?) -> UInt64 {
        wanted ?? UInt64(ProcessInfo.processInfo.environment["SEED"] ?? "") ?? UInt64.random(in: 0...UInt64(UInt32.max))
    }

    /// With short leases a dead server's work is taken up soon, and a trial does not only wait.
    static func read(leaseSeconds: Int) throws -> TrialWorld.Setting {
        let environment = ProcessInfo.processInfo.environment
        let home = Home(environment[Setting.home.key])
        guard home.isComplete else {
            throw Failure("there are no Migrations and Projections around here: run this from the checkout.")
        }
        return TrialWorld.Setting(
            home: home, terminal: Terminal(environment: environment),
            variables: [
                Setting.leaseSeconds.key: "\(leaseSeconds)", Setting.stableSeconds.key: "0",
                // Attempts end before leases of 8 s do.
                Setting.patiencePercent.key: "25",
            ],
            logger: Logs.logger(.critical))
    }
}
