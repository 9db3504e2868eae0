import EventSourcing
import FoundationEssentials
import HTTPClient
import HTTPTypes
import Logging
import Simulators
import Testing

@Suite struct `The simulators` {
    @Test func `name the port that is in use`() async throws {
        try await withSimulators { first in
            let port = try await first.gitHub.port
            var configuration = SimulatorConfiguration(
                directory: FileManager.default.temporaryDirectory.appending(path: "second-\(UUID().uuidString)").path)
            configuration.ports.gitHub = port
            let second = try await GitHubSimulator(
                configuration, clock: { Timestamp(microseconds: 0) }, logger: Logger(label: "second"))
            await #expect(throws: SimulatorError.portInUse(simulator: "github", port: port)) { try await second.run() }
            try FileManager.default.removeItem(atPath: configuration.directory)
        }
    }

    @Test func `go on where they were after a restart`() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "restart-\(UUID().uuidString)").path
        let configuration = SimulatorConfiguration(directory: directory)
        let kept = Kept()
        try await withSimulators(configuration) { simulators in
            let created = try await sync(simulators, "POST", "/applications?validate=false", application)
            #expect(created.status == 200)
            await kept.keep(try await simulators.identity.issueToken(for: "ada") ?? "")
        }
        try await withSimulators(configuration) { simulators in
            #expect(try await sync(simulators, "GET", "/applications/acme").status == 200)
            let token = await kept.token
            let issuer = try await simulators.identity.issuerURL
            let reply = try await send("GET", "\(issuer)/protocol/openid-connect/userinfo", token: token)
            #expect(reply.status == 200)
        }
        try FileManager.default.removeItem(atPath: directory)
    }

    @Test func `let time pass between asking and having`() async throws {
        let clock = ManualClock()
        let directory = FileManager.default.temporaryDirectory.appending(path: "pace-\(UUID().uuidString)").path
        var pace = Pace.believable
        pace.answerMilliseconds = 0
        try await withSimulators(SimulatorConfiguration(directory: directory, pace: pace), clock: clock) { simulators in
            _ = try await sync(simulators, "POST", "/applications?validate=false", application)
            _ = try await sync(simulators, "POST", "/applications/acme/sync", "{}")
            let second = try await sync(simulators, "POST", "/applications/acme/sync", "{}")
            #expect(second.status == 400)
            #expect(String(decoding: second.body, as: UTF8.self).contains("another operation is already in progress"))
            #expect(try await phase(simulators) == "Running")
            clock.advance(seconds: 6)
            #expect(try await phase(simulators) == "Succeeded")
            _ = try await sync(simulators, "DELETE", "/applications/acme", "")
            let deleting = try await sync(simulators, "GET", "/applications/acme")
            #expect(String(decoding: deleting.body, as: UTF8.self).contains("deletionTimestamp"))
            clock.advance(seconds: 5)
            #expect(try await sync(simulators, "GET", "/applications/acme?project=default").status == 404)
        }
        try FileManager.default.removeItem(atPath: directory)
    }

    /// The repository's root holds a README and no manifests: nothing to apply.
    private let application = """
        {"metadata": {"name": "acme"}, "spec": {"project": "default",
         "source": {"repoURL": "https://github.com/acme/clusters", "path": ".", "targetRevision": "main"},
         "destination": {"name": "in-cluster", "namespace": "acme"}}}
        """

    private func phase(_ simulators: Simulators) async throws -> String? {
        let reply = try await sync(simulators, "GET", "/applications/acme")
        let document = try JSONDecoder().decode(JSONValue.self, from: Data(reply.body))
        return document["status"]?["operationState"]?["phase"]?.string
    }

    private func sync(
        _ simulators: Simulators, _ method: String, _ path: String, _ body: String = ""
    ) async throws -> HTTPReply {
        try await send(
            method, "http://127.0.0.1:\(try await simulators.argoCD.port)/api/v1\(path)", token: "argocd-sandbox",
            body: body)
    }

    private func send(
        _ method: String, _ url: String, token: String, body: String = ""
    ) async throws -> HTTPReply {
        var logger = Logger(label: "test")
        logger.logLevel = .warning
        let client = CurlClient(logger: logger)
        let address = try #require(URL(string: url))
        let query = address.query().map { "?\($0)" } ?? ""
        let request = HTTPRequest(
            method: try #require(HTTPRequest.Method(method)), scheme: "http",
            authority: "127.0.0.1:\(address.port ?? 0)", path: address.path + query,
            headerFields: [.contentType: "application/json", .authorization: "Bearer \(token)"])
        let reply = try await client.send(request, body: Array(body.utf8), timeout: .seconds(60))
        await client.shutdown()
        return reply
    }
}

/// A value that outlives one run of the simulators.
private actor Kept {
    var token = ""

    func keep(_ token: String) { self.token = token }
}
