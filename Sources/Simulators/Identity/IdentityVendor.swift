import Cryptography
import EventSourcing
import JWTKit

/// Any claims at all, for tokens are data here.
struct Claims: JWTPayload {
    let value: JSONValue

    init(_ value: JSONValue) { self.value = value }

    init(from decoder: any Decoder) throws { value = try JSONValue(from: decoder) }

    func encode(to encoder: any Encoder) throws { try value.encode(to: encoder) }

    /// Times are compared by the simulators with their own clock.
    func verify(using algorithm: some JWTAlgorithm) throws {}
}

/// A realm as Keycloak serves it: discovery, keys, tokens and user info.
struct IdentityVendor: Vendor {
    let name = "identity"
    let realm: SimulatorConfiguration.Identity
    let issuer: TokenIssuer

    func answer(_ call: Call) async -> Answer {
        var answer = await route(call)
        // Keycloak answers a browser's dashboard by the client's web origins.
        answer.headers["Access-Control-Allow-Origin"] = call.header("origin") ?? "*"
        answer.headers["Access-Control-Allow-Headers"] = "authorization, content-type"
        return answer
    }

    func summary() async -> JSONValue {
        ["users": .array(realm.users.map { .string($0.username) }), "realm": .string(realm.realm)]
    }

    private func route(_ call: Call) async -> Answer {
        let segments = call.segments
        guard segments.count >= 2, segments[0] == "realms" else {
            return refusal(404, "Unable to find matching target resource method")
        }
        guard segments[1] == realm.realm else { return refusal(404, "Realm does not exist") }
        let url = "http://\(call.header("host") ?? "127.0.0.1")/realms/\(realm.realm)"
        switch (call.method, segments.dropFirst(2).joined(separator: "/")) {
        case ("OPTIONS", _): return Answer(204)
        case ("GET", ".well-known/openid-configuration"): return .json(200, discovery(url))
        case ("GET", "protocol/openid-connect/certs"): return .json(200, issuer.keySet)
        case ("POST", "protocol/openid-connect/token"): return await token(call, url)
        case (_, "protocol/openid-connect/userinfo"): return await userInfo(call)
        default: return refusal(404, "HTTP 404 Not Found")
        }
    }

    private func discovery(_ url: String) -> JSONValue {
        let endpoint = "\(url)/protocol/openid-connect"
        return [
            "issuer": .string(url),
            "token_endpoint": "\(endpoint)/token",
            "userinfo_endpoint": "\(endpoint)/userinfo",
            "jwks_uri": "\(endpoint)/certs",
            // Required by discovery; this realm offers no page to log in on.
            "authorization_endpoint": "\(endpoint)/auth",
            "grant_types_supported": ["password", "client_credentials", "refresh_token"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "claims_supported": ["aud", "sub", "iss", "name", "preferred_username", "email", "acr"],
            "scopes_supported": ["openid", "profile", "email", "roles"],
        ]
    }

    private func token(_ call: Call, _ url: String) async -> Answer {
        let form = Dictionary(formItems(String(decoding: call.body, as: UTF8.self)).map { ($0.name, $0.value) }) { $1 }
        let (client, secret) = credentials(call, form)
        guard let grant = form["grant_type"] else {
            return refusal(400, "invalid_request", "Missing form parameter: grant_type")
        }
        let service = realm.serviceClients[client]
        guard realm.publicClients.contains(client) || (service != nil && service?.secret == secret) else {
            return refusal(401, "invalid_client", "Invalid client or Invalid client credentials")
        }
        switch grant {
        case "password":
            guard let user = realm.users.first(where: { $0.username == form["username"] }),
                constantTimeEqual(Array(user.password.utf8), Array((form["password"] ?? "").utf8))
            else { return refusal(401, "invalid_grant", "Invalid user credentials") }
            return await issue(.user(user, client: client), url)
        case "client_credentials":
            guard let service else {
                return refusal(
                    401, "unauthorized_client", "Public client not allowed to retrieve service account")
            }
            return await issue(.service(client, roles: service.roles), url)
        case "refresh_token":
            guard let claims = await issuer.verified(form["refresh_token"] ?? ""), claims["typ"] == "Refresh",
                claims["azp"]?.string == client,
                let user = realm.users.first(where: { $0.id == claims["sub"]?.string })
            else { return refusal(400, "invalid_grant", "Invalid refresh token") }
            return await issue(.user(user, client: client), url)
        default: return refusal(400, "unsupported_grant_type", "Unsupported grant_type")
        }
    }

    private func credentials(_ call: Call, _ form: [String: String]) -> (String, String?) {
        if let basic = call.header("authorization"), basic.lowercased().hasPrefix("basic "),
            let bytes = [UInt8](base64: String(basic.dropFirst(6)))
        {
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":", maxSplits: 1)
            if parts.count == 2 { return (percentDecoded(parts[0]), percentDecoded(parts[1])) }
        }
        return (form["client_id"] ?? "", form["client_secret"])
    }

    private func issue(_ subject: TokenIssuer.Subject, _ url: String) async -> Answer {
        guard let access = await issuer.accessToken(for: subject, issuer: url, seconds: realm.accessTokenSeconds),
            let refresh = await issuer.refreshToken(for: subject, issuer: url)
        else { return refusal(500, "unknown_error") }
        var answer: JSONValue = [
            "access_token": .string(access), "expires_in": .integer(Int64(realm.accessTokenSeconds)),
            "token_type": "Bearer", "not-before-policy": 0, "scope": "profile email",
        ]
        if case .user = subject {
            answer = answer.merging(["refresh_token": .string(refresh), "refresh_expires_in": 1800])
        }
        return .json(200, answer, headers: ["Cache-Control": "no-store", "Pragma": "no-cache"])
    }

    private func userInfo(_ call: Call) async -> Answer {
        guard let token = call.bearerToken, let claims = await issuer.verified(token), claims["typ"] == "Bearer" else {
            return refusal(401, "invalid_token", "Token verification failed")
        }
        let kept = ["sub", "name", "preferred_username", "given_name", "family_name", "email", "email_verified"]
        return .json(200, .object((claims.object ?? [:]).filter { kept.contains($0.key) }))
    }

    private func refusal(_ status: Int, _ error: String, _ description: String? = nil) -> Answer {
        let body: JSONValue = ["error": .string(error), "error_description": JSONValue(description)]
        return .json(status, body.compact)
    }
}
