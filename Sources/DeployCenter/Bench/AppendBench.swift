import Application
import Domain
import EventSourcing
import Foundation
import Postgres
import PostgresEventStore

/// Appends of one event of about 450 bytes, beside pgbench inserting the same row into a table with the same columns and indexes, one
/// per transaction and without any order.
struct AppendBench {
    let database: BenchDatabase
    let seconds: Int
    let rounds: Int

    private struct Run {
        let rate: Double
        let latencies: Latencies

        /// In milliseconds.
        var p99: Double { latencies.percentile(0.99) * 1000 }
    }

    /// The figures, and our appends a second by the number of writers.
    func run() async throws -> (figures: [BenchFigure], rates: [Int: Double]) {
        try await database.pool.execute(script: try database.script("reference_rows.sql"))
        var figures: [BenchFigure] = []
        var rates: [Int: Double] = [:]
        for (writers, goal) in [(1, 0.55), (32, 1.5), (128, 2)] {
            var (ours, theirs): ([Run], [Run]) = ([], [])
            for round in 1...rounds {
                theirs.append(try await pgbench(clients: writers, round: round))
                ours.append(try await append(writers: writers, round: round))
            }
            rates[writers] = median(ours.map(\.rate))
            let label = writers == 1 ? "append, 1 writer" : "append, \(writers) writers"
            figures.append(
                BenchFigure(
                    label, median(ours.map(\.rate)), "events/s", against: ("pgbench", median(theirs.map(\.rate))),
                    goal: .atLeast(goal)))
            figures.append(
                BenchFigure(
                    "\(label), p99", median(ours.map(\.p99)), "ms", against: ("pgbench", median(theirs.map(\.p99))),
                    goal: writers == 32 ? .atMost(2) : nil))
        }
        return (figures, rates)
    }

    private func append(writers: Int, round: Int) async throws -> Run {
        let store = try database.store()
        let start = ContinuousClock.now
        let deadline = start + .seconds(seconds)
        let times = try await withThrowingTaskGroup(of: [Double].self) { group in
            for writer in 1...writers {
                group.addTask {
                    let stream = StreamName(category: "deployment", id: "bench-\(writers)-\(round)-\(writer)")
                    var times: [Double] = []
                    var last = start
                    while last < deadline {
                        let begun = ContinuousClock.now
                        _ = try await store.append(BenchEvent.append(to: stream, version: times.count))
                        last = .now
                        times.append((last - begun).seconds)
                    }
                    return times
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return Run(rate: Double(times.count) / (ContinuousClock.now - start).seconds, latencies: Latencies(times))
    }

    /// pgbench logs the time of each transaction in microseconds as the third word of a line.
    private func pgbench(clients: Int, round: Int) async throws -> Run {
        let folder = NSTemporaryDirectory() + "deploycenter-pgbench-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }  // What is left lies in the temporary folder.
        try await database.run(
            "pgbench",
            [
                "--no-vacuum", "--protocol=prepared", "--client=\(clients)", "--jobs=\(min(clients, 2))",
                "--time=\(seconds)", "--define=version=0", "--define=round=\(round)", "--define=clients=\(clients)",
                "--log", "--log-prefix=\(folder)/log", "--file=\(database.path(ofScript: "insert_row.pgbench"))",
                database.url,
            ])
        var times: [Double] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
            for line in try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                if words.count > 2, let microseconds = Double(words[2]) { times.append(microseconds / 1_000_000) }
            }
        }
        return Run(rate: Double(times.count) / Double(seconds), latencies: Latencies(times))
    }
}

/// The event that the benches append: 450 bytes of payload and metadata, as a failed attempt has them.
enum BenchEvent {
    private static let fact = AttemptFailed(
        number: 1, step: .accessPoint, attempt: 3,
        reason: """
            elasticfilesystem CreateAccessPoint answered 429 ThrottlingException (request 3f1c2a6e-5a51-4bb0-9b7e-2f6f1d1c9a55): \
            Rate exceeded; the next attempt follows in 12 seconds
            """)
    static let metadata = EventMetadata(
        actor: "process:deployment", correlationID: "0192f0c1-7f3a-7c59-9a5b-6f0e4a1d2c3b",
        causationID: "deployment-acme-shop-production/1/access_point", source: "process")

    /// Makes ids as the program does.
    private static let surroundings = Surroundings(now: WallClock.now)

    static func append(to stream: StreamName, version: Int) -> Append {
        Append(
            [
                StreamAppend(
                    stream, expected: version == 0 ? .noStream : .exactly(version),
                    events: [
                        NewEvent(
                            id: EventID(surroundings.uuid()),
                            form: StoredForm("deployment.attempt_failed", version: 1, fact))
                    ])
            ], metadata: metadata)
    }
}
