import Application
import Foundation

/// Appends through event stores that anybody can install from PyPI, with as many writers as ours, in the same run.
struct PeersBench {
    let database: BenchDatabase
    let seconds: Int
    let ours: [Int: Double]

    /// What `peers.py` prints.
    private struct Answer: Decodable {
        /// Appends a second.
        let rate: Double
    }

    func run() async throws -> [BenchFigure] {
        let folder = NSTemporaryDirectory() + "deploycenter-peers"
        // An environment of an earlier run serves again.
        if !FileManager.default.fileExists(atPath: "\(folder)/installed") {
            _ = try await BenchDatabase.run("python3", ["-m", "venv", folder])
            _ = try await BenchDatabase.run(
                "\(folder)/bin/pip", ["install", "--quiet", "-r", database.path(ofScript: "requirements.txt")])
            try Data().write(to: URL(filePath: "\(folder)/installed"))
        }
        var figures: [BenchFigure] = []
        for writers in ours.keys.sorted() {
            for (peer, label) in [("eventsourcing", "eventsourcing on Postgres"), ("umadb", "umadb")] {
                let line = try await BenchDatabase.run(
                    "\(folder)/bin/python",
                    [database.path(ofScript: "peers.py"), peer, database.url, "\(writers)", "\(seconds)"])
                let answer = try JSONText.decode(Answer.self, from: line)
                figures.append(
                    BenchFigure(
                        writers == 1 ? "append, 1 writer" : "append, \(writers) writers", ours[writers] ?? 0,
                        "events/s",
                        against: (label, answer.rate)))
            }
        }
        return figures
    }
}
