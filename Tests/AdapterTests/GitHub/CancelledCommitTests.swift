import Application
import EventSourcing
import GitHub
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(15))) struct `A commit that is cancelled` {
    @Test func `does not fail those that share it`() async throws {
        try await GitHubLoopback.run { gitHub in
            // The first commit leads alone, so that the others gather; the second one leads them, and is cancelled. The clock
            // stands still, so each commit after the first begins with a pause.
            let pauses = Pauses()
            let repository = try gitHub.repository(pushInterval: .seconds(10), pause: pauses.pause)
            try await gitHub.addFault(Self.outdated)
            let first = Task { try await repository.commit(FolderChange("apps/first", ["a": "1"])) }
            await pauses.begun(1)
            let leader = Task { try await repository.commit(FolderChange("apps/leader", ["a": "1"])) }
            await waits(1, in: repository)
            let follower = Task { try await repository.commit(FolderChange("apps/follower", ["a": "1"])) }
            await waits(2, in: repository)
            pauses.end(1)
            #expect(try await first.value.isNew)
            await pauses.begun(2)
            try await gitHub.addFault(Self.outdated)
            pauses.end(2)
            await pauses.begun(3)
            #expect(await repository.waitingCount == 0, "the follower is not in the leader's commit")
            leader.cancel()
            pauses.end(4)
            await expectCancelled(leader)
            #expect(try await follower.value.isNew)
            #expect(try await gitHub.files().contains("apps/follower/a"))
        }
    }

    @Test func `passes the lead on when its turn comes`() async throws {
        try await GitHubLoopback.run { gitHub in
            let pauses = Pauses()
            let repository = try gitHub.repository(pause: pauses.pause)
            try await gitHub.addFault(Self.outdated)
            let first = Task { try await repository.commit(FolderChange("apps/first", ["a": "1"])) }
            await pauses.begun(1)
            let cancelled = Task { try await repository.commit(FolderChange("apps/cancelled", ["a": "1"])) }
            await waits(1, in: repository)
            let follower = Task { try await repository.commit(FolderChange("apps/follower", ["a": "1"])) }
            await waits(2, in: repository)
            cancelled.cancel()
            pauses.end(1)
            #expect(try await first.value.isNew)
            await expectCancelled(cancelled)
            #expect(try await follower.value.isNew)
            let files = try await gitHub.files()
            #expect(files.contains("apps/follower/a") && !files.contains("apps/cancelled/a"))
        }
    }

    /// Makes the next push wait and try again.
    private static let outdated: JSONValue = [
        "method": "PATCH", "path": "/git/refs/", "status": 422,
        "body": #"{"message":"Update is not a fast forward","documentation_url":"https://docs.github.com/rest"}"#,
    ]

    private func waits(_ count: Int, in repository: GitHubRepository) async {
        while await repository.waitingCount < count { await Task.yield() }
    }

    private func expectCancelled(
        _ task: Task<CommitEvidence, any Error>, location: SourceLocation = #_sourceLocation
    ) async {
        await #expect(sourceLocation: location) {
            try await task.value
        } throws: {
            if case .retryable = $0 as? ProviderError { true } else { false }
        }
    }
}

/// Pauses that last until a test ends them, or until who pauses is cancelled.
private final class Pauses: Sendable {
    private let count = Mutex(0)
    private let ended = Mutex<Set<Int>>([])

    @Sendable func pause(_: Duration) async throws {
        let number = count.withLock { count in
            count += 1
            return count
        }
        while !ended.withLock({ $0.contains(number) }) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    func begun(_ number: Int) async {
        while count.withLock({ $0 }) < number { await Task.yield() }
    }

    func end(_ number: Int) { _ = ended.withLock { $0.insert(number) } }
}
