import Cryptography
import EventSourcing
import JWTKit

/// Signs and reads the realm's tokens.
struct TokenIssuer: Sendable {
    /// Whom a token speaks for.
    enum Subject: Sendable {
        case user(SandboxUser, client: String)
        case service(String, roles: [String])
    }

    let realm: SimulatorConfiguration.Identity
    let clock: SimulatorClock
    let keySet: JSONValue
    private let keys: JWTKeyCollection
    private let kid: String

    init(realm: SimulatorConfiguration.Identity, key: SigningKey, clock: @escaping SimulatorClock) async throws {
        self.realm = realm
        self.clock = clock
        let (modulus, exponent) = try key.primitives()
        // As RFC 7638 names a key by its own content: stable over restarts.
        kid = SHA256.hash(utf8: #"{"e":"\#(exponent)","kty":"RSA","n":"\#(modulus)"}"#).base64URL
        keySet = [
            "keys": [
                [
                    "kid": .string(kid), "kty": "RSA", "alg": "RS256", "use": "sig", "n": .string(modulus),
                    "e": .string(exponent),
                ]
            ]
        ]
        keys = await key.collection(kid: kid)
    }

    func accessToken(for subject: Subject, issuer: String, seconds: Int) async -> String? {
        await signed(claims(subject, issuer, seconds, type: "Bearer"))
    }

    func refreshToken(for subject: Subject, issuer: String) async -> String? {
        await signed(claims(subject, issuer, 1800, type: "Refresh"))
    }

    /// The claims of a token that this realm signed and that has not expired.
    func verified(_ token: String) async -> JSONValue? {
        guard let claims = try? await keys.verify(token, as: Claims.self).value,  // Why it fails is nobody's business.
            let expiry = claims["exp"]?.integer, Double(expiry) > clock().seconds
        else { return nil }
        return claims
    }

    private func signed(_ claims: JSONValue) async -> String? {
        // Signing fails only when the key is gone; the caller answers with a server error.
        try? await keys.sign(Claims(claims), kid: JWKIdentifier(string: kid))
    }

    private func claims(_ subject: Subject, _ issuer: String, _ seconds: Int, type: String) -> JSONValue {
        let now = Int64(clock().seconds)
        let shared: JSONValue = [
            "iss": .string(issuer), "aud": type == "Bearer" ? [.string(realm.audience)] : .string(issuer),
            "typ": .string(type), "iat": .integer(now), "exp": .integer(now + Int64(seconds)),
            "jti": .string(uuid()), "sid": .string(uuid()), "acr": "1", "scope": "profile email",
        ]
        switch subject {
        case .user(let user, let client):
            let names = user.name.split(separator: " ").map(String.init)
            return shared.merging([
                "sub": .string(user.id), "azp": .string(client), "preferred_username": .string(user.username),
                "name": .string(user.name), "given_name": .string(names.first ?? ""),
                "family_name": .string(names.last ?? ""), "email": "\(user.username)@example.com",
                "email_verified": true, "realm_access": ["roles": .array(user.roles.map { .string($0) })],
            ])
        case .service(let client, let roles):
            // Keycloak keeps a user for each service account; its id is derived here so that it stays.
            let digest = SHA256.hash(utf8: "service account \(client)")
            return shared.merging([
                "sub": .string(uuid(Array(digest.prefix(16)))), "azp": .string(client),
                "client_id": .string(client), "preferred_username": "service-account-\(client)",
                "realm_access": ["roles": .array(roles.map { .string($0) })],
            ])
        }
    }
}

/// Sixteen bytes as a version 4 UUID.
func uuid(_ bytes: [UInt8] = SecureRandom.bytes(16)) -> String {
    var bytes = bytes
    bytes[6] = bytes[6] & 0x0f | 0x40
    bytes[8] = bytes[8] & 0x3f | 0x80
    let digits = Array(bytes.hex)
    let ends = [0, 8, 12, 16, 20, 32]
    return zip(ends, ends.dropFirst()).map { String(digits[$0..<$1]) }.joined(separator: "-")
}
