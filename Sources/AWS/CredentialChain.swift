package import EventSourcing
import FoundationEssentials
package import HTTPClient
package import HTTPTypes

/// Finds out from the environment how this process proves to AWS who it is.
package enum CredentialChain {
    /// In this order: a key in the environment, a web identity (IRSA), EKS Pod Identity.
    package static func source(
        environment: [String: String], configuration: AWSConfiguration, http: CurlClient,
        now: @escaping @Sendable () -> Timestamp
    ) throws(AWSFailure) -> any AWSCredentialSource {
        let retry = StandardRetry(now: now)
        if let id = environment["AWS_ACCESS_KEY_ID"], let secret = environment["AWS_SECRET_ACCESS_KEY"], !id.isEmpty {
            let token = environment["AWS_SESSION_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
            return StaticCredentials(AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token))
        }
        if let identity = WebIdentity(environment: environment) {
            return CachedCredentials(now: now) { () async throws(AWSFailure) in
                try await retry.run(.sts) { () throws(AWSFailure) in
                    try await identity.exchange(configuration: configuration, http: http)
                }
            }
        }
        if let pod = try PodIdentity(environment: environment) {
            return CachedCredentials(now: now) { () async throws(AWSFailure) in
                try await retry.run(.sts) { () throws(AWSFailure) in try await pod.credentials(http: http) }
            }
        }
        throw .refused(
            reason: "no AWS credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_ROLE_ARN and "
                + "AWS_WEB_IDENTITY_TOKEN_FILE, or AWS_CONTAINER_CREDENTIALS_FULL_URI")
    }
}

/// A Kubernetes service account's token that STS exchanges for the credentials of a role (IRSA).
package struct WebIdentity: Sendable {
    package let roleARN: String
    package let tokenFile: String
    package let sessionName: String
    package let region: String

    /// nil where the environment names no role or no token.
    package init?(environment: [String: String]) {
        guard let role = environment["AWS_ROLE_ARN"], let file = environment["AWS_WEB_IDENTITY_TOKEN_FILE"],
            !role.isEmpty, !file.isEmpty
        else { return nil }
        roleARN = role
        tokenFile = file
        sessionName = environment["AWS_ROLE_SESSION_NAME"] ?? "deploycenter"
        region = environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
    }

    /// Reads the token each time, because Kubernetes replaces the file.
    func exchange(configuration: AWSConfiguration, http: CurlClient) async throws(AWSFailure) -> AWSCredentials {
        guard let endpoint = configuration.endpoint(of: .sts, region: region) else {
            throw .refused(reason: "\(region) is no AWS region")
        }
        let token = try readToken(tokenFile)
        let reply: HTTPReply
        do throws(HTTPClientError) {
            reply = try await http.send(request(to: endpoint), body: form(token: token), timeout: configuration.timeout)
        } catch {
            throw AWSFailure(error, to: "AssumeRoleWithWebIdentity")
        }
        guard reply.status == 200 else {
            let answer = AWSErrorAnswer(operation: "AssumeRoleWithWebIdentity", reply)
            // The file is replaced before the token runs out, so the next try reads a good one. That of a token that has run out can
            // also be an invalid one.
            if ["ExpiredTokenException", "ExpiredToken", "InvalidIdentityToken"].contains(answer.code) {
                throw .unavailable(reason: answer.description, after: nil)
            }
            throw AWSFailure(answer, after: nil)
        }
        return try Self.credentials(in: reply.body)
    }

    package func request(to endpoint: Endpoint) -> HTTPRequest {
        endpoint.request(
            .post, endpoint.path.isEmpty ? [""] : [],
            headerFields: [.contentType: "application/x-www-form-urlencoded; charset=utf-8"])
    }

    package func form(token: String) -> [UInt8] {
        let fields = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"), ("RoleArn", roleARN),
            ("RoleSessionName", sessionName), ("WebIdentityToken", token),
        ]
        return Array(fields.map { "\($0.0)=\(Endpoint.percentEncoded($0.1))" }.joined(separator: "&").utf8)
    }

    package static func credentials(in body: [UInt8]) throws(AWSFailure) -> AWSCredentials {
        guard let found = XMLNode(body)?["AssumeRoleWithWebIdentityResult"]?["Credentials"],
            let id = found["AccessKeyId"]?.text, let secret = found["SecretAccessKey"]?.text,
            let token = found["SessionToken"]?.text, let expiry = found["Expiration"]?.text,
            let expiresAt = Timestamp(expiry)
        else { throw .unavailable(reason: "STS answered without credentials", after: nil) }
        return AWSCredentials(accessKeyID: id, secretAccessKey: secret, sessionToken: token, expiresAt: expiresAt)
    }
}

/// The agent on an EKS node that hands out the credentials of a pod's role (EKS Pod Identity).
package struct PodIdentity: Sendable {
    package let endpoint: Endpoint
    package let tokenFile: String?

    /// nil where the environment names no agent; refuses an agent to which a token must not be sent.
    package init?(environment: [String: String]) throws(AWSFailure) {
        guard let url = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"], !url.isEmpty else { return nil }
        guard let endpoint = Endpoint(url), endpoint.scheme == "https" || Self.isLocal(endpoint.authority) else {
            throw .refused(reason: "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, loopback or the agent's address")
        }
        self.endpoint = endpoint
        tokenFile = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"]
    }

    func credentials(http: CurlClient) async throws(AWSFailure) -> AWSCredentials {
        var request = endpoint.request(.get, endpoint.path.isEmpty ? [""] : [])
        if let tokenFile { request.headerFields[.authorization] = try readToken(tokenFile) }
        let reply: HTTPReply
        do throws(HTTPClientError) {
            // The agent is on the same node: botocore waits two seconds as well.
            reply = try await http.send(request, timeout: .seconds(2))
        } catch {
            throw AWSFailure(error, to: "Pod Identity")
        }
        // Whatever the body is instead must not reach a log.
        guard reply.status == 200, let found = try? JSONDecoder().decode(Answer.self, from: Data(reply.body)),
            let expiresAt = Timestamp(found.expiration)
        else {
            throw .unavailable(
                reason: "the Pod Identity agent answered \(reply.status) without credentials", after: nil)
        }
        return AWSCredentials(
            accessKeyID: found.accessKeyID, secretAccessKey: found.secretAccessKey, sessionToken: found.token,
            expiresAt: expiresAt)
    }

    /// The addresses of the EKS agent, of the ECS agent, and loopback, as botocore allows them.
    private static func isLocal(_ authority: String) -> Bool {
        let host =
            authority.hasPrefix("[")
            ? String(authority.prefix { $0 != "]" }) + "]" : String(authority.prefix { $0 != ":" })
        return ["169.254.170.23", "[fd00:ec2::23]", "169.254.170.2", "127.0.0.1", "localhost", "[::1]"].contains(host)
    }

    private struct Answer: Decodable {
        let accessKeyID: String
        let secretAccessKey: String
        let token: String
        let expiration: String

        enum CodingKeys: String, CodingKey {
            case accessKeyID = "AccessKeyId"
            case secretAccessKey = "SecretAccessKey"
            case token = "Token"
            case expiration = "Expiration"
        }
    }
}

/// A small local file; Kubernetes writes it whole before it takes the place of the old one.
private func readToken(_ path: String) throws(AWSFailure) -> String {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {  // The cause adds nothing to the name.
        throw .unavailable(reason: "cannot read the token file \(path)", after: nil)
    }
    return String(text.drop(while: \.isWhitespace).prefix { !$0.isWhitespace })
}
