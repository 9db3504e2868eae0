import Application
package import EventSourcing
import FoundationEssentials
package import HTTPClient
import HTTPTypes

/// Sends calls to GitHub as whom the configuration says, and keeps an App's installation token while it is good.
package actor GitHubSession {
    package nonisolated let configuration: GitHubConfiguration
    private let client: CurlClient
    private let now: @Sendable () -> Timestamp
    private var installation: (token: String, usableUntil: Timestamp)?

    /// How long GitHub may take for one call; it gives up itself after ten seconds [docs.github.com, "Timeouts"].
    private static let timeout = Duration.seconds(20)

    package init(_ configuration: GitHubConfiguration, client: CurlClient, now: @escaping @Sendable () -> Timestamp) {
        self.configuration = configuration
        self.client = client
        self.now = now
    }

    package func send<Answer: Decodable & Sendable>(
        _ call: GitHubCall, as type: Answer.Type = Answer.self, to operation: String
    ) async throws(GitHubFailure) -> Answer {
        let body = try await sendOnce(call, bearer: try await bearer(), to: operation)
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(body))
        } catch {
            throw .retryable(reason: "GitHub's answer to \(operation) is not what its API describes", after: nil)
        }
    }

    private func sendOnce(_ call: GitHubCall, bearer: String, to operation: String) async throws(GitHubFailure)
        -> [UInt8]
    {
        do {
            return try await exchange(call, bearer: bearer, to: operation)
        } catch .tokenRejected(let reason) {
            // An installation token can be withdrawn before its time; a configured token does not get better.
            guard installation != nil else { throw .tokenRejected(reason: reason) }
            installation = nil
            return try await exchange(call, bearer: try await self.bearer(), to: operation)
        }
    }

    private func exchange(
        _ call: GitHubCall, bearer: String, to operation: String
    ) async throws(GitHubFailure) -> [UInt8] {
        let body: [UInt8]
        do {
            body = try call.encodedBody() ?? []
        } catch {
            throw .refused(reason: "the request to \(operation) cannot be written as JSON")
        }
        let reply: HTTPReply
        do {
            reply = try await client.send(
                call.request(for: configuration, bearer: bearer), body: body, timeout: Self.timeout)
        } catch .cancelled {
            throw .retryable(reason: "GitHub was not waited for to \(operation)", after: nil)
        } catch {
            throw .unavailable(reason: "GitHub did not answer to \(operation): \(error)", after: nil)
        }
        guard reply.head.status.kind == .successful else {
            throw GitHubFailure(
                reply.head, body: reply.body, to: operation, nowSeconds: now().microseconds / 1_000_000)
        }
        return reply.body
    }

    /// The configured token, or the installation's: kept until five minutes before its end.
    private func bearer() async throws(GitHubFailure) -> String {
        switch configuration.authentication {
        case .token(let token): return token
        case .app(let id, let installationID, let privateKeyPEM):
            if let installation, now() < installation.usableUntil { return installation.token }
            let assertion: String
            do {
                assertion = try await AppAssertion(appID: id, nowSeconds: now().microseconds / 1_000_000)
                    .signed(privateKeyPEM: privateKeyPEM)
            } catch {
                throw .refused(reason: "the GitHub App's private key is not an RSA key of 2048 bits or more in PEM")
            }
            let call = GitHubCall.installationToken(configuration, installation: installationID)
            let body = try await exchange(call, bearer: assertion, to: "get an installation token")
            // Whatever it is instead must not reach a log.
            guard let answer = try? JSONDecoder().decode(GitHubInstallationToken.self, from: Data(body)),
                let end = Timestamp(answer.expiresAt)
            else { throw .retryable(reason: "GitHub's answer holds no installation token", after: nil) }
            installation = (answer.token, end + .seconds(-300))
            return answer.token
        }
    }
}
