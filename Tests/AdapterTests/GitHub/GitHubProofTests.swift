import Cryptography
import EventSourcing
import FoundationEssentials
import GitHub
import JWTKit
import Testing

@Suite struct `Proofs between GitHub and us` {
    /// GitHub's own example.
    @Test func `a delivery with the right signature is GitHub's`() {
        let header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        let body = Array("Hello, World!".utf8)
        #expect(WebhookSignature.isValid(header, body: body, secret: "It's a Secret to Everybody"))
        #expect(!WebhookSignature.isValid(header, body: body, secret: "It's a secret to everybody"))
        #expect(!WebhookSignature.isValid(header, body: body + [10], secret: "It's a Secret to Everybody"))
        #expect(!WebhookSignature.isValid(String(header.dropLast()), body: body, secret: "It's a Secret to Everybody"))
        #expect(!WebhookSignature.isValid("sha1=757107ea", body: body, secret: "It's a Secret to Everybody"))
    }

    @Test func `without a secret no delivery is GitHub's`() {
        let code = HMACSHA256.authenticate([1], key: []).hex
        #expect(!WebhookSignature.isValid("sha256=\(code)", body: [1], secret: ""))
    }

    @Test func `an App's assertion is signed with RS256 and lives less than ten minutes`() async throws {
        let pem = try RSAKey.generatePEM()
        let token = try await AppAssertion(appID: "424242", nowSeconds: 1_000_000).signed(privateKeyPEM: pem)
        let keys = JWTKeyCollection()
        await keys.add(rsa: try Insecure.RSA.PrivateKey(pem: pem).publicKey, digestAlgorithm: .sha256)
        let claims = try await keys.verify(token, as: AppAssertion.self)
        #expect(claims.appID == "424242")
        #expect(claims.issuedAtSeconds == 999_940)
        #expect(claims.expiresAtSeconds - claims.issuedAtSeconds <= 600)
        #expect(claims.expiresAtSeconds > 1_000_000)
        let header = try #require([UInt8](base64URL: String(token.split(separator: ".")[0])))
        #expect(try JSONDecoder().decode(JSONValue.self, from: Data(header))["alg"] == "RS256")
    }
}
