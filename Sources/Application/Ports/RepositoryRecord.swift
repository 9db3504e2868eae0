package import Domain
package import EventSourcing

/// What is kept about the repository: which commits are ours, how far its history was looked through, which messages were taken.
package protocol RepositoryRecord: Sendable {
    /// Puts a commit on record as ours. Before the branch gets it: afterwards nobody could tell it from one that only says so.
    func add(_ commit: String) async throws(EventStoreError)

    /// Which of these are on record as ours.
    func own(among commits: [String]) async throws(EventStoreError) -> Set<String>

    /// Up to which commit the branch was looked through; nil if it never was.
    func cursor(of branch: String) async throws(EventStoreError) -> String?

    /// Does nothing if the cursor is not `old` any more.
    func moveCursor(of branch: String, from old: String?, to new: String) async throws(EventStoreError)

    /// Whether the message of this name is taken now, and was not before.
    func take(delivery id: String) async throws(EventStoreError) -> Bool
}

/// Reads who changed what in the repository.
package protocol RepositoryHistory: Sendable {
    var location: RepositoryLocation { get }

    /// The branch's last commit.
    func head() async throws(ProviderError) -> String

    /// What the branch's way from one commit to another is.
    func stretch(from old: String, to new: String) async throws(ProviderError) -> HistoryStretch

    func details(of commit: String) async throws(ProviderError) -> CommitDetails
}

/// The way of a branch from one commit to another.
package struct HistoryStretch: Equatable, Sendable {
    /// The commits that came, the oldest first.
    package let commits: [String]
    /// Paths of files that went back to what they were, because commits were taken away by force; empty as a rule.
    package let lostFiles: [String]

    package init(commits: [String], lostFiles: [String]) {
        self.commits = commits
        self.lostFiles = lostFiles
    }
}

/// One commit as far as noticing it needs.
package struct CommitDetails: Equatable, Sendable {
    /// The account whose commit it is, if the repository's host knows it.
    package let author: UnexplainedChange.Author?
    package let committedAt: Timestamp?
    /// Paths from the repository's root.
    package let files: [String]

    /// Both id and login, or the account is not known.
    package init(authorID: String?, login: String?, committedAt: Timestamp?, files: [String]) {
        author =
            if let authorID, let login {
                UnexplainedChange.Author(id: authorID, login: login)
            } else {
                nil
            }
        self.committedAt = committedAt
        self.files = files
    }
}
