import Application
import Cryptography
import EventSourcing
import FoundationEssentials
import HTTPTypes
import JWTKit
import Keycloak

/// An issuer of tokens, right and wrong ones, whose documents are fetched without a network; it counts the fetches.
actor TestIssuer {
    static let url = "https://sso.test/realms/company"
    nonisolated let clock = TestClock()
    private let rsa: Insecure.RSA.PrivateKey
    private let elliptic = ES256PrivateKey()
    private(set) var publishedKeys: [JSONValue] = []
    private(set) var fetches = 0
    var isDown = false
    var issuerInDiscovery = TestIssuer.url

    init() throws { rsa = try Self.sharedKey.get() }

    /// Making an RSA key takes up to a second; one serves all tests.
    private static let sharedKey = Result { try Insecure.RSA.PrivateKey(pem: RSAKey.generatePEM()) }

    func set(isDown: Bool) { self.isDown = isDown }
    func set(issuerInDiscovery: String) { self.issuerInDiscovery = issuerInDiscovery }

    /// Publishes the RSA key; without `alg` any RSA algorithm may use it.
    func publishRSA(_ kid: String, algorithm: String? = "RS256", use: String = "sig") throws {
        let (modulus, exponent) = try rsa.publicKey.getKeyPrimitives()
        var key: [String: JSONValue] = [
            "kty": "RSA", "kid": .string(kid), "use": .string(use), "n": .string([UInt8](modulus).base64URL),
            "e": .string([UInt8](exponent).base64URL),
        ]
        key["alg"] = algorithm.map(JSONValue.string)
        publishedKeys.append(.object(key))
    }

    func publishElliptic(_ kid: String) throws {
        guard let point = elliptic.publicKey.parameters else { return }
        // jwt-kit gives coordinates in plain base64; a JWK has them in base64url.
        let (x, y) = (urlAlphabet(point.x), urlAlphabet(point.y))
        publishedKeys.append([
            "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": .string(kid), "x": .string(x),
            "y": .string(y),
        ])
    }

    func publish(_ key: JSONValue) { publishedKeys.append(key) }
    func withdrawAll() { publishedKeys = [] }

    /// Claims as Keycloak writes them for a deployer.
    nonisolated func claims(_ changes: [String: JSONValue?] = [:]) -> JSONValue {
        let now = clock.now().microseconds / 1_000_000
        var claims: [String: JSONValue] = [
            "iss": .string(Self.url), "aud": ["account", "deploycenter-api"], "azp": "deploycenter-dashboard",
            "typ": "Bearer", "sub": "0b5c", "preferred_username": "dana", "name": "Dana Deployer",
            "iat": .integer(now), "exp": .integer(now + 300), "jti": "j", "sid": "s",
            "realm_access": ["roles": ["deployer", "offline_access"]],
        ]
        for (name, value) in changes { claims[name] = value }
        return .object(claims)
    }

    func token(_ claims: JSONValue, kid: String, algorithm: SignatureAlgorithm = .rs256) async throws -> String {
        let keys = JWTKeyCollection()
        switch algorithm {
        case .rs256: await keys.add(rsa: rsa, digestAlgorithm: .sha256)
        case .ps256: await keys.add(pss: rsa, digestAlgorithm: .sha256)
        case .es256: await keys.add(ecdsa: elliptic)
        }
        return try await keys.sign(TokenClaims(claims), header: ["kid": .string(kid)])
    }

    /// A token with this header, signed with HMAC and the published RSA key as its secret: the old confusion of algorithms.
    func tokenByPublicKey(_ claims: JSONValue, kid: String) throws -> String {
        let secret = Array(rsa.publicKey.pemRepresentation.utf8)
        let text = try Self.unsigned(["alg": "HS256", "typ": "JWT", "kid": .string(kid)], claims)
        return "\(text).\(HMACSHA256.authenticate(Array(text.utf8), key: secret).base64URL)"
    }

    static func unsigned(_ header: JSONValue, _ claims: JSONValue) throws -> String {
        try [header, claims].map { [UInt8](try JSONEncoder().encode($0)).base64URL }.joined(separator: ".")
    }

    nonisolated var fetch: ProviderDocuments.Fetch {
        { request async throws(TokenRejection) in try await self.answer(request) }
    }

    private func answer(_ request: HTTPRequest) throws(TokenRejection) -> [UInt8] {
        guard !isDown else { throw .issuerUnavailable(reason: "down") }
        switch request.path {
        case "/realms/company/.well-known/openid-configuration":
            return bytes([
                "issuer": .string(issuerInDiscovery), "jwks_uri": "\(Self.url)/protocol/openid-connect/certs",
            ])
        case "/realms/company/protocol/openid-connect/certs":
            fetches += 1
            return bytes(["keys": .array(publishedKeys)])
        default: throw .issuerUnavailable(reason: "no such document")
        }
    }

    private func bytes(_ json: JSONValue) -> [UInt8] {
        (try? JSONEncoder().encode(json)).map { Array($0) } ?? []  // A JSONValue can always be written.
    }

    private func urlAlphabet(_ base64: String) -> String {
        base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
