import Application
import EventSourcing
import Keycloak
import Testing

@Suite struct `Verifying an access token` {
    private let issuer: TestIssuer
    private let verifier: TokenVerifier

    init() async throws {
        let issuer = try TestIssuer()
        try await issuer.publishRSA("rsa")
        try await issuer.publishElliptic("ec")
        let configuration = try #require(
            KeycloakConfiguration(
                issuer: TestIssuer.url, audience: "deploycenter-api",
                authorizedParties: ["deploycenter-dashboard", "deploycenter-cli"]))
        self.issuer = issuer
        verifier = TokenVerifier(configuration, fetch: issuer.fetch, now: issuer.clock.now)
    }

    @Test func `says who acts and with which roles`() async throws {
        let token = try await issuer.token(issuer.claims(), kid: "rsa")
        #expect(
            try await verifier.verify(token: token)
                == Principal(subject: "0b5c", username: "dana", displayName: "Dana Deployer", roles: [.deployer]))
    }

    @Test func `takes roles of our client too, and no other client's`() async throws {
        let claims = issuer.claims([
            "resource_access": ["deploycenter-api": ["roles": ["admin"]], "other": ["roles": ["viewer"]]]
        ])
        let token = try await issuer.token(claims, kid: "rsa")
        #expect(try await verifier.verify(token: token).roles == [.deployer, .admin])
    }

    @Test func `gives no role where the claim is missing or of another shape`() async throws {
        for claim in [nil, "deployer", ["roles": "deployer"], ["roles": [1]]] as [JSONValue?] {
            let token = try await issuer.token(issuer.claims(["realm_access": claim]), kid: "rsa")
            #expect(try await verifier.verify(token: token).roles == [])
        }
    }

    @Test func `accepts ES256, and PS256 of a key that names no algorithm`() async throws {
        try await issuer.publishRSA("any", algorithm: nil)
        let elliptic = try await issuer.token(issuer.claims(), kid: "ec", algorithm: .es256)
        #expect(try await verifier.verify(token: elliptic).subject == "0b5c")
        let pss = try await issuer.token(issuer.claims(), kid: "any", algorithm: .ps256)
        #expect(try await verifier.verify(token: pss).subject == "0b5c")
    }

    @Test func `tells an expired token from a wrong one, with a minute for clocks that differ`() async throws {
        let token = try await issuer.token(issuer.claims(), kid: "rsa")
        issuer.clock.advance(.seconds(359))
        _ = try await verifier.verify(token: token)
        issuer.clock.advance(.seconds(1))
        await #expect(throws: TokenRejection.expired) { try await verifier.verify(token: token) }
    }

    @Test func `does not accept a token before its time`() async throws {
        let now = issuer.clock.now().microseconds / 1_000_000
        let near = try await issuer.token(issuer.claims(["nbf": .integer(now + 60)]), kid: "rsa")
        _ = try await verifier.verify(token: near)
        await expectInvalid(issuer.claims(["nbf": .integer(now + 61)]), "not valid yet")
    }

    @Test func `names the check that failed`() async throws {
        await expectInvalid(issuer.claims(["iss": "https://sso.test/realms/other"]), "another issuer")
        await expectInvalid(issuer.claims(["iss": .string(TestIssuer.url + "/")]), "another issuer")
        await expectInvalid(issuer.claims(["aud": "account"]), "not for deploycenter-api")
        await expectInvalid(issuer.claims(["aud": nil]), "not for deploycenter-api")
        await expectInvalid(issuer.claims(["azp": "somebody-else"]), "client")
        await expectInvalid(issuer.claims(["azp": nil]), "client")
        await expectInvalid(issuer.claims(["exp": nil]), "expiry")
        await expectInvalid(issuer.claims(["exp": "tomorrow"]), "expiry")
        await expectInvalid(issuer.claims(["sub": nil]), "subject")
    }

    @Test func `never takes an ID token, a refresh token or a token of no type`() async throws {
        for type in ["ID", "Refresh", "Logout", "bearer", nil] as [JSONValue?] {
            await expectInvalid(issuer.claims(["typ": type]), "not an access token")
        }
    }

    private func expectInvalid(
        _ claims: JSONValue, _ reason: String, location: SourceLocation = #_sourceLocation
    ) async {
        do {
            let token = try await issuer.token(claims, kid: "rsa")
            _ = try await verifier.verify(token: token)
            Issue.record("accepted", sourceLocation: location)
        } catch TokenRejection.invalid(let said) {
            #expect(said.contains(reason), sourceLocation: location)
        } catch {
            Issue.record(error, sourceLocation: location)
        }
    }
}
