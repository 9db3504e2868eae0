import EventSourcing
import FoundationEssentials

/// The part of a token that says, unproven, which key to check it with.
///
/// Read here and not by jwt-kit's `JWTHeader`, whose numbers trap when they do not fit an `Int`: a token of a stranger must
/// not be able to end the process.
package struct TokenHeader: Equatable, Sendable {
    package let algorithm: SignatureAlgorithm
    package let keyID: String
    package let type: String?

    /// Longer than any token with a person's roles, and short enough to parse for strangers.
    static let tokenBytesMax = 16_384

    package init(token: String, allowing algorithms: Set<SignatureAlgorithm>) throws(TokenDefect) {
        guard token.utf8.count <= Self.tokenBytesMax else { throw TokenDefect("the token is too long") }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let json = Self.json(parts[0]) else { throw TokenDefect("the token is not a JWT") }
        guard let algorithm = json["alg"]?.string.flatMap(SignatureAlgorithm.init), algorithms.contains(algorithm)
        else {
            throw TokenDefect("the token's signature algorithm is not accepted")
        }
        guard json["crit"] == nil else { throw TokenDefect("the token demands extensions that are not known here") }
        guard let keyID = json["kid"]?.string, !keyID.isEmpty else { throw TokenDefect("the token names no key") }
        self.algorithm = algorithm
        self.keyID = keyID
        type = json["typ"]?.string
    }

    private static func json(_ part: Substring) -> JSONValue? {
        var text = String(part.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        text += String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard let bytes = Data(base64Encoded: text) else { return nil }
        return try? JSONDecoder().decode(JSONValue.self, from: bytes)  // The caller names the defect.
    }
}

/// Which check a token failed. Never holds the token.
package struct TokenDefect: Error, Equatable, Sendable {
    package let reason: String

    init(_ reason: String) { self.reason = reason }
}
