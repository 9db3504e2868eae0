package import EventSourcing
package import JWTKit

/// A token's claims as data, since which of them hold roles is configuration.
package struct TokenClaims: JWTPayload, Equatable {
    package let values: JSONValue

    package init(_ values: JSONValue) { self.values = values }
    package init(from decoder: any Decoder) throws { values = try JSONValue(from: decoder) }
    package func encode(to encoder: any Encoder) throws { try values.encode(to: encoder) }

    /// Nothing: `TokenRules` judges the claims, by the clock that it is given.
    package func verify(using algorithm: some JWTAlgorithm) async throws {}
}
