import ArgumentParser
import Foundation
import HTTPClient
import Logging

/// Which server a command talks to, and as whom.
struct ServerOptions: ParsableArguments {
    @Option(help: "The server.")
    var url = "http://127.0.0.1:8700"

    @Option(help: "A file that holds a token; otherwise DEPLOYCENTER_TOKEN holds the token.")
    var tokenFile: String?

    func run(_ body: (APIClient, Terminal) async throws -> Void) async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let server = Endpoint(url) else { throw ValidationError("--url \(url) is not an HTTP address.") }
        let token =
            try tokenFile.map { try String(contentsOfFile: $0, encoding: .utf8) } ?? environment["DEPLOYCENTER_TOKEN"]
        guard let token = token?.trimmingCharacters(in: .whitespacesAndNewlines), !token.isEmpty else {
            throw Failure("give a token: --token-file, or DEPLOYCENTER_TOKEN in the environment.")
        }
        let http = CurlClient(configuration: .init(), logger: Logs.logger(.error))
        do {
            try await body(
                APIClient(server: server, token: token, http: http), Terminal(environment: environment))
        } catch {
            await http.shutdown()
            throw error
        }
        await http.shutdown()
    }
}
