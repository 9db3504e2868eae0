import Application

/// Brings folders to their wanted content in one commit on top of whatever the branch holds by now.
struct Committing {
    let session: GitHubSession
    /// From 0 up to 1.
    let random: @Sendable () -> Double
    let pause: @Sendable (Duration) async throws -> Void

    /// Each try reads the branch anew, so five in a row fail only under more pushes than GitHub lets through.
    static let triesMax = 5

    /// Evidence for each change, in their order.
    func commit(_ changes: [FolderChange]) async throws(GitHubFailure) -> [CommitEvidence] {
        var reason = ""
        for attempt in 0..<Self.triesMax {
            if attempt > 0 { try await wait(milliseconds: 200 << attempt) }
            do {
                return try await commitOnce(changes)
            } catch .outdated(let why) {
                reason = why
            }
        }
        throw .retryable(reason: "\(reason) (after \(Self.triesMax) tries)", after: nil)
    }

    private func commitOnce(_ changes: [FolderChange]) async throws(GitHubFailure) -> [CommitEvidence] {
        let configuration = session.configuration
        let head = try await readHead()
        let base: GitCommit = try await session.send(.commit(configuration, head), to: "read a commit")
        let reading = try await FolderReading(session, rootTree: base.tree.sha)
        var changed: [FolderChange] = []
        var tree: [TreeChange] = []
        for change in changes {
            let difference = change.changes(from: try await reading.entries(of: change.folder))
            if !difference.isEmpty { changed.append(change) }
            tree += difference
        }
        let made = changed.isEmpty ? nil : try await push(tree, for: changed, onto: base)
        var evidence: [CommitEvidence] = []
        for change in changes {
            if let made, changed.contains(change) {
                evidence.append(CommitEvidence(commit: made, isNew: true))
            } else {
                evidence.append(
                    CommitEvidence(commit: try await lastCommit(touching: change.folder, from: head), isNew: false))
            }
        }
        return evidence
    }

    func readHead() async throws(GitHubFailure) -> String {
        let configuration = session.configuration
        do {
            let reference: GitReference = try await session.send(.reference(configuration), to: "read the branch")
            return reference.object.sha
        } catch .missing(let reason) {
            throw .refused(
                reason: "\(reason) (is there a branch \(configuration.branch) in "
                    + "\(configuration.owner)/\(configuration.repository), and may the token see it?)")
        }
    }

    /// Makes tree and commit, and moves the branch; nobody sees anything before the last step.
    private func push(
        _ changes: [TreeChange], for folders: [FolderChange], onto base: GitCommit
    ) async throws(GitHubFailure) -> String {
        let configuration = session.configuration
        let tree: GitMadeObject = try await session.send(
            .makeTree(configuration, base: base.tree.sha, changes: changes), to: "make a tree")
        let commit: GitMadeObject = try await session.send(
            .makeCommit(
                configuration, message: CommitMessage.text(for: folders), tree: tree.sha, parent: base.sha),
            to: "make a commit")
        let moved: GitReference = try await session.send(
            .moveBranch(configuration, to: commit.sha), to: "move the branch")
        guard moved.object.sha == commit.sha else {
            throw .outdated(reason: "the branch is at another commit than ours")
        }
        return commit.sha
    }

    /// A folder that never was has the wanted emptiness at the head.
    private func lastCommit(touching folder: String, from head: String) async throws(GitHubFailure) -> String {
        let commits: [GitListedCommit] = try await session.send(
            .lastCommit(session.configuration, touching: folder, from: head), to: "read a folder's history")
        return commits.first?.sha ?? head
    }

    /// Full jitter: writers that met once do not meet again in step.
    private func wait(milliseconds: Int) async throws(GitHubFailure) {
        do {
            try await pause(.milliseconds(Int(random() * Double(milliseconds))))
        } catch {
            throw .retryable(reason: "the commit was cancelled", after: nil)
        }
    }
}
