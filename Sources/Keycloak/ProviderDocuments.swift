package import Application
import EventSourcing
import FoundationEssentials
package import HTTPClient
package import HTTPTypes

/// Fetches what the identity provider publishes: where its keys are, and the keys.
package struct ProviderDocuments: Sendable {
    /// Fetches one document; the closure is the only way to the network.
    package typealias Fetch = @Sendable (_ request: HTTPRequest) async throws(TokenRejection) -> [UInt8]

    let configuration: KeycloakConfiguration
    let fetch: Fetch

    package init(_ configuration: KeycloakConfiguration, fetch: @escaping Fetch) {
        self.configuration = configuration
        self.fetch = fetch
    }

    package func signingKeys() async throws(TokenRejection) -> SigningKeys {
        let bytes = try await fetch(
            configuration.discovery.request(.get, [".well-known", "openid-configuration"], headerFields: Self.fields))
        // Neither document can be trusted to be JSON: a proxy answers HTML with status 200.
        guard let discovery = try? JSONDecoder().decode(JSONValue.self, from: Data(bytes)) else {
            throw .issuerUnavailable(reason: "the discovery document is not JSON")
        }
        guard discovery["issuer"]?.string == configuration.issuer else {
            throw .issuerUnavailable(reason: "the discovery document names another issuer than the configuration")
        }
        guard let address = discovery["jwks_uri"]?.string, let endpoint = Endpoint(address) else {
            throw .issuerUnavailable(reason: "the discovery document has no address of keys")
        }
        let jwks = try await fetch(endpoint.request(.get, [], headerFields: Self.fields))
        guard let keys = await SigningKeys(jwks: jwks, allowing: configuration.algorithms), !keys.isEmpty else {
            throw .issuerUnavailable(reason: "the issuer publishes no key that can be used")
        }
        return keys
    }

    private static let fields: HTTPFields = [.accept: "application/json", .userAgent: "deploycenter"]

    /// By HTTP. Redirects are not followed: keys come from where the configuration says.
    package static func fetching(with client: CurlClient) -> Fetch {
        { request async throws(TokenRejection) in
            let reply: HTTPReply
            do {
                reply = try await client.send(request, body: [], timeout: .seconds(5))
            } catch {
                throw .issuerUnavailable(reason: "the identity provider did not answer: \(error)")
            }
            guard reply.status == 200 else {
                throw .issuerUnavailable(reason: "the identity provider answered \(reply.status)")
            }
            return reply.body
        }
    }
}
