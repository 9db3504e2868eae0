import Application

/// Lists what a folder holds at a commit, however large the repository is.
struct FolderReading {
    let session: GitHubSession
    /// The whole repository in one list; nil if it is too large for one.
    private let whole: FolderIndex?
    private let rootTree: String

    init(_ session: GitHubSession, _ branch: BranchState) {
        self.session = session
        rootTree = branch.tree
        whole = branch.files
    }

    init(_ session: GitHubSession, rootTree: String) async throws(GitHubFailure) {
        self.session = session
        self.rootTree = rootTree
        let tree: GitTree = try await session.send(
            .tree(session.configuration, rootTree, recursive: true), to: "list the repository")
        whole = tree.truncated ? nil : FolderIndex(tree.tree)
    }

    /// All levels, with paths relative to the folder; empty if there is no such folder.
    func entries(of folder: String) async throws(GitHubFailure) -> [GitTree.Entry] {
        if let whole { return whole.below(folder) }
        guard let tree = try await subtree(at: folder) else { return [] }
        return try await walk(tree, prefix: "")
    }

    static func entries(_ all: [GitTree.Entry], below folder: String) -> [GitTree.Entry] {
        all.compactMap { entry in
            guard entry.path.hasPrefix(folder + "/") else { return nil }
            return GitTree.Entry(
                path: String(entry.path.dropFirst(folder.count + 1)), mode: entry.mode, type: entry.type, sha: entry.sha
            )
        }
    }

    /// The SHA of the folder's tree, found one level at a time.
    private func subtree(at folder: String) async throws(GitHubFailure) -> String? {
        var sha = rootTree
        for component in folder.split(separator: "/") {
            let level: GitTree = try await session.send(
                .tree(session.configuration, sha, recursive: false), to: "list a folder")
            guard !level.truncated else {
                throw .refused(reason: "a folder on the way to \(folder) has more entries than GitHub lists")
            }
            guard let entry = level.tree.first(where: { $0.path == component && $0.type == "tree" }) else { return nil }
            sha = entry.sha
        }
        return sha
    }

    /// One folder at a time where even the folder's own list is cut off.
    private func walk(_ tree: String, prefix: String) async throws(GitHubFailure) -> [GitTree.Entry] {
        let deep: GitTree = try await session.send(
            .tree(session.configuration, tree, recursive: true), to: "list a folder")
        if !deep.truncated {
            return deep.tree.map { GitTree.Entry(path: prefix + $0.path, mode: $0.mode, type: $0.type, sha: $0.sha) }
        }
        let level: GitTree = try await session.send(
            .tree(session.configuration, tree, recursive: false), to: "list a folder")
        guard !level.truncated else { throw .refused(reason: "a folder has more entries than GitHub lists") }
        var entries: [GitTree.Entry] = []
        for entry in level.tree {
            if entry.type == "tree" {
                entries += try await walk(entry.sha, prefix: prefix + entry.path + "/")
            } else {
                entries.append(
                    GitTree.Entry(path: prefix + entry.path, mode: entry.mode, type: entry.type, sha: entry.sha))
            }
        }
        return entries
    }
}
