import ArgumentParser
import Foundation
import Logging
import Postgres

/// Measures what users feel, beside something that they know, in the same run: absolute figures of a shared machine say nothing.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure the program against Postgres itself, in the same run.",
        subcommands: [Store.self, Deployments.self], defaultSubcommand: Store.self)

    /// What `bench store` can measure.
    enum Part: String, ExpressibleByArgument, CaseIterable {
        case append, read, rebuild, live, proof, peers
    }

    /// The log, the views and the proof.
    struct Store: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Append, read, rebuild, follow and verify, in a throw-away cluster with fsync on.",
            discussion: """
                Beside ours stand pgbench inserting the same rows one per transaction, COPY in binary format through libpq, a \
                hand-written INSERT … SELECT, and openssl speed. Use a release build: swift run -c release deploycenter bench store.
                """)

        @Flag(help: "One JSON value a line.")
        var json = false

        @Flag(help: "Also measure what can be installed from PyPI: eventsourcing on Postgres, and umadb.")
        var peers = false

        @Option(help: "Only these parts: append, read, rebuild, live, proof; may be given several times.")
        var only: [Part] = []

        @Option(help: "Seconds of each measurement of appends.")
        var seconds = 5

        @Option(help: "Rounds of appends; their median counts.")
        var rounds = 3

        @Option(help: "Events to read, rebuild and verify.")
        var events = 1_000_000

        @Option(
            help:
                "Also rebuild from so many events, to see whether the time per event stays (10000000 takes some ten minutes and 20 GB)."
        )
        var largeEvents = 0

        @Option(help: "Where the throw-away cluster lies; the disk decides what fsync costs.")
        var directory = "/tmp"

        func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            let home = Home(environment[Setting.home.key])
            guard home.isComplete else {
                throw Failure(
                    "there are no Migrations and Projections around here: run this from the checkout.")
            }
            let parts = Set(only.isEmpty ? Part.allCases.filter { $0 != .peers } : only).union(peers ? [.peers] : [])
            let bench = StoreBench(
                home: home, report: BenchReport(terminal: Terminal(environment: environment), isJSON: json),
                parts: parts, seconds: seconds, rounds: rounds, events: events, largeEvents: largeEvents)
            try await BenchCluster.run(in: directory, home: home, logger: Logs.logger(.error)) { cluster in
                try await bench.run(on: cluster)
            }
        }
    }
}

extension BenchCommand {
    /// The main job, many times.
    struct Deployments: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deploy Odoo many times through a real server, against stand-ins for AWS, GitHub and Argo CD.",
            discussion: """
                By default the stand-ins answer at once, and what is measured is DeployCenter and they, on the same cores. With \
                --pace believable they take as long as the vendors do. Use a release build: \
                swift run -c release deploycenter bench deployments.
                """)

        @Flag(help: "One JSON value a line.")
        var json = false

        @Option(help: "Deployments to make.")
        var deployments = 1000

        @Option(help: "Deployments under way at a time.")
        var inFlight = 50

        @Option(help: "How long the stand-ins take: believable or immediate.")
        var pace = SandboxPace.immediate

        @Option(help: "Least seconds between two pushes to Git; GitHub itself takes six a minute.")
        var pushSeconds = 0

        @Option(help: "The server's port; the next five are used too.")
        var port = 8800

        @Option(help: "Where the throw-away cluster lies; the disk decides what fsync costs.")
        var directory = "/tmp"

        func run() async throws {
            let environment = ProcessInfo.processInfo.environment
            let home = Home(environment[Setting.home.key])
            guard home.isComplete else {
                throw Failure("there are no Migrations and Projections around here: run this from the checkout.")
            }
            let report = BenchReport(terminal: Terminal(environment: environment), isJSON: json)
            // Postgres itself counts what it is asked.
            let settings = ["shared_preload_libraries": "pg_stat_statements"]
            try await BenchCluster.run(in: directory, home: home, settings: settings, logger: Logs.logger(.error)) {
                cluster in
                try await cluster.withDatabase("deployments") { database in
                    try await database.pool.execute(script: database.script("count_statements.sql"))
                    report.stage("Deploying \(deployments) times, \(inFlight) at a time …")
                    let bench = DeploymentsBench(
                        database: database, pace: pace, deployments: deployments, inFlight: inFlight,
                        pushSeconds: pushSeconds, ports: SandboxPorts(server: port), report: report)
                    try report.tell(try await bench.run())
                }
            }
        }
    }
}

/// The parts of `bench store` in the order in which they build upon each other.
struct StoreBench {
    let home: Home
    let report: BenchReport
    let parts: Set<BenchCommand.Part>
    let seconds: Int
    let rounds: Int
    let events: Int
    let largeEvents: Int

    func run(on cluster: BenchCluster) async throws {
        if !parts.isDisjoint(with: [.append, .peers]) {
            report.stage("Appending, \(rounds) rounds of \(seconds) s each, ours and pgbench in turn …")
            let appends = try await cluster.withDatabase("append") { database in
                try await AppendBench(database: database, seconds: seconds, rounds: rounds).run()
            }
            try report.tell(appends.figures)
            if parts.contains(.peers) {
                report.stage("Appending through peers from PyPI …")
                try report.tell(
                    try await cluster.withDatabase("peers") { database in
                        try await PeersBench(database: database, seconds: seconds, ours: appends.rates).run()
                    })
            }
        }
        if !parts.isDisjoint(with: [.read, .rebuild, .proof]) {
            try await cluster.withDatabase("history") { database in
                report.stage("Writing a history of \(events) events …")
                try await BenchHistory(database: database).write(events: events)
                if parts.contains(.read) {
                    report.stage("Reading everything …")
                    try report.tell(try await ReadBench(database: database).run())
                }
                if parts.contains(.rebuild) {
                    report.stage("Rebuilding deployment_status …")
                    try report.tell(try await RebuildBench(database: database).run())
                }
                if parts.contains(.proof) {
                    report.stage("Hashing, signing and verifying …")
                    try report.tell(try await ProofBench(database: database).run())
                }
            }
        }
        if parts.contains(.rebuild), largeEvents > 0 {
            try await cluster.withDatabase("large") { database in
                report.stage("Rebuilding from \(largeEvents) events …")
                try await BenchHistory(database: database).write(events: largeEvents)
                try report.tell(try await RebuildBench(database: database).run())
            }
        }
        if parts.contains(.live) {
            report.stage("Following 1,000 events a second …")
            try report.tell(
                try await cluster.withDatabase("live") { database in
                    try await LiveBench(database: database, seconds: seconds * 2).run()
                })
        }
    }
}
