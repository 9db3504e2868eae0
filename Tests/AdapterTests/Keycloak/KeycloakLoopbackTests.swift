import Application
import EventSourcing
import FoundationEssentials
import HTTPClient
import HTTPTypes
import Keycloak
import Logging
import Simulators
import Testing

@Suite struct `A realm on loopback` {
    @Test func `gives tokens that stand for its people`() async throws {
        try await run { realm, client, clock in
            let verifier = try await verifier(realm, client, clock)
            for (username, role) in [("vera", Role.viewer), ("dana", .deployer), ("ada", .admin)] {
                let token = try #require(await realm.issueToken(for: username))
                let principal = try await verifier.verify(token: token)
                #expect(principal.username == username)
                #expect(principal.roles == [role])
            }
        }
    }

    @Test func `gives a machine its own roles`() async throws {
        try await run { realm, client, clock in
            let issuer = try #require(Endpoint(try await realm.issuerURL))
            let form = "grant_type=client_credentials&client_id=deploycenter-ci&client_secret=sandbox-ci-secret"
            let reply = try await client.send(
                issuer.request(
                    .post, ["protocol", "openid-connect", "token"],
                    headerFields: [.contentType: "application/x-www-form-urlencoded"]),
                body: Array(form.utf8), timeout: .seconds(5))
            let token = try #require(
                try JSONDecoder().decode(JSONValue.self, from: Data(reply.body))["access_token"]?.string)
            let principal = try await verifier(realm, client, clock).verify(token: token)
            #expect(principal.username == "service-account-deploycenter-ci")
            #expect(principal.roles == [.deployer])
        }
    }

    @Test func `gives tokens that end`() async throws {
        try await run { realm, client, clock in
            let verifier = try await verifier(realm, client, clock)
            let token = try #require(await realm.issueToken(for: "vera"))
            clock.advance(.seconds(3600 + 60))
            await #expect(throws: TokenRejection.expired) { try await verifier.verify(token: token) }
        }
    }

    @Test func `that nobody runs is told apart from a bad token`() async throws {
        let clock = TestClock()
        let issuer = try TestIssuer()
        let token = try await issuer.token(issuer.claims(), kid: "k")
        // Port 9 (discard) is closed on any machine that runs tests.
        let configuration = try #require(
            KeycloakConfiguration(issuer: "http://127.0.0.1:9/realms/x", audience: "deploycenter-api"))
        let verifier = TokenVerifier(configuration, client: CurlClient(logger: silent), now: clock.now)
        do {
            _ = try await verifier.verify(token: token)
            Issue.record("accepted")
        } catch .issuerUnavailable {
        } catch {
            Issue.record(error)
        }
    }

    private let silent = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    private func verifier(
        _ realm: IdentitySimulator, _ client: CurlClient, _ clock: TestClock
    ) async throws -> TokenVerifier {
        let configuration = try #require(
            KeycloakConfiguration(
                issuer: try await realm.issuerURL, audience: "deploycenter-api",
                authorizedParties: ["deploycenter-dashboard", "deploycenter-ci"]))
        return TokenVerifier(configuration, client: client, now: clock.now)
    }

    private func run(
        _ body: @Sendable (IdentitySimulator, CurlClient, TestClock) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "identity-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: directory) }  // What is left is the system's to clean.
        let clock = TestClock()
        let realm = try await IdentitySimulator(
            SimulatorConfiguration(directory: directory), clock: clock.now, logger: silent)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await realm.run() }
            try await body(realm, CurlClient(logger: silent), clock)
            group.cancelAll()
            do { while try await group.next() != nil {} } catch is CancellationError {}
        }
    }
}
