import Application
import EventSourcing
import FoundationEssentials
import HTTPClient
import HTTPTypes
import Keycloak
import Logging
import Testing

@Suite struct `Tokens of django-oauth-toolkit` {
    @Test func `are accepted, but its refresh tokens are not`() async throws {
        let clock = TestClock()
        _ = try await DjangoAuthorizationServer.run(at: clock.now()) { issuer in
            let client = CurlClient(logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
            let endpoint = try #require(Endpoint(issuer))
            let form = "grant_type=password&client_id=cli&client_secret=secret&username=dana&password=dana&scope=read"
            let reply = try await client.send(
                // Django's paths end with a slash.
                endpoint.request(
                    .post, ["token", ""], headerFields: [.contentType: "application/x-www-form-urlencoded"]),
                body: Array(form.utf8), timeout: .seconds(10))
            let answer = try JSONDecoder().decode(JSONValue.self, from: Data(reply.body))
            let access = try #require(answer["access_token"]?.string, "\(answer)")
            let refresh = try #require(answer["refresh_token"]?.string)
            let configuration = try #require(
                KeycloakConfiguration(issuer: issuer, audience: "deploycenter-api", authorizedParties: ["cli"]))
            let verifier = TokenVerifier(configuration, client: client, now: clock.now)
            let principal = try await verifier.verify(token: access)
            #expect(principal.username == "dana")
            #expect(principal.roles == [.deployer])
            await #expect(throws: TokenRejection.invalid(reason: "the token is not an access token")) {
                try await verifier.verify(token: refresh)
            }
            clock.advance(.seconds(360))
            await #expect(throws: TokenRejection.expired) { try await verifier.verify(token: access) }
        }
    }
}
