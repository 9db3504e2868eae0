import Foundation
import HTTPClient
import HTTPTypes
import Subprocess
import SystemPackage

/// The server as a process of its own, started again when it is killed, as a cluster would.
struct ServerProcess: Sendable {
    let environment: [String: String]
    let logPath: String
    let terminal: Terminal

    /// The server does not run: the end of its log says why.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs until cancelled; a server that ends by itself with an error is not started again.
    func keepRunning() async throws {
        var shortLives = 0
        while true {
            let start = ContinuousClock.now
            let status = try await runOnce()
            try Task.checkCancellation()
            shortLives = ContinuousClock.now - start < .seconds(3) ? shortLives + 1 : 0
            guard shortLives < 5 else {
                throw Failure(
                    description: "the server ends as soon as it is started. The end of \(logPath):\n\(lastLines())")
            }
            switch status {
            case .exited(0): terminal.aside("The server was stopped; starting it again …")
            case .exited(let code):
                throw Failure(description: "the server ended with \(code). The end of \(logPath):\n\(lastLines())")
            case .signaled(let signal):
                terminal.aside("The server was ended by signal \(signal); starting it again …")
            }
        }
    }

    /// Runs the server to its end with `more` in its environment; `onStart` is told its process.
    func runOnce(
        adding more: [String: String] = [:], onStart: @Sendable (Int32) -> Void = { _ in }
    ) async throws -> TerminationStatus {
        var options = PlatformOptions()
        options.processGroupID = 0  // Ctrl-C reaches the sandbox alone, which then stops the server in order.
        options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(15))]
        var variables: [Environment.Key: String] = [:]
        for (key, value) in environment.merging(more, uniquingKeysWith: { $1 }) {
            variables[Environment.Key(stringLiteral: key)] = value
        }
        let log = try openLog()
        defer { try? log.close() }  // Nothing is lost: every line was written when it came.
        // The server ends when its input does, so it does not outlive a sandbox that was killed.
        let result = try await Subprocess.run(
            .path(FilePath(Program.path)), arguments: ["serve", "--until-input-ends"], environment: .custom(variables),
            platformOptions: options, input: .inputWriter, output: .sequence, error: .combinedWithOutput
        ) { execution in
            onStart(execution.processIdentifier.value)
            for try await chunk in execution.standardOutput {
                try chunk.withUnsafeBytes { bytes in try log.write(contentsOf: Data(bytes)) }
            }
        }
        return result.terminationStatus
    }

    /// Waits until the server says that it is ready; `keepRunning` tells if it never will.
    func untilReady(_ client: APIClient) async throws {
        for _ in 1...600 {
            // Not being reachable yet is what is waited for.
            if let reply = try? await client.http.send(
                client.server.request(.get, ["readyz"]), timeout: .seconds(2)), reply.status == 200
            {
                return
            }
            try await ContinuousClock().sleep(for: .milliseconds(100))
        }
        throw Failure(description: "the server was not ready within a minute. The end of \(logPath):\n\(lastLines())")
    }

    private func openLog() throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: logPath) {
            _ = FileManager.default.createFile(atPath: logPath, contents: nil)
        }
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: logPath))
        try log.seekToEnd()
        return log
    }

    private func lastLines() -> String {
        let text = (try? String(contentsOfFile: logPath, encoding: .utf8)) ?? ""  // No log is no reason to fail twice.
        return text.split(separator: "\n").suffix(5).joined(separator: "\n")
    }
}
