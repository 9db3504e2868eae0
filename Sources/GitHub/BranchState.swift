import Application

/// What the branch holds as far as is known, so that one commit after another needs no reading between them. It may be out of
/// date: GitHub then refuses to move the branch.
struct BranchState: Sendable {
    let head: String
    let tree: String
    /// Nil if the repository is too large to be listed as a whole.
    private(set) var files: FolderIndex?

    /// After a commit of ours upon it.
    func after(_ commit: String, tree: String, _ changes: [FolderChange]) -> BranchState {
        var files = files
        for change in changes { files?.put(change) }
        return BranchState(head: commit, tree: tree, files: files)
    }
}

/// The files of a repository, found by folder.
struct FolderIndex: Sendable {
    /// By the first two components of the path: `deployments/<id>`.
    private var entries: [String: [GitTree.Entry]] = [:]

    init(_ all: [GitTree.Entry]) {
        for entry in all where entry.type != "tree" { entries[Self.key(entry.path), default: []].append(entry) }
    }

    private static func key(_ path: String) -> String {
        path.split(separator: "/", maxSplits: 2).prefix(2).joined(separator: "/")
    }

    /// With paths relative to the folder; empty if there is no such folder.
    func below(_ folder: String) -> [GitTree.Entry] {
        // A file may stand where the folder is to be, or a folder of one component hold many keys.
        guard folder.contains("/") else { return FolderReading.entries(entries.values.flatMap { $0 }, below: folder) }
        return FolderReading.entries(entries[Self.key(folder)] ?? [], below: folder)
    }

    /// Makes the folder hold what a commit put there.
    fileprivate mutating func put(_ change: FolderChange) {
        let old = Set(below(change.folder).map { "\(change.folder)/\($0.path)" })
        for key in Set(old.map(Self.key)) { entries[key]?.removeAll { old.contains($0.path) } }
        for (path, text) in change.files {
            let path = "\(change.folder)/\(path)"
            entries[Self.key(path), default: []]
                .append(GitTree.Entry(path: path, mode: "100644", type: "blob", sha: GitBlob.sha(of: text)))
        }
    }
}
