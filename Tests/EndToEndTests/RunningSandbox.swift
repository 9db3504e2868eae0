import EventSourcing
import Foundation
import HTTPClient
import HTTPTypes
import Logging
import Subprocess
import SystemPackage
import Synchronization
import TestSupport

/// The real program's sandbox as a process of its own, in a folder of its own, with stand-ins that answer at once.
struct RunningSandbox: Sendable {
    let directory: String
    let port: Int
    let processIdentifier: Int32
    /// By user name.
    let tokens: [String: String]
    let http: CurlClient

    /// The program beside this test bundle.
    static let program =
        CommandLine.arguments[0].split(separator: "/").dropLast().reduce(into: "") { $0 += "/" + $1 }
        + "/deploycenter"

    /// Each test has ports of its own, away from those that a developer's sandbox takes.
    private static let nextPort = Atomic(18_700)

    static func freshPort() -> Int { nextPort.add(10, ordering: .relaxed).oldValue }

    static func freshDirectory() throws -> String {
        let path = NSTemporaryDirectory() + "deploycenter-e2e-" + UUID().uuidString.prefix(8)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        // Postgres runs as another user where this is root.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        return path
    }

    static let environment: [Environment.Key: String?] = [
        "DEPLOYCENTER_STABLE_SECONDS": "1", "DEPLOYCENTER_DATA_GRACE_SECONDS": "6",
        "DEPLOYCENTER_CONDITION_SECONDS": "1",
        "DEPLOYCENTER_ARGOCD_POLL_SECONDS": "1", "NO_COLOR": "1",
    ]

    static func arguments(_ directory: String, _ port: Int, _ more: [String]) -> Arguments {
        Arguments(["sandbox", "--directory", directory, "--port", String(port)] + more)
    }

    /// Runs a sandbox for `body`, ends it as Ctrl-C does, and answers how it ended.
    @discardableResult
    static func run(
        in directory: String, port: Int = freshPort(), _ more: [String] = ["--pace", "immediate", "--without-demo"],
        _ body: @escaping @Sendable (RunningSandbox) async throws -> Void
    ) async throws -> TerminationStatus {
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: arguments(directory, port, more),
            environment: .inherit.updating(environment), workingDirectory: FilePath(Repository.root),
            input: .none, output: .sequence, error: .combinedWithOutput
        ) { execution in
            var tokens: [String: String] = [:]
            var seen: [String] = []
            for try await line in execution.standardOutput.strings() {
                let line = line.trimmingCharacters(in: .whitespacesAndNewlines)
                seen.append(line)
                if line.hasPrefix("export "), let equals = line.firstIndex(of: "=") {
                    tokens[line.dropFirst(7).prefix(upTo: equals).lowercased()] = String(
                        line[line.index(after: equals)...])
                }
                guard line.hasPrefix("curl ") else { continue }
                let http = CurlClient(configuration: .init(), logger: Logger(label: "test"))
                let sandbox = RunningSandbox(
                    directory: directory, port: port, processIdentifier: execution.processIdentifier.value,
                    tokens: tokens, http: http)
                do {
                    try await body(sandbox)
                } catch {
                    await http.shutdown()
                    kill(execution.processIdentifier.value, SIGINT)
                    throw error
                }
                await http.shutdown()
                kill(execution.processIdentifier.value, SIGINT)
                return
            }
            throw Ended(output: seen.suffix(10).joined(separator: "\n"))
        }
        return result.terminationStatus
    }

    /// The sandbox ended before it was ready.
    struct Ended: Error, CustomStringConvertible {
        let output: String

        var description: String { "the sandbox ended early:\n\(output)" }
    }

    // MARK: The API

    func call(
        _ method: HTTPRequest.Method, _ path: String, as user: String, _ body: JSONValue? = nil
    ) async throws -> (status: Int, body: JSONValue) {
        var fields = HTTPFields()
        if let token = tokens[user] { fields[.authorization] = "Bearer \(token)" }
        if body != nil { fields[.contentType] = "application/json" }
        let request = HTTPRequest(
            method: method, scheme: "http", authority: "127.0.0.1:\(port)", path: "/api/v1" + path, headerFields: fields
        )
        let bytes = try body.map { [UInt8](try JSONEncoder().encode($0)) } ?? []
        let reply = try await http.send(request, body: bytes, timeout: .seconds(20))
        let value = reply.body.isEmpty ? .null : try JSONDecoder().decode(JSONValue.self, from: Data(reply.body))
        return (reply.status, value)
    }

    /// What a stand-in holds, by its admin endpoint; `offset` counts its port from the server's.
    func state(offset: Int) async throws -> JSONValue {
        let request = HTTPRequest(
            method: .get, scheme: "http", authority: "127.0.0.1:\(port + offset)", path: "/_simulator/state")
        let reply = try await http.send(request, timeout: .seconds(10))
        return try JSONDecoder().decode(JSONValue.self, from: Data(reply.body))
    }

    /// The server's process: the child of the sandbox that serves.
    func serverProcess() throws -> Int32? {
        for entry in try FileManager.default.contentsOfDirectory(atPath: "/proc") {
            guard let id = Int32(entry),
                let environ = try? String(
                    decoding: Data(contentsOf: URL(fileURLWithPath: "/proc/\(id)/environ")), as: UTF8.self),
                environ.contains("DEPLOYCENTER_PORT=\(port)\u{0}"),
                let line = try? String(contentsOfFile: "/proc/\(id)/cmdline", encoding: .utf8), line.contains("serve")
            else { continue }
            return id
        }
        return nil
    }
}
