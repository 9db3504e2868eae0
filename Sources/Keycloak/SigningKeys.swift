package import EventSourcing
import FoundationEssentials
import JWTKit

/// The provider's public keys for signatures, each only for the algorithms that its kind and the provider allow.
package struct SigningKeys: Sendable {
    private let verifiers: [Name: JWTKeyCollection]

    private struct Name: Hashable {
        let keyID: String
        let algorithm: SignatureAlgorithm
    }

    package static let none = SigningKeys(verifiers: [:])

    private init(verifiers: [Name: JWTKeyCollection]) { self.verifiers = verifiers }

    /// Reads a JWK Set; keys that are no use to us (for encryption, symmetric, of unknown kinds, too small) are left out, so
    /// that one of them does not hide the others. Nil if this is not a JWK Set.
    package init?(jwks: [UInt8], allowing algorithms: Set<SignatureAlgorithm>) async {
        guard let json = try? JSONDecoder().decode(JSONValue.self, from: Data(jwks)),  // The caller names the defect.
            let keys = json["keys"]?.array
        else { return nil }
        var verifiers: [Name: JWTKeyCollection] = [:]
        for key in keys {
            guard let keyID = key["kid"]?.string, (key["use"]?.string ?? "sig") == "sig" else { continue }
            for algorithm in algorithms where algorithm.keyType == key["kty"]?.string {
                guard (key["alg"]?.string ?? algorithm.rawValue) == algorithm.rawValue,
                    let verifier = await Self.verifier(key, keyID, algorithm)
                else { continue }
                verifiers[Name(keyID: keyID, algorithm: algorithm)] = verifier
            }
        }
        self.verifiers = verifiers
    }

    package var isEmpty: Bool { verifiers.isEmpty }

    package func contains(_ header: TokenHeader) -> Bool { verifiers[name(header)] != nil }

    /// The claims, if the signature over them is right.
    package func claims(of token: String, _ header: TokenHeader) async throws(TokenDefect) -> JSONValue {
        guard let verifier = verifiers[name(header)] else { throw TokenDefect("the token's key is not known") }
        do {
            return try await verifier.verify(token, as: TokenClaims.self).values
        } catch {
            throw TokenDefect("the token's signature is wrong")
        }
    }

    private func name(_ header: TokenHeader) -> Name { Name(keyID: header.keyID, algorithm: header.algorithm) }

    /// One key and one algorithm to a collection: jwt-kit falls back on a collection's first key for an unknown `kid`, and
    /// without `alg` in the JWK it takes the token's word for the algorithm. Neither can happen so.
    private static func verifier(
        _ key: JSONValue, _ keyID: String, _ algorithm: SignatureAlgorithm
    ) async -> JWTKeyCollection? {
        let wanted = ["n", "e", "x", "y", "crv", "kty"]
        var members = (key.object ?? [:]).filter { wanted.contains($0.key) }
        members["kid"] = .string(keyID)
        members["alg"] = .string(algorithm.rawValue)
        guard algorithm != .es256 || members["crv"] == "P-256" else { return nil }
        do {
            let bytes = try JSONEncoder().encode(JSONValue.object(members))
            let jwk = try JSONDecoder().decode(JWK.self, from: bytes)
            return try await JWTKeyCollection().add(jwk: jwk)
        } catch {
            return nil  // A key that cannot be read is left out: what it signed is refused, other keys go on working.
        }
    }
}
