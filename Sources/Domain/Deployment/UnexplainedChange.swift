package import EventSourcing

/// Somebody else than DeployCenter changed files that declare the deployment. It stops nothing: the next release puts its own there.
package struct UnexplainedChange: Codable, Equatable, Sendable {
    /// The latest release when it was noticed.
    package let number: Int
    /// Full SHA.
    package let commit: String
    package let repository: String
    /// Relative to the deployment's folder; the first `filesMax` of them.
    package let files: [String]
    /// How many more there were.
    package let moreFiles: Int
    /// Nil if the repository's host does not know whose commit it is. Names and addresses in the commit itself are anybody's to
    /// write, and personal data: they stay where they are.
    package let author: Author?
    /// As the commit says it, which its author can choose.
    package let committedAt: Timestamp?

    /// An account at the repository's host.
    package struct Author: Codable, Equatable, Sendable {
        /// Stays the same when the login changes.
        package let id: String
        package let login: String

        package init(id: String, login: String) {
            self.id = id
            self.login = login
        }
    }

    /// More would make an event that nobody reads.
    package static let filesMax = 50

    package init(
        number: Int, commit: String, repository: String, files: [String], moreFiles: Int, author: Author?,
        committedAt: Timestamp?
    ) {
        self.number = number
        self.commit = commit
        self.repository = repository
        self.files = files
        self.moreFiles = moreFiles
        self.author = author
        self.committedAt = committedAt
    }
}

/// What was found in the history of the repository that DeployCenter did not write.
package struct ForeignCommit: Equatable, Sendable {
    package let commit: String
    package let repository: String
    package let author: UnexplainedChange.Author?
    package let committedAt: Timestamp?

    package init(commit: String, repository: String, author: UnexplainedChange.Author?, committedAt: Timestamp?) {
        self.commit = commit
        self.repository = repository
        self.author = author
        self.committedAt = committedAt
    }
}

extension Deployment {
    /// Each commit is noted once, whatever state the deployment is in, and none that is on record as its own.
    static func decideNote(
        _ found: ForeignCommit, files: [String], in state: State
    ) throws(Rejection) -> [DeploymentEvent] {
        guard state.phase != .unknown else { throw .unknown }
        guard state.resources.commit?.value != found.commit, !state.unexplainedChanges.contains(found.commit) else {
            return []
        }
        return [
            .unexplainedChange(
                .init(
                    number: state.run.number, commit: found.commit, repository: found.repository,
                    files: Array(files.prefix(UnexplainedChange.filesMax)),
                    moreFiles: max(0, files.count - UnexplainedChange.filesMax), author: found.author,
                    committedAt: found.committedAt))
        ]
    }
}
