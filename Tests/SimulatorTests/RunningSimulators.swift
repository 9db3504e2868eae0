import EventSourcing
import FoundationEssentials
import Logging
import Simulators
import Subprocess
import Synchronization
import TestSupport
import Testing

/// Time that a test moves by hand.
final class ManualClock: Sendable {
    private let microseconds: Mutex<Int64>

    /// Begins at the real time, for vendors' clients sign with theirs.
    init() { microseconds = Mutex(currentTime().microseconds) }

    var now: Timestamp { Timestamp(microseconds: microseconds.withLock { $0 }) }

    func advance(seconds: Int64) { microseconds.withLock { $0 += seconds * 1_000_000 } }
}

/// Simulators on free ports with a directory of their own, for the length of `body`.
func withSimulators(
    _ configuration: SimulatorConfiguration? = nil, clock: ManualClock = ManualClock(),
    _ body: @Sendable (Simulators) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "simulators-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: directory) }  // What stays is in the temporary folder.
    let settings = configuration ?? SimulatorConfiguration(directory: directory)
    var logger = Logger(label: "simulators")
    logger.logLevel = .critical  // Cancelled servers complain.
    let simulators = try await Simulators(settings, clock: { clock.now }, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await simulators.run() }
        try await body(simulators)
        group.cancelAll()
        do { try await group.waitForAll() } catch is CancellationError {}
    }
}

/// Runs a check written for a vendor's own client; what it prints explains a failure.
func runClient(
    _ script: String, _ simulators: Simulators, environment: [String: String] = [:], file: String = #filePath
) async throws {
    let folder = file.prefix(upTo: file.lastIndex(of: "/") ?? file.startIndex)
    let python = ProcessInfo.processInfo.environment["DEPLOYCENTER_TEST_PYTHON"] ?? "python3"
    var variables: [Environment.Key: String?] = [
        "GITHUB_URL": "http://127.0.0.1:\(try await simulators.gitHub.port)",
        "ARGOCD_URL": "http://127.0.0.1:\(try await simulators.argoCD.port)",
        "AWS_URL": "http://127.0.0.1:\(try await simulators.aws.port)",
        "IDENTITY_URL": try await simulators.identity.issuerURL,
        "REPOSITORY_PATH": simulators.gitHub.repositoryPath,
        "GITHUB_APP_KEY": simulators.gitHub.appPrivateKeyPEM,
        "NO_PROXY": "127.0.0.1", "PYTHONDONTWRITEBYTECODE": "1",
    ]
    for (name, value) in environment {
        if let key = Environment.Key(rawValue: name) { variables[key] = .some(value) }
    }
    let result = try await run(
        .name("env"), arguments: [python, "\(folder)/Clients/\(script)"], environment: .inherit.updating(variables),
        output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    #expect(
        result.terminationStatus.isSuccess,
        "\(script) says:\n\(result.standardOutput)\n\(result.standardError)")
}
