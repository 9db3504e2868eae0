package import Application
import EventSourcing
import FoundationEssentials

/// Takes GitHub's messages about pushes.
package struct GitHubWebhooks: WebhookReceiving {
    private let secret: String
    private let fullName: String
    private let reference: String
    private let record: any RepositoryRecord
    private let follow: @Sendable () -> Void

    /// `follow` begins to look through the repository, and returns at once: GitHub waits ten seconds for an answer.
    package init(
        secret: String, configuration: GitHubConfiguration, record: any RepositoryRecord,
        follow: @escaping @Sendable () -> Void
    ) {
        self.secret = secret
        fullName = "\(configuration.owner)/\(configuration.repository)".lowercased()
        reference = "refs/heads/\(configuration.branch)"
        self.record = record
        self.follow = follow
    }

    package func receive(_ message: WebhookMessage) async throws(WebhookRefusal) -> WebhookOutcome {
        guard WebhookSignature.isValid(message.signature, body: message.body, secret: secret) else { throw .forged }
        guard message.event == "push",
            // A message that we cannot read is no error: its sender could do nothing about it.
            let push = try? JSONDecoder().decode(Push.self, from: Data(message.body)),
            push.ref == reference, push.repository.fullName.lowercased() == fullName
        else { return .ignored }
        do throws(EventStoreError) {
            guard try await record.take(delivery: message.delivery) else { return .repeated }
            let commits = Set(push.commits.map(\.id) + [push.after])
            if !push.forced, !push.commits.isEmpty, try await record.own(among: Array(commits)) == commits {
                return .ignored
            }
        } catch {
            throw .unavailable(reason: "\(error)")
        }
        follow()
        return .followed
    }

    /// What a push event says, as far as it decides whether to look.
    private struct Push: Decodable {
        let ref: String
        let after: String
        let forced: Bool
        let commits: [Commit]
        let repository: Repository

        struct Commit: Decodable {
            let id: String
        }

        struct Repository: Decodable {
            let fullName: String

            private enum CodingKeys: String, CodingKey {
                case fullName = "full_name"
            }
        }
    }
}
