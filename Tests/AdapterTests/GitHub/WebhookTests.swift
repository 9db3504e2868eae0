import Application
import Cryptography
import EventSourcing
import FoundationEssentials
import GitHub
import Synchronization
import Testing

@Suite struct `Messages of GitHub` {
    @Test func `lead to a look at the repository, once for each`() async throws {
        let hook = try Hook()
        #expect(try await hook.receive(hook.push(commits: ["c1"]), delivery: "d1") == .followed)
        #expect(try await hook.receive(hook.push(commits: ["c1"]), delivery: "d1") == .repeated)
        #expect(try await hook.receive(hook.push(commits: ["c2"]), delivery: "d2") == .followed)
        #expect(hook.looks == 2)
    }

    @Test func `are not believed without the secret's signature`() async throws {
        let hook = try Hook()
        let body = hook.push(commits: ["c1"])
        await #expect(throws: WebhookRefusal.forged) {
            try await hook.receive(body, delivery: "d1", signedWith: "another secret")
        }
        await #expect(throws: WebhookRefusal.forged) { try await hook.receive(body, delivery: "d1", signature: "") }
        #expect(hook.looks == 0)
        // What was forged has not used up the name.
        #expect(try await hook.receive(body, delivery: "d1") == .followed)
    }

    @Test func `about what we pushed ourselves lead to nothing`() async throws {
        let hook = try Hook(own: ["c1", "c2"])
        #expect(try await hook.receive(hook.push(commits: ["c1", "c2"]), delivery: "d1") == .ignored)
        #expect(try await hook.receive(hook.push(commits: ["c1", "c3"]), delivery: "d2") == .followed)
        #expect(try await hook.receive(hook.push(commits: ["c1"], forced: true), delivery: "d3") == .followed)
    }

    @Test func `about other things lead to nothing`() async throws {
        let hook = try Hook()
        #expect(try await hook.receive(hook.push(commits: ["c1"], ref: "refs/heads/x"), delivery: "d1") == .ignored)
        #expect(
            try await hook.receive(hook.push(commits: ["c1"], repository: "acme/other"), delivery: "d2") == .ignored)
        #expect(
            try await hook.receive(Array(#"{"zen":"Design for failure."}"#.utf8), delivery: "d3", event: "ping")
                == .ignored)
        #expect(try await hook.receive([0xFF], delivery: "d4") == .ignored)
        #expect(hook.looks == 0)
    }

    @Test func `are read as GitHub's own examples are written`() async throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../..").standardized
        for name in ["push.payload.json", "push.1.payload.json", "ping.payload.json"] {
            let path = root.appending(path: "shared/contracts/github-webhook-examples/\(name)")
            guard let bytes = try? Data(contentsOf: path) else {
                print("skipped: \(path.path()) is not here")
                continue
            }
            let hook = try Hook(repository: "Codertocat/Hello-World", branch: "master")
            // The examples are about a tag.
            #expect(try await hook.receive(Array(bytes), delivery: name) == .ignored)
        }
    }
}

/// What the receiver of messages needs, and what came of them.
private final class Hook: RepositoryRecord {
    private let own: Set<String>
    private let configuration: GitHubConfiguration
    private let taken = Mutex<Set<String>>([])
    private let followed = Mutex(0)

    init(own: Set<String> = [], repository: String = "acme/clusters", branch: String = "main") throws {
        self.own = own
        let parts = repository.split(separator: "/").map(String.init)
        configuration = try #require(
            GitHubConfiguration(owner: parts[0], repository: parts[1], branch: branch, authentication: .token("t")))
    }

    var looks: Int { followed.withLock { $0 } }

    func push(
        commits: [String], ref: String = "refs/heads/main", repository: String = "Acme/clusters", forced: Bool = false
    ) -> [UInt8] {
        let list = commits.map { #"{"id":"\#($0)"}"# }.joined(separator: ",")
        return Array(
            #"{"ref":"\#(ref)","after":"\#(commits.last ?? "")","forced":\#(forced),"commits":[\#(list)],"repository":{"full_name":"\#(repository)"}}"#
                .utf8)
    }

    func receive(
        _ body: [UInt8], delivery: String, event: String = "push", signedWith secret: String = "s3cret",
        signature: String? = nil
    ) async throws -> WebhookOutcome {
        let code = HMACSHA256.authenticate(body, key: Array(secret.utf8)).hex
        return try await GitHubWebhooks(secret: "s3cret", configuration: configuration, record: self) {
            self.followed.withLock { $0 += 1 }
        }.receive(
            WebhookMessage(delivery: delivery, event: event, signature: signature ?? "sha256=\(code)", body: body))
    }

    func add(_ commit: String) async throws(EventStoreError) {}
    func own(among commits: [String]) async throws(EventStoreError) -> Set<String> { own.intersection(commits) }
    func cursor(of branch: String) async throws(EventStoreError) -> String? { nil }
    func moveCursor(of branch: String, from old: String?, to new: String) async throws(EventStoreError) {}
    func take(delivery id: String) async throws(EventStoreError) -> Bool { taken.withLock { $0.insert(id).inserted } }
}
