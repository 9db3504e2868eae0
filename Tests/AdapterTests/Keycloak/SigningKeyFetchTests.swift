import Application
import EventSourcing
import Keycloak
import Testing

@Suite struct `Fetching the issuer's keys` {
    private let issuer: TestIssuer
    private let verifier: TokenVerifier

    init() async throws {
        let issuer = try TestIssuer()
        try await issuer.publishRSA("first")
        let configuration = try #require(
            KeycloakConfiguration(issuer: TestIssuer.url, audience: "deploycenter-api"))
        self.issuer = issuer
        verifier = TokenVerifier(configuration, fetch: issuer.fetch, now: issuer.clock.now)
    }

    @Test func `happens once for many tokens at once`() async throws {
        let token = try await issuer.token(issuer.claims(), kid: "first")
        try await withThrowingTaskGroup { group in
            for _ in 0..<50 { group.addTask { _ = try await verifier.verify(token: token) } }
            try await group.waitForAll()
        }
        #expect(await issuer.fetches == 1)
    }

    @Test func `happens for a new key at once, when the last is 30 seconds ago`() async throws {
        _ = try await verifier.verify(token: try await issuer.token(issuer.claims(), kid: "first"))
        try await issuer.publishRSA("second")
        let token = try await issuer.token(issuer.claims(), kid: "second")
        issuer.clock.advance(.seconds(29))
        await #expect(throws: TokenRejection.self) { try await verifier.verify(token: token) }
        issuer.clock.advance(.seconds(1))
        #expect(try await verifier.verify(token: token).subject == "0b5c")
        #expect(await issuer.fetches == 2)
    }

    @Test func `cannot be driven by a flood of made-up key ids`() async throws {
        _ = try await verifier.verify(token: try await issuer.token(issuer.claims(), kid: "first"))
        for second in 0..<90 {
            try await withThrowingTaskGroup { group in
                for index in 0..<20 {
                    let text = try TestIssuer.unsigned(["alg": "RS256", "kid": "k\(second)-\(index)"], issuer.claims())
                    group.addTask {
                        await #expect(throws: TokenRejection.self) { try await verifier.verify(token: "\(text).AAAA") }
                    }
                }
                try await group.waitForAll()
            }
            issuer.clock.advance(.seconds(1))
        }
        #expect(await issuer.fetches == 3)
    }

    @Test func `says that the issuer cannot be reached, and tries again after five seconds`() async throws {
        await issuer.set(isDown: true)
        let token = try await issuer.token(issuer.claims(), kid: "first")
        await #expect(throws: TokenRejection.issuerUnavailable(reason: "down")) {
            try await verifier.verify(token: token)
        }
        await issuer.set(isDown: false)
        await #expect(throws: TokenRejection.issuerUnavailable(reason: "down")) {
            try await verifier.verify(token: token)
        }
        issuer.clock.advance(.seconds(5))
        _ = try await verifier.verify(token: token)
    }

    @Test func `keeps the old keys while the issuer is down`() async throws {
        _ = try await verifier.verify(token: try await issuer.token(issuer.claims(), kid: "first"))
        await issuer.set(isDown: true)
        issuer.clock.advance(.seconds(3600))
        _ = try await verifier.verify(token: try await issuer.token(issuer.claims(), kid: "first"))
    }

    @Test func `forgets a key that the issuer withdrew, after ten minutes`() async throws {
        _ = try await verifier.verify(token: try await issuer.token(issuer.claims(), kid: "first"))
        await issuer.withdrawAll()
        try await issuer.publishRSA("second")
        issuer.clock.advance(.seconds(600))
        let token = try await issuer.token(issuer.claims(), kid: "first")
        await #expect(throws: TokenRejection.self) { try await verifier.verify(token: token) }
    }

    @Test func `is not hindered by keys that we cannot use`() async throws {
        await issuer.withdrawAll()
        await issuer.publish(["kty": "oct", "kid": "first", "k": "AAAA", "alg": "HS256"])
        await issuer.publish(["kty": "EC", "crv": "secp256k1", "kid": "x", "x": "AA", "y": "AA", "use": "sig"])
        await issuer.publish(["kty": "EC", "crv": "P-256", "kid": "y", "x": "AA", "y": "AA", "use": "sig"])
        await issuer.publish(["kty": "RSA", "kid": "z", "n": "AQAB", "e": "AQAB"])
        await issuer.publish("nonsense")
        try await issuer.publishRSA("second")
        _ = try await verifier.verify(token: try await issuer.token(issuer.claims(), kid: "second"))
    }

    @Test func `does not trust a discovery document of another issuer`() async throws {
        await issuer.set(issuerInDiscovery: "https://sso.test/realms/other")
        let token = try await issuer.token(issuer.claims(), kid: "first")
        do {
            _ = try await verifier.verify(token: token)
            Issue.record("accepted")
        } catch .issuerUnavailable {
        } catch {
            Issue.record(error)
        }
    }
}
