import Application
import EventSourcing
import FoundationEssentials
import GitHub
import HTTPClient
import HTTPTypes
import Logging
import Simulators
import Subprocess
import SystemPackage
import Testing

/// GitHub's API over a real bare repository on loopback, for one test.
struct GitHubLoopback: Sendable {
    let simulator: GitHubSimulator
    let endpoint: Endpoint
    let client: CurlClient
    let clock: TestClock
    let directory: String

    /// Runs `body` against a repository with an empty first commit, and takes everything down after it.
    static func run(
        configure: (inout SimulatorConfiguration.GitHub) -> Void = { _ in },
        _ body: @Sendable (GitHubLoopback) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "github-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: directory) }  // What is left is the system's to clean.
        let clock = TestClock()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        var configuration = SimulatorConfiguration(directory: directory)
        configure(&configuration.gitHub)
        let simulator = try await GitHubSimulator(
            configuration, clock: clock.now, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await simulator.run() }
            let endpoint = try #require(Endpoint("http://127.0.0.1:\(try await simulator.port)"))
            let loopback = GitHubLoopback(
                simulator: simulator, endpoint: endpoint, client: CurlClient(logger: logger), clock: clock,
                directory: directory)
            try await body(loopback)
            group.cancelAll()
            do { while try await group.next() != nil {} } catch is CancellationError {}
        }
    }

    /// A committer of its own, as each replica has one; `pause` takes no time unless it is given.
    func repository(
        _ authentication: GitHubAuthentication = .token("ghp_sandbox"), branch: String = "main",
        pushInterval: Duration = .zero,
        pause: @escaping @Sendable (Duration) async throws -> Void = { _ in await Task.yield() }
    ) throws -> GitHubRepository {
        let configuration = try #require(
            GitHubConfiguration(
                apiURL: endpoint.url, owner: "acme", repository: "clusters", branch: branch,
                authentication: authentication, pushInterval: pushInterval))
        return GitHubRepository(configuration, client: client, now: clock.now, pause: pause)
    }

    /// Makes the simulator answer so instead, as often as `rule` says.
    func addFault(_ rule: JSONValue) async throws {
        let reply = try await client.send(
            endpoint.request(.post, ["_simulator", "faults"], headerFields: [.contentType: "application/json"]),
            body: Array(try JSONEncoder().encode(rule)), timeout: .seconds(5))
        #expect(reply.status == 204)
    }

    func requestsSeen(_ method: String) async throws -> Int {
        let reply = try await client.send(endpoint.request(.get, ["_simulator", "state"]), timeout: .seconds(5))
        let state = try JSONDecoder().decode(JSONValue.self, from: Data(reply.body))
        return Int(state["requestsSeen"]?[method]?.integer ?? 0)
    }

    /// What git itself says of the bare repository.
    func git(_ arguments: String...) async throws -> String {
        let result = try await Subprocess.run(
            .name("git"),
            arguments: Arguments(["-c", "safe.directory=*", "-C", simulator.repositoryPath] + arguments),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 16))
        #expect(result.terminationStatus.isSuccess, "\(result.standardError)")
        return result.standardOutput
    }

    func files(at revision: String = "main") async throws -> [String] {
        try await git("ls-tree", "-r", "--name-only", revision).split(separator: "\n").map(String.init)
    }

    func commitCount() async throws -> Int {
        Int(try await git("rev-list", "--count", "main").prefix { $0.isNumber }) ?? 0
    }
}

extension FolderChange {
    init(_ folder: String, _ files: [String: String], subject: String = "Deploy") {
        self.init(folder: folder, files: files, subject: subject, trailers: [.init("DeployCenter-Deployment", folder)])
    }
}
