import Cryptography
import EventSourcing
import HTTPClient
import HTTPTypes
import Logging
import ServiceLifecycle

/// Delivers push events to the configured address, after the request that caused them was answered, once and in order.
///
/// GitHub does not deliver again by itself either: who misses one reads the repository.
struct PushNotices: Sendable {
    /// One delivery to make.
    private struct Notice: Sendable {
        let id: String
        let body: [UInt8]
    }

    private let configuration: SimulatorConfiguration.GitHub
    private let notices: AsyncStream<Notice>
    private let queue: AsyncStream<Notice>.Continuation

    init(_ configuration: SimulatorConfiguration.GitHub) {
        self.configuration = configuration
        (notices, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1000))
    }

    /// Queues the event of a push; false where nobody listens.
    func add(
        _ push: GitHubRoutes.Push, commits: [GitCommitRecord], _ documents: GitHubDocuments, _ repository: JSONValue
    )
        -> Bool
    {
        guard configuration.webhookURL != nil else { return false }
        let list = commits.map { pushed($0, documents) }
        let person: JSONValue = ["name": "deploycenter[bot]", "email": nil]
        let payload: JSONValue = [
            "ref": .string(push.reference), "before": .string(push.before), "after": .string(push.after),
            "created": .bool(push.before == GitHubRoutes.nobody), "deleted": .bool(push.after == GitHubRoutes.nobody),
            "forced": false, "base_ref": nil,
            "compare": "\(documents.page)/compare/\(push.before.prefix(12))...\(push.after.prefix(12))",
            "commits": .array(list), "head_commit": list.last ?? nil, "repository": repository, "pusher": person,
            "sender": documents.user("deploycenter[bot]"),
            "installation": ["id": .integer(Int64(configuration.installationID))],
        ]
        queue.yield(Notice(id: uuid(), body: payload.bytes))
        return true
    }

    private func pushed(_ commit: GitCommitRecord, _ documents: GitHubDocuments) -> JSONValue {
        [
            "id": .string(commit.sha), "tree_id": .string(commit.tree), "distinct": true,
            "message": .string(commit.message), "timestamp": .string(commit.committer.date),
            "url": "\(documents.page)/commit/\(commit.sha)", "author": commit.author.document,
            "committer": commit.committer.document,
        ]
    }

    /// Sends until it is cancelled.
    func run(logger: Logger) async {
        guard let address = configuration.webhookURL, let endpoint = Endpoint(address) else { return }
        let client = CurlClient(logger: logger)
        for await notice in notices.cancelOnGracefulShutdown() {
            do {
                let reply = try await client.send(request(notice, endpoint), body: notice.body, timeout: .seconds(10))
                logger.debug("push event delivered", metadata: ["status": "\(reply.status)"])
            } catch {
                logger.warning("push event not delivered", metadata: ["reason": "\(error)"])
            }
        }
        await client.shutdown()
    }

    private func request(_ notice: Notice, _ endpoint: Endpoint) -> HTTPRequest {
        let signature = HMACSHA256.authenticate(notice.body, key: Array(configuration.webhookSecret.utf8)).hex
        var fields = HTTPFields()
        let values = [
            "Content-Type": "application/json", "User-Agent": "GitHub-Hookshot/simulator", "X-GitHub-Event": "push",
            "X-GitHub-Delivery": notice.id, "X-GitHub-Hook-ID": "1", "X-Hub-Signature-256": "sha256=\(signature)",
        ]
        for (name, value) in values {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        return endpoint.request(.post, [], headerFields: fields)
    }
}
