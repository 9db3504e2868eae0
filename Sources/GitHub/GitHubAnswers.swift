/// A branch and what it points at.
package struct GitReference: Decodable, Equatable, Sendable {
    package let object: Object

    package struct Object: Decodable, Equatable, Sendable {
        package let sha: String
    }
}

/// A branch with the commit and the tree that it points at.
package struct GitBranch: Decodable, Equatable, Sendable {
    private let commit: Commit

    package var head: String { commit.sha }
    package var tree: String { commit.commit.tree.sha }

    private struct Commit: Decodable, Equatable, Sendable {
        let sha: String
        let commit: Inner

        struct Inner: Decodable, Equatable, Sendable {
            let tree: GitCommit.Tree
        }
    }
}

/// The commit that wrote a single file.
package struct GitWrittenFile: Decodable, Equatable, Sendable {
    package let commit: GitListedCommit
}

/// A commit, as far as building upon it needs.
package struct GitCommit: Decodable, Equatable, Sendable {
    package let sha: String
    package let tree: Tree

    package struct Tree: Decodable, Equatable, Sendable {
        package let sha: String
    }
}

/// What a commit holds, or a folder of it.
package struct GitTree: Decodable, Equatable, Sendable {
    package let sha: String
    /// GitHub cuts off what has more than 100,000 entries or 7 MB; such a list says nothing about what is missing in it.
    package let truncated: Bool
    package let tree: [Entry]

    /// One file or folder; `path` is relative to the tree.
    package struct Entry: Decodable, Equatable, Sendable {
        package let path: String
        package let mode: String
        /// `blob`, `tree` or `commit` (a submodule).
        package let type: String
        package let sha: String

        package init(path: String, mode: String, type: String, sha: String) {
            self.path = path
            self.mode = mode
            self.type = type
            self.sha = sha
        }
    }
}

/// An entry of a list of commits.
package struct GitListedCommit: Decodable, Equatable, Sendable {
    package let sha: String
}

/// A commit or a tree that was just made.
package struct GitMadeObject: Decodable, Equatable, Sendable {
    package let sha: String
}

/// A token that acts as an App's installation. It may be of any length and alphabet.
package struct GitHubInstallationToken: Decodable, Sendable {
    package let token: String
    package let expiresAt: String

    private enum CodingKeys: String, CodingKey {
        case token
        case expiresAt = "expires_at"
    }
}
