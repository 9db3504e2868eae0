package import Application
package import EventSourcing

/// Judges the claims of a token whose signature is right: is it for us, for now, and an access token? Pure.
package struct TokenRules: Sendable {
    package let configuration: KeycloakConfiguration

    package init(_ configuration: KeycloakConfiguration) { self.configuration = configuration }

    /// The principal, or the first check that failed. Expiry comes last, so that `expired` promises that a new log-in helps.
    package func principal(
        _ claims: JSONValue, headerType: String?, now: Timestamp
    ) throws(TokenRejection) -> Principal {
        try check(claims["iss"]?.string == configuration.issuer, "the token is from another issuer")
        try check(isAccessToken(claims, headerType: headerType), "the token is not an access token")
        try check(
            audiences(claims).contains(configuration.audience),
            "the token is not for \(configuration.audience): its client needs an audience mapper")
        if !configuration.authorizedParties.isEmpty {
            try check(
                claims["azp"]?.string.map(configuration.authorizedParties.contains) ?? false,
                "the token was made for a client that is not accepted")
        }
        guard let subject = claims["sub"]?.string, !subject.isEmpty else {
            throw .invalid(reason: "the token has no subject")
        }
        try checkTimes(claims, now: now)
        return Principal(
            subject: subject, username: claims["preferred_username"]?.string ?? subject,
            displayName: claims["name"]?.string, roles: roles(claims))
    }

    /// Keycloak writes `typ` into the claims: `Bearer`, or `ID`, `Refresh`, `Logout`. Others mark access tokens in the header
    /// (RFC 9068). An ID token proves a log-in to its client and is no right to call us.
    private func isAccessToken(_ claims: JSONValue, headerType: String?) -> Bool {
        if let type = claims["typ"] { return type.string == "Bearer" }
        return ["at+jwt", "application/at+jwt"].contains(headerType?.lowercased())
    }

    private func audiences(_ claims: JSONValue) -> [String] {
        claims["aud"]?.string.map { [$0] } ?? (claims["aud"]?.array ?? []).compactMap(\.string)
    }

    private func checkTimes(_ claims: JSONValue, now: Timestamp) throws(TokenRejection) {
        let skew = Double(configuration.clockSkewSeconds)
        let nowSeconds = Double(now.microseconds) / 1_000_000
        guard let expiry = seconds(claims["exp"]) else { throw .invalid(reason: "the token has no expiry") }
        if let start = claims["nbf"] {
            guard let start = seconds(start) else { throw .invalid(reason: "the token's start is not a time") }
            try check(nowSeconds + skew >= start, "the token is not valid yet")
        }
        guard nowSeconds < expiry + skew else { throw .expired }
    }

    private func seconds(_ claim: JSONValue?) -> Double? {
        switch claim {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// A claim that is missing, as in Keycloak's lightweight tokens, gives no role.
    private func roles(_ claims: JSONValue) -> Set<Role> {
        let names = configuration.roleClaims.flatMap { path in
            path.reduce(Optional(claims)) { value, key in value?[key] }?.array ?? []
        }
        return Set(names.compactMap { $0.string.flatMap { configuration.roleNames[$0] } })
    }

    private func check(_ isRight: Bool, _ reason: String) throws(TokenRejection) {
        guard isRight else { throw .invalid(reason: reason) }
    }
}
