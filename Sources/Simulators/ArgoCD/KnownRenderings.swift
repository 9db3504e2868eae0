/// What was read from the repository before: a name in Git says the same for ever, and asking git takes a process each time.
actor KnownRenderings {
    private var folders: [String: [String: String]] = [:]
    private var renderings: [Key: ArgoCDRendering] = [:]

    /// Everything that manifests depend on.
    struct Key: Hashable, Sendable {
        let tree: String
        let recurse: Bool
        let namespace: String
    }

    /// More begin anew: a simulator is no cache server.
    private static let commitsMax = 32
    private static let renderingsMax = 10_000

    /// The tree of a folder in a commit; nil if there is none.
    func tree(at path: String, in commit: String, of repository: Repository) async throws(SimulatorError) -> String? {
        if path.isEmpty { return try await repository.resolve(commit, type: "tree") }
        if let known = folders[commit] { return known[path] }
        let listing = try await repository.git("ls-tree", "-r", "-d", "-l", "-z", commit)
        let found = Dictionary(Repository.entries(from: listing.output).map { ($0.path, $0.sha) }) { first, _ in first }
        if folders.count >= Self.commitsMax { folders = [:] }
        folders[commit] = found
        return found[path]
    }

    func rendering(_ key: Key) -> ArgoCDRendering? { renderings[key] }

    func keep(_ rendering: ArgoCDRendering, as key: Key) {
        if renderings.count >= Self.renderingsMax { renderings = [:] }
        renderings[key] = rendering
    }
}
