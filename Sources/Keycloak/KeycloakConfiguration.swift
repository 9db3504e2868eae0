package import Application
package import HTTPClient

/// Whose tokens are accepted, and what their claims mean. Any OpenID Connect provider that signs its access tokens will do.
package struct KeycloakConfiguration: Sendable {
    /// Exactly as tokens say it in `iss`, such as `https://sso.example.com/realms/company`.
    package var issuer: String
    /// Where the discovery document is fetched; another address than the issuer's where the cluster reaches it from inside.
    package var discovery: Endpoint
    /// Has to be in a token's `aud`. Keycloak puts it there only for users with a role of this client, or by an Audience mapper.
    package var audience: String
    /// The clients (`azp`) whose tokens are accepted; empty accepts any client's.
    package var authorizedParties: Set<String>
    /// Paths of claims that hold lists of roles.
    package var roleClaims: [[String]]
    /// Names that the provider gives our roles.
    package var roleNames: [String: Role]
    /// Signature algorithms; only asymmetric ones can be had.
    package var algorithms: Set<SignatureAlgorithm>
    /// How far the provider's clock and ours may differ; at most 60 seconds.
    package var clockSkewSeconds: Int

    /// Nil if `issuer` or `discoveryURL` is not an HTTP address.
    package init?(
        issuer: String, audience: String, authorizedParties: Set<String> = [], discoveryURL: String? = nil,
        roleClaims: [[String]]? = nil,
        roleNames: [String: Role] = Dictionary(uniqueKeysWithValues: Role.allCases.map { ($0.rawValue, $0) }),
        algorithms: Set<SignatureAlgorithm> = [.rs256, .es256, .ps256], clockSkewSeconds: Int = 60
    ) {
        var address = discoveryURL ?? issuer
        let suffix = "/.well-known/openid-configuration"
        if address.hasSuffix(suffix) { address.removeLast(suffix.count) }
        guard let discovery = Endpoint(address), Endpoint(issuer) != nil else { return nil }
        self.issuer = issuer
        self.discovery = discovery
        self.audience = audience
        self.authorizedParties = authorizedParties
        self.roleClaims = roleClaims ?? [["realm_access", "roles"], ["resource_access", audience, "roles"]]
        self.roleNames = roleNames
        self.algorithms = algorithms
        self.clockSkewSeconds = min(max(clockSkewSeconds, 0), 60)
    }
}

/// A way to sign tokens that we can verify without being able to forge: there is no `none` and no HMAC to choose.
package enum SignatureAlgorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256"
    case es256 = "ES256"
    case ps256 = "PS256"

    /// JWK's name of the keys that fit.
    var keyType: String { self == .es256 ? "EC" : "RSA" }
}
