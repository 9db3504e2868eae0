import Application
import EventSourcing
import HTTPTypes

extension Backend {
    /// What other systems tell us of themselves.
    var webhookOperations: [Operation] {
        [
            Operation(
                id: "receiveGitHubWebhook", method: .post, path: "/api/v1/webhooks/github", tag: .operations,
                summary: "Take a message of GitHub",
                description: """
                    Events of the kind `push`, with the signature of the shared secret (`X-Hub-Signature-256`) in the place of a \
                    token. The message is a hint: the repository itself is read, and what somebody else changed in a deployment's \
                    files becomes an event of the deployment.
                    """,
                role: nil, parameters: [.hubSignature, .hubDelivery, .hubEvent],
                body: .init(
                    schema: "GitHubMessage", example: ["ref": "refs/heads/main", "after": "0b5b1f6c9d7f4a3e8c2d1a0f"],
                    bytesMax: 4 * 1024 * 1024, isRaw: true),
                answer: .init(
                    success: .done, description: "What it led to.", content: .json(schema: "WebhookOutcome")),
                problems: [.forbidden, .notFound, .unavailable], handle: receiveGitHubWebhook)
        ]
    }

    @Sendable private func receiveGitHubWebhook(_ call: Call) async throws -> Reply {
        guard let webhooks else { throw Problem.webhooksNotConfigured }
        guard let signature = call.arguments[Parameter.hubSignature.name]?.string,
            let delivery = call.arguments[Parameter.hubDelivery.name]?.string,
            let event = call.arguments[Parameter.hubEvent.name]?.string
        else { throw Problem.messageForged }
        do throws(WebhookRefusal) {
            let outcome = try await webhooks.receive(
                WebhookMessage(delivery: delivery, event: event, signature: signature, body: call.rawBody))
            return .json(["outcome": .string(outcome.rawValue)])
        } catch .forged {
            throw Problem.messageForged
        } catch .unavailable(let reason) {
            throw Problem.unavailable(reason: reason)
        }
    }
}

extension Parameter {
    static let hubSignature = Parameter(
        "X-Hub-Signature-256", .header, "`sha256=` and the HMAC-SHA256 of the body under the shared secret, in hex.",
        ["type": "string", "minLength": 1, "maxLength": 200])
    static let hubDelivery = Parameter(
        "X-GitHub-Delivery", .header, "Names the message: one that comes again does nothing.",
        ["type": "string", "minLength": 1, "maxLength": 100])
    static let hubEvent = Parameter(
        "X-GitHub-Event", .header, "What the message is about.", ["type": "string", "minLength": 1, "maxLength": 100])
}

extension Problem {
    fileprivate static let webhooksNotConfigured = Problem(
        .notFound, "webhook.not_configured", "No secret is configured that messages could be proved with.",
        whatToDo: "Set DEPLOYCENTER_GITHUB_WEBHOOK_SECRET to the webhook's secret.")

    fileprivate static let messageForged = Problem(
        .forbidden, "webhook.forged", "The signature does not prove who sent the message.",
        whatToDo: "Compare the webhook's secret at GitHub with the configured one.")
}
