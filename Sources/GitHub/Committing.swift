import Application

/// Brings folders to their wanted content in one commit on top of whatever the branch holds by now.
struct Committing {
    let session: GitHubSession
    /// Puts a commit on record as ours before the branch gets it.
    let record: @Sendable (String) async throws(ProviderError) -> Void
    /// From 0 up to 1.
    let random: @Sendable () -> Double
    let pause: @Sendable (Duration) async throws -> Void

    /// Each try but the first reads the branch anew, so five in a row fail only under more pushes than GitHub lets through.
    static let triesMax = 5

    /// What became of the changes, in their order, and of the branch.
    struct Outcome {
        let evidence: [CommitEvidence]
        let branch: BranchState
    }

    /// Three calls where `known` is the branch as it is.
    func commit(_ changes: [FolderChange], upon known: BranchState?) async throws(GitHubFailure) -> Outcome {
        var known = known
        var reason = ""
        for attempt in 0..<Self.triesMax {
            if attempt > 0 { try await wait(milliseconds: 200 << attempt) }
            do {
                return try await commitOnce(changes, upon: known)
            } catch .outdated(let why) {
                reason = why
                known = nil
            }
        }
        throw .retryable(reason: "\(reason) (after \(Self.triesMax) tries)", after: nil)
    }

    private func commitOnce(
        _ changes: [FolderChange], upon known: BranchState?
    ) async throws(GitHubFailure) -> Outcome {
        let base = if let known { known } else { try await readBranch() }
        let reading = FolderReading(session, base)
        var changed: [FolderChange] = []
        var tree: [TreeChange] = []
        for change in changes {
            let difference = change.changes(from: try await reading.entries(of: change.folder))
            if !difference.isEmpty { changed.append(change) }
            tree += difference
        }
        // Nothing would notice that the branch has moved since, so it is looked at.
        if changed.isEmpty, known != nil, try await readHead() != base.head {
            throw .outdated(reason: "the branch has moved")
        }
        let branch = changed.isEmpty ? base : try await push(tree, for: changed, onto: base)
        var evidence: [CommitEvidence] = []
        for change in changes {
            if changed.contains(change) {
                evidence.append(CommitEvidence(commit: branch.head, isNew: true))
            } else {
                evidence.append(
                    CommitEvidence(commit: try await lastCommit(touching: change.folder, from: base.head), isNew: false)
                )
            }
        }
        return Outcome(evidence: evidence, branch: branch)
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

    /// The branch and what it holds, in two calls.
    private func readBranch() async throws(GitHubFailure) -> BranchState {
        let configuration = session.configuration
        let branch: GitBranch
        do {
            branch = try await session.send(.branch(configuration), to: "read the branch")
        } catch .missing {
            // Whether the branch is missing or the whole repository empty, only its reference says.
            do {
                _ = try await readHead()
            } catch .empty {
                let _: GitWrittenFile = try await session.send(.firstFile(configuration), to: "make a first commit")
            }
            throw .outdated(reason: "the branch was just made")
        }
        let tree: GitTree = try await session.send(
            .tree(configuration, branch.tree, recursive: true), to: "list the repository")
        return BranchState(
            head: branch.head, tree: branch.tree, files: tree.truncated ? nil : FolderIndex(tree.tree))
    }

    /// Makes tree and commit, and moves the branch; nobody sees anything before the last step.
    private func push(
        _ changes: [TreeChange], for folders: [FolderChange], onto base: BranchState
    ) async throws(GitHubFailure) -> BranchState {
        let configuration = session.configuration
        let tree: GitMadeObject = try await session.send(
            .makeTree(configuration, base: base.tree, changes: changes), to: "make a tree")
        let commit: GitMadeObject = try await session.send(
            .makeCommit(
                configuration, message: CommitMessage.text(for: folders), tree: tree.sha, parent: base.head),
            to: "make a commit")
        do throws(ProviderError) {
            try await record(commit.sha)
        } catch {
            throw .retryable(reason: "the commit could not be put on record: \(error)", after: nil)
        }
        try await move(to: commit.sha, from: base.head)
        return base.after(commit.sha, tree: tree.sha, folders)
    }

    /// Where the answer gets lost, the branch itself says whether it moved.
    private func move(to commit: String, from base: String) async throws(GitHubFailure) {
        let moved: String
        do {
            let reference: GitReference = try await session.send(
                .moveBranch(session.configuration, to: commit), to: "move the branch")
            moved = reference.object.sha
        } catch .retryable(let reason, after: nil) {
            moved = try await readHead()
            if moved == base { throw .retryable(reason: reason, after: nil) }
        } catch .unavailable(let reason, after: nil) {
            moved = try await readHead()
            if moved == base { throw .unavailable(reason: reason, after: nil) }
        }
        guard moved == commit else { throw .outdated(reason: "the branch is at another commit than ours") }
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
