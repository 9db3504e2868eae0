import Foundation
import Subprocess
import SystemPackage
import TestSupport
import Testing

@Suite(.serialized) struct `The demo` {
    @Test(.timeLimit(.minutes(15)))
    func `it ends live, with one commit that names deployment, requester and event`() async throws {
        let directory = try RunningSandbox.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let result = try await Subprocess.run(
            .path(FilePath(RunningSandbox.program)),
            arguments: RunningSandbox.arguments(
                directory, RunningSandbox.freshPort(), ["--demo", "--pace", "immediate"]),
            environment: .inherit.updating(RunningSandbox.environment), workingDirectory: FilePath(Repository.root),
            output: .string(limit: 1_000_000), error: .string(limit: 1_000_000))
        let output = result.standardOutput
        #expect(result.terminationStatus == .exited(0), "\(result.standardError)\n\(output)")
        #expect(output.contains("acme-shop-production is live."))

        let log = try await Subprocess.run(
            .name("git"),
            arguments: [
                "-C", directory + "/github/company/deployments.git", "log", "--format=%B%x00", "--",
                "deployments/acme-shop-production",
            ], output: .string(limit: 100_000), error: .discarded)
        let commits = log.standardOutput.split(separator: "\0").filter {
            !$0.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty
        }
        #expect(commits.count == 1)
        for trailer in [
            "Requested-by: ", "DeployCenter-Deployment: acme-shop-production",
            "DeployCenter-Release: 1", "DeployCenter-Event: ",
        ] {
            #expect(commits.first?.contains(trailer) == true, "\(trailer) is missing")
        }
    }

    @Test(.timeLimit(.minutes(15)))
    func `a port in use is told in one sentence, and nothing is left running`() async throws {
        let directory = try RunningSandbox.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let port = RunningSandbox.freshPort()
        let blocker = try Blocker(port: port + 1)
        defer { blocker.close() }
        let result = try await Subprocess.run(
            .path(FilePath(RunningSandbox.program)),
            arguments: RunningSandbox.arguments(directory, port, ["--demo", "--pace", "immediate"]),
            environment: .inherit.updating(RunningSandbox.environment), workingDirectory: FilePath(Repository.root),
            output: .string(limit: 100_000), error: .string(limit: 100_000))
        #expect(result.terminationStatus == .exited(1))
        #expect((result.standardError).contains(String(port + 1)), "\(result.standardError)")
        #expect(!FileManager.default.fileExists(atPath: directory + "/postgres/data/postmaster.pid"))
    }
}

/// Holds a port.
struct Blocker {
    private let descriptor: Int32

    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(bound == 0 && listen(descriptor, 1) == 0)
    }

    func close() { _ = Glibc.close(descriptor) }
}
