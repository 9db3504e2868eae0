/// The Git repository that declares everything that runs.
package protocol SourceRepository: Sendable {
    /// Makes `folder` hold exactly these files, in one commit on the branch. If it holds them already, no commit is made and
    /// the last one that touched the folder is answered. Someone else's push in between is built upon, never overwritten.
    func commit(_ change: FolderChange) async throws(ProviderError) -> CommitEvidence

    /// Whether `revision` is `commit`, or comes after it and has the folder as `commit` left it: then it declares the same. By the
    /// history of Git, which knows of a branch that was moved, and of others' commits.
    func keeps(_ folder: String, of commit: String, at revision: String) async throws(ProviderError) -> Bool

    /// Where clusters read the repository from.
    var location: RepositoryLocation { get }
}

/// The wanted content of one folder.
package struct FolderChange: Equatable, Sendable {
    /// Relative to the repository's root, without slashes at its ends.
    package let folder: String
    /// Text by path relative to the folder; empty removes the folder.
    package let files: [String: String]
    /// First line of the commit message, at most 72 characters.
    package let subject: String
    /// Lines `Key: value` at the end of the message, in order.
    package let trailers: [Trailer]

    package struct Trailer: Equatable, Sendable {
        package let key: String
        package let value: String

        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    package init(folder: String, files: [String: String], subject: String, trailers: [Trailer]) {
        self.folder = folder
        self.files = files
        self.subject = subject
        self.trailers = trailers
    }
}

/// The commit at which a folder had the wanted content.
package struct CommitEvidence: Equatable, Sendable {
    /// Full SHA.
    package let commit: String
    /// Whether this call made it; false if the folder held the content already.
    package let isNew: Bool

    package init(commit: String, isNew: Bool) {
        self.commit = commit
        self.isNew = isNew
    }
}

/// What an Argo CD application needs to find the repository.
package struct RepositoryLocation: Equatable, Sendable {
    package let url: String
    package let branch: String

    package init(url: String, branch: String) {
        self.url = url
        self.branch = branch
    }
}
