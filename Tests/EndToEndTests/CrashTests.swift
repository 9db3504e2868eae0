import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// `CRASH_POINTS=all` takes every point and 200 deployments; `SEED=` draws the same again.
@Suite(.serialized) struct `Crashes` {
    static let isFull = ProcessInfo.processInfo.environment["CRASH_POINTS"] == "all"

    @Test(.timeLimit(.minutes(Self.isFull ? 120 : 15)))
    func `a server killed at any point leaves what an undisturbed one leaves`() async throws {
        let output = try await crashes(
            ["points", "--lanes", "2"] + (Self.isFull ? [] : ["--sample", "3", "--pairs", "1"]))
        let rows = output.split(separator: "\n").map { $0.split(separator: " ") }
        for story in ["deploy", "fail", "upgrade", "decommission"] {
            let single = try #require(rows.first { $0.first == story[...] && $0.dropFirst().first == "1" })
            #expect(Int(single[3]) ?? 0 > 0, "nobody was killed: \(output)")
        }
    }

    @Test(.timeLimit(.minutes(Self.isFull ? 120 : 15)))
    func `three servers that are killed in turns bring every deployment live once`() async throws {
        let output = try await crashes(["replicas"] + (Self.isFull ? [] : ["--deployments", "20", "--in-flight", "5"]))
        #expect(output.contains("deployments through 3 servers"), "\(output)")
    }

    /// The program's words; it fails by itself where anything is wrong.
    private func crashes(_ arguments: [String]) async throws -> String {
        let directory = try RunningSandbox.freshDirectory()
        let result = try await Subprocess.run(
            .path(FilePath(RunningSandbox.program)),
            arguments: Arguments(["crashes"] + arguments + ["--directory", directory + "/worlds"]),
            environment: .inherit.updating(["NO_COLOR": "1"]), workingDirectory: FilePath(Repository.root),
            output: .string(limit: 1_000_000), error: .string(limit: 4_000_000))
        let output = result.standardOutput
        #expect(result.terminationStatus == .exited(0), "\(output)\n\(result.standardError)")
        if result.terminationStatus == .exited(0) { try FileManager.default.removeItem(atPath: directory) }
        return output
    }
}
