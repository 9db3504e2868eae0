/// A place for checkpoints that the database's owner cannot rewrite, so that a log which was replaced as a whole is noticed.
package protocol CheckpointWitness: Sendable {
    /// Names the witness in findings and status.
    var name: String { get }

    /// Keeps the checkpoint beside those before it, and answers what is kept of its size: the same note, or another that was there
    /// before. That one stays as it is: it is what the log has to answer for.
    @discardableResult func publish(_ checkpoint: AuditCheckpoint) async throws(ProviderError) -> String

    /// Checkpoints that were kept, in any order: the latest, and of the others as many as the witness can list. Notes as they were
    /// published, size and root as the note says; nothing here is verified.
    func notes() async throws(ProviderError) -> [String]
}

/// Reads a folder of the Git repository that declares everything.
package protocol SourceReading: Sendable {
    /// Texts, by path relative to the folder, of the files that `choose` picks from all below the folder at the branch's head;
    /// empty if there is no such folder.
    func files(
        in folder: String, choose: @Sendable ([String]) -> [String]
    ) async throws(ProviderError) -> [String: String]

    /// What a folder holds at the branch's head. Content that is as in `known`, by path, is compared and not fetched.
    func snapshot(of folder: String, known: [String: String]) async throws(ProviderError) -> FolderSnapshot
}

/// A folder of the repository at one commit.
package struct FolderSnapshot: Equatable, Sendable {
    /// The branch's head: a full SHA.
    package let head: String
    /// Texts by path relative to the folder; empty if there is no such folder.
    package let files: [String: String]

    package init(head: String, files: [String: String]) {
        self.head = head
        self.files = files
    }
}

/// Keeps checkpoints in the deployments repository, whose history is in every clone.
///
/// One folder per checkpoint, so that a new one leaves the others untouched: `audit/checkpoints/<tree size>/checkpoint`.
package struct RepositoryWitness<Repository: SourceRepository & SourceReading>: CheckpointWitness {
    package let name: String
    private let repository: Repository

    package static var folder: String { "audit/checkpoints" }

    package init(_ repository: Repository, name: String = "repository") {
        self.repository = repository
        self.name = name
    }

    /// The notary's lease keeps two from writing at once, and what somebody overwrites is still in the history.
    @discardableResult package func publish(_ checkpoint: AuditCheckpoint) async throws(ProviderError) -> String {
        let folder = "\(Self.folder)/\(checkpoint.treeSize)"
        let kept = try await repository.files(in: folder) { $0.filter { $0 == "checkpoint" } }
        if let note = kept["checkpoint"] { return note }
        _ = try await repository.commit(
            FolderChange(
                folder: folder, files: ["checkpoint": checkpoint.note],
                subject: "audit: witness the checkpoint of \(checkpoint.treeSize) events",
                trailers: [
                    .init("Audit-Tree-Size", String(checkpoint.treeSize)), .init("Audit-Root", checkpoint.root),
                ]))
        return checkpoint.note
    }

    package func notes() async throws(ProviderError) -> [String] {
        try await repository.files(in: Self.folder, choose: CheckpointSelection.paths).values.sorted()
    }
}

/// Picks which of many witnessed checkpoints are read: the latest vouches for all before it, the older ones tell when a change came.
package enum CheckpointSelection {
    /// Of paths `<tree size>/checkpoint`: the latest sixteen, and before them every time twice as far back.
    package static func paths(_ paths: [String]) -> [String] {
        let bySize = paths.compactMap { path -> (size: Int64, path: String)? in
            let parts = path.split(separator: "/")
            guard parts.count == 2, parts[1] == "checkpoint", let size = Int64(parts[0]) else { return nil }
            return (size, path)
        }.sorted { $0.size > $1.size }.map(\.path)
        var chosen = Array(bySize.prefix(16))
        var index = 16
        while index < bySize.count {
            chosen.append(bySize[index])
            index *= 2
        }
        return chosen
    }
}
