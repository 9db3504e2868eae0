package import Application
import EventSourcing

extension GitHubRepository: RepositoryHistory {
    package nonisolated func head() async throws(ProviderError) -> String {
        try await reading { () throws(GitHubFailure) in try await committing.readHead() }
    }

    package nonisolated func stretch(from old: String, to new: String) async throws(ProviderError) -> HistoryStretch {
        try await reading { () throws(GitHubFailure) in try await committing.stretch(from: old, to: new) }
    }

    package nonisolated func details(of commit: String) async throws(ProviderError) -> CommitDetails {
        try await reading { () throws(GitHubFailure) in try await committing.details(of: commit) }
    }

    package nonisolated func keeps(
        _ folder: String, of commit: String, at revision: String
    ) async throws(ProviderError) -> Bool {
        if commit == revision { return true }
        return try await reading { () throws(GitHubFailure) in
            try await committing.lastWriter(of: folder, upTo: revision) == commit
        }
    }

    private nonisolated func reading<Value>(
        _ work: () async throws(GitHubFailure) -> Value
    ) async throws(ProviderError) -> Value {
        do throws(GitHubFailure) { return try await work() } catch { throw error.providerError }
    }
}

extension Committing {
    /// GitHub gives at most this many commits of a comparison, or files of a commit, at once.
    private static let pageSize = 100
    /// GitHub lists no more than 3,000 files of a commit.
    private static let pagesMax = 30

    fileprivate func stretch(from old: String, to new: String) async throws(GitHubFailure) -> HistoryStretch {
        var commits: [String] = []
        var isRewritten = false
        for page in 1...1_000 {
            let comparison: GitComparison
            do {
                comparison = try await session.send(
                    .compare(session.configuration, old, new, page: page, perPage: Self.pageSize), to: "compare commits"
                )
            } catch .missing {
                // What was there has been taken away so thoroughly that GitHub cannot compare: begin anew from what is there.
                return HistoryStretch(commits: [new], lostFiles: [])
            }
            commits += comparison.commits.map(\.sha)
            isRewritten = comparison.status == "behind" || comparison.status == "diverged"
            if commits.count >= comparison.totalCommits || comparison.commits.isEmpty { break }
        }
        guard isRewritten else { return HistoryStretch(commits: commits, lostFiles: []) }
        let back: GitComparison = try await session.send(
            .compare(session.configuration, new, old, page: 1, perPage: Self.pageSize), to: "compare commits")
        return HistoryStretch(commits: commits, lostFiles: back.files?.map(\.filename) ?? [])
    }

    /// The last commit in the history of `revision` that touched the folder; nil if there is none, or no such revision.
    fileprivate func lastWriter(of folder: String, upTo revision: String) async throws(GitHubFailure) -> String? {
        do {
            let commits: [GitListedCommit] = try await session.send(
                .lastCommit(session.configuration, touching: folder, from: revision), to: "read a folder's history")
            return commits.first?.sha
        } catch .missing {
            return nil
        }
    }

    fileprivate func details(of commit: String) async throws(GitHubFailure) -> CommitDetails {
        var files: [String] = []
        for page in 1...Self.pagesMax {
            let found: GitCommitDetails = try await session.send(
                .commitDetails(session.configuration, commit, page: page, perPage: Self.pageSize), to: "read a commit")
            for file in found.files ?? [] {
                files.append(file.filename)
                if let before = file.previousFilename { files.append(before) }
            }
            guard page == Self.pagesMax || (found.files ?? []).count < Self.pageSize else { continue }
            return CommitDetails(
                authorID: found.author?.id.map { String($0) }, login: found.author?.login,
                committedAt: Timestamp(found.commit.committer?.date ?? ""),
                files: files)
        }
        return CommitDetails(authorID: nil, login: nil, committedAt: nil, files: files)
    }
}

/// How two commits stand to each other.
package struct GitComparison: Decodable, Equatable, Sendable {
    /// `identical`, `ahead`, `behind` or `diverged`: of the second from the first.
    package let status: String
    package let totalCommits: Int
    package let commits: [GitListedCommit]
    package let files: [GitChangedFile]?

    private enum CodingKeys: String, CodingKey {
        case status, commits, files
        case totalCommits = "total_commits"
    }
}

/// A file that differs between two commits.
package struct GitChangedFile: Decodable, Equatable, Sendable {
    package let filename: String
    /// Where a renamed file was before.
    package let previousFilename: String?

    private enum CodingKeys: String, CodingKey {
        case filename
        case previousFilename = "previous_filename"
    }
}

/// A commit with whose it is and what it changed. Names and addresses of people in it are not read.
package struct GitCommitDetails: Decodable, Equatable, Sendable {
    package let author: Account?
    package let commit: Inner
    package let files: [GitChangedFile]?

    /// GitHub writes `{}` for an account that is gone.
    package struct Account: Decodable, Equatable, Sendable {
        let id: Int64?
        let login: String?
    }

    package struct Inner: Decodable, Equatable, Sendable {
        let committer: Moment?

        struct Moment: Decodable, Equatable, Sendable {
            let date: String?
        }
    }
}
