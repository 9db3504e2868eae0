import Application
import EventSourcing
import Foundation
import Postgres
import PostgresEventStore

/// Reads the whole log as events, beside libpq's COPY of the same columns in binary format.
struct ReadBench {
    let database: BenchDatabase

    func run() async throws -> [BenchFigure] {
        var (ours, theirs): ([Double], [Double]) = ([], [])
        // The first round warms both: what is in memory then serves either.
        for round in 0...3 {
            let (their, our) = (try await copy(), try await read())
            if round > 0 {
                theirs.append(their)
                ours.append(our)
            }
        }
        return [
            BenchFigure(
                "read everything", median(ours), "events/s", against: ("COPY binary", median(theirs)),
                goal: .atLeast(0.8))
        ] + ProcessMemory.figures("read everything")
    }

    private func read() async throws -> Double {
        let store = try database.store()
        let start = ContinuousClock.now
        var count = 0
        for try await page in store.pages(of: .everything()) { count += page.count }
        return Double(count) / (ContinuousClock.now - start).seconds
    }

    /// Rows a second of psql, which copies through libpq; the file is /dev/null.
    private func copy() async throws -> Double {
        let count = try await database.store().head().rawValue
        let start = ContinuousClock.now
        try await database.run(
            "psql",
            [
                "--no-psqlrc", "--quiet", database.url, "--command", try database.script("copy_events.sql"),
                "--output=/dev/null",
            ])
        return Double(count) / (ContinuousClock.now - start).seconds
    }
}

/// How much of the machine's memory this process holds.
enum ProcessMemory {
    /// In megabytes: now, and at most so far.
    static func figures(_ label: String) -> [BenchFigure] {
        // Not Linux: nothing to tell.
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        func megabytes(_ key: String) -> Double? {
            status.split(separator: "\n").first { $0.hasPrefix(key) }?
                .split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Double($0) }.map {
                    $0 / 1024
                }
        }
        return [("now", "VmRSS:"), ("at most", "VmHWM:")].compactMap { name, key in
            megabytes(key).map { BenchFigure("\(label), memory \(name)", $0, "MB") }
        }
    }
}
