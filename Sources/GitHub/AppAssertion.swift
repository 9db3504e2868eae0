package import JWTKit

/// The short-lived statement "I am this App", signed with the App's key, that GitHub gives an installation token for.
package struct AppAssertion: JWTPayload, Equatable {
    package let issuedAtSeconds: Int64
    package let expiresAtSeconds: Int64
    package let appID: String

    /// Issued a minute ago, for clocks that differ; GitHub takes at most ten minutes from `iat` to `exp`.
    package init(appID: String, nowSeconds: Int64) {
        self.appID = appID
        issuedAtSeconds = nowSeconds - 60
        expiresAtSeconds = nowSeconds + 8 * 60
    }

    private enum CodingKeys: String, CodingKey {
        case issuedAtSeconds = "iat"
        case expiresAtSeconds = "exp"
        case appID = "iss"
    }

    /// We only sign these; GitHub verifies.
    package func verify(using algorithm: some JWTAlgorithm) async throws {}

    /// The assertion as a JWT signed with RS256.
    package func signed(privateKeyPEM: String) async throws -> String {
        let keys = JWTKeyCollection()
        await keys.add(rsa: try Insecure.RSA.PrivateKey(pem: privateKeyPEM), digestAlgorithm: .sha256)
        return try await keys.sign(self)
    }
}
