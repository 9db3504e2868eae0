import Application
import Cryptography
import EventSourcing
import FoundationEssentials
import Keycloak
import Testing

@Suite struct `Somebody who makes tokens up` {
    private let issuer: TestIssuer
    private let verifier: TokenVerifier

    init() async throws {
        let issuer = try TestIssuer()
        try await issuer.publishRSA("rsa", algorithm: nil)
        let configuration = try #require(
            KeycloakConfiguration(issuer: TestIssuer.url, audience: "deploycenter-api"))
        self.issuer = issuer
        verifier = TokenVerifier(configuration, fetch: issuer.fetch, now: issuer.clock.now)
    }

    @Test(arguments: ["none", "None", "HS256", "RS512", "ES256", "rs256", ""])
    func `cannot choose how the signature is checked`(algorithm: String) async throws {
        let text = try TestIssuer.unsigned(["alg": .string(algorithm), "kid": "rsa"], issuer.claims())
        await expectInvalid("\(text).")
        await expectInvalid("\(text).AAAA")
    }

    @Test func `cannot sign with the public key as a secret`() async throws {
        await expectInvalid(try await issuer.tokenByPublicKey(issuer.claims(), kid: "rsa"))
    }

    @Test func `cannot change a claim`() async throws {
        let token = try await issuer.token(issuer.claims(), kid: "rsa")
        var parts = token.split(separator: ".").map(String.init)
        parts[1] = [UInt8](try JSONEncoder().encode(issuer.claims(["sub": "admin"]))).base64URL
        await expectInvalid(parts.joined(separator: "."))
    }

    @Test func `cannot use another algorithm with a key than the issuer says`() async throws {
        try await issuer.publishRSA("only-rs256")
        await expectInvalid(try await issuer.token(issuer.claims(), kid: "only-rs256", algorithm: .ps256))
    }

    @Test func `cannot use a key that is meant for encryption`() async throws {
        try await issuer.publishRSA("enc", use: "enc")
        await expectInvalid(try await issuer.token(issuer.claims(), kid: "enc"))
    }

    @Test func `gets no further by naming no key, or one that is not there`() async throws {
        let text = try TestIssuer.unsigned(["alg": "RS256"], issuer.claims())
        await expectInvalid("\(text).AAAA")
        await expectInvalid(try await issuer.token(issuer.claims(), kid: "gone"))
    }

    @Test(arguments: [
        "", ".", "..", "...", "a.b.c", "eyJ9.eyJ9.eyJ9", "\u{0}.\u{0}.\u{0}", "=.=.=", "Ω.Ω.Ω",
        String(repeating: "A", count: 20_000),
    ])
    func `gets nothing from text that is no token`(text: String) async {
        await expectInvalid(text)
    }

    /// jwt-kit's own header type would trap here.
    @Test(arguments: [#"{"alg":"RS256","kid":"rsa","x":1e300}"#, #"{"alg":"RS256","kid":1e300}"#, "[[[[", "1e999"])
    func `cannot end the process with a number or a depth`(header: String) async throws {
        await expectInvalid("\(Array(header.utf8).base64URL).e30.AAAA")
        let deep = String(repeating: #"{"a":"#, count: 1_500)
        await expectInvalid("\(Array(deep.utf8).base64URL).e30.AAAA")
    }

    @Test func `cannot demand extensions`() async throws {
        let text = try TestIssuer.unsigned(
            ["alg": "RS256", "kid": "rsa", "crit": ["b64"], "b64": false], issuer.claims())
        await expectInvalid("\(text).AAAA")
    }

    @Test func `never sees the token in a rejection`() async throws {
        let token = try await issuer.token(issuer.claims(["aud": "x"]), kid: "rsa")
        do {
            _ = try await verifier.verify(token: token)
            Issue.record("accepted")
        } catch {
            for part in token.split(separator: ".") { #expect(!"\(error)".contains(part)) }
        }
    }

    private func expectInvalid(_ token: String, location: SourceLocation = #_sourceLocation) async {
        do {
            _ = try await verifier.verify(token: token)
            Issue.record("accepted", sourceLocation: location)
        } catch .invalid {
        } catch {
            Issue.record(error, sourceLocation: location)
        }
    }
}
