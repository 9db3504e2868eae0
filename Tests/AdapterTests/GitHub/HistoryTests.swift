import Application
import Domain
import EventSourcing
import FoundationEssentials
import GitHub
import Testing

@Suite(.timeLimit(.minutes(15))) struct `The history of a repository on GitHub` {
    @Test func `tells what came, whose it was and what it changed`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            let first = try await repository.commit(FolderChange("deployments/a", ["f": "1"])).commit
            let theirs = try await gitHub.strangerCommits("deployments/a/f", "evil\n")
            let last = try await repository.commit(FolderChange("deployments/b", ["f": "1"])).commit
            #expect(try await repository.head() == last)
            let stretch = try await repository.stretch(from: first, to: last)
            #expect(stretch == HistoryStretch(commits: [theirs, last], lostFiles: []))
            let details = try await repository.details(of: theirs)
            #expect(details.files == ["deployments/a/f"])
            #expect(details.author?.id == "583231" && details.author?.login == "octocat")
            #expect(details.committedAt != nil)
        }
    }

    @Test func `tells whether a later commit has left a folder as an earlier one made it`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            let before = try await repository.head()
            let ours = try await repository.commit(FolderChange("deployments/a", ["f": "1"])).commit
            let others = try await repository.commit(FolderChange("deployments/b", ["f": "1"])).commit
            let theirs = try await gitHub.strangerCommits("deployments/a/f", "evil\n")
            func keeps(_ revision: String) async throws -> Bool {
                try await repository.keeps("deployments/a", of: ours, at: revision)
            }
            #expect(try await keeps(ours))
            #expect(try await keeps(others))
            #expect(try await !keeps(theirs))
            #expect(try await !keeps(before), "it comes before")
            #expect(try await !keeps(String(repeating: "0", count: 40)), "there is none")
        }
    }

    @Test func `is read page by page`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            let first = try await repository.head()
            var theirs: [String] = []
            for index in 0..<130 { theirs.append(try await gitHub.strangerCommits("notes/n", "\(index)\n")) }
            let stretch = try await repository.stretch(from: first, to: theirs[129])
            #expect(stretch.commits == theirs)
            let files = Dictionary(uniqueKeysWithValues: (0..<130).map { ("f\($0)", "x") })
            let large = try await repository.commit(FolderChange("deployments/large", files)).commit
            #expect(Set(try await repository.details(of: large).files.map { $0 }).count == 130)
        }
    }

    @Test func `names the files that a forced push takes away`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            let first = try await repository.commit(FolderChange("deployments/a", ["f": "1"])).commit
            let last = try await repository.commit(FolderChange("deployments/b", ["f": "1", "g": "2"])).commit
            _ = try await gitHub.git("update-ref", "refs/heads/main", first)
            let stretch = try await repository.stretch(from: last, to: first)
            #expect(stretch == HistoryStretch(commits: [], lostFiles: ["deployments/b/f", "deployments/b/g"]))
        }
    }
}

extension GitHubLoopback {
    /// A commit of somebody with push rights, by git itself; answers its name.
    func strangerCommits(_ path: String, _ text: String) async throws -> String {
        let work = "\(directory)/stranger"
        _ = try await git("worktree", "prune")
        _ = try await git("worktree", "add", "--force", "--detach", work, "main")
        let file = URL(filePath: "\(work)/\(path)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        _ = try await git("-C", work, "add", "-A")
        _ = try await git(
            "-C", work, "-c", "user.name=Eve Stranger", "-c", "user.email=583231+octocat@users.noreply.github.com",
            "commit", "-q", "-m", "Deploy\n\nDeployCenter-Deployment: a")
        let sha = try await git("-C", work, "rev-parse", "HEAD").trimmed
        _ = try await git("update-ref", "refs/heads/main", sha)
        _ = try await git("worktree", "remove", "--force", work)
        return sha
    }
}

extension String {
    fileprivate var trimmed: String { String(prefix { !$0.isNewline }) }
}
