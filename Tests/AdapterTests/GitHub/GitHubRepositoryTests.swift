import Application
import EventSourcing
import GitHub
import Testing

@Suite struct `Committing to a repository on GitHub` {
    @Test func `puts exactly the wanted files there, in one commit with its trailers`() async throws {
        try await GitHubLoopback.run { gitHub in
            let before = try await gitHub.commitCount()
            let repository = try gitHub.repository()
            let evidence = try await repository.commit(
                FolderChange("apps/x", ["a.yaml": "ä: 1\n", "d/b.yaml": "b: 2\n"]))
            #expect(evidence.isNew)
            #expect(try await gitHub.git("rev-parse", "main").hasPrefix(evidence.commit))
            #expect(try await gitHub.git("show", "main:apps/x/a.yaml") == "ä: 1\n")
            #expect(try await gitHub.git("show", "main:apps/x/d/b.yaml") == "b: 2\n")
            #expect(
                try await gitHub.git("log", "-1", "--format=%s|%(trailers:unfold,separator=%x2C)", "main")
                    == "Deploy|DeployCenter-Deployment: apps/x\n")
            #expect(try await gitHub.commitCount() == before + 1)
        }
    }

    @Test func `takes away what is no longer wanted and leaves other folders alone`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            _ = try await repository.commit(FolderChange("apps/x", ["a": "1", "d/b": "2"]))
            _ = try await repository.commit(FolderChange("apps/xy", ["a": "other"]))
            _ = try await repository.commit(FolderChange("apps/x", ["a": "1", "c": "3"]))
            let files = try await gitHub.files()
            #expect(files.filter { $0.hasPrefix("apps/") } == ["apps/x/a", "apps/x/c", "apps/xy/a"])
            _ = try await repository.commit(FolderChange("apps/x", [:]))
            #expect(try await gitHub.files().filter { $0.hasPrefix("apps/") } == ["apps/xy/a"])
        }
    }

    @Test func `makes no second commit for the same content, and names the one that brought it`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            let first = try await repository.commit(FolderChange("apps/x", ["a": "1"]))
            _ = try await repository.commit(FolderChange("apps/y", ["a": "1"]))
            let count = try await gitHub.commitCount()
            let again = try await repository.commit(FolderChange("apps/x", ["a": "1"]))
            #expect(again == CommitEvidence(commit: first.commit, isNew: false))
            let empty = try await repository.commit(FolderChange("apps/never", [:]))
            #expect(!empty.isNew)
            #expect(try await gitHub.commitCount() == count)
        }
    }

    @Test func `builds upon the pushes of other replicas`() async throws {
        try await GitHubLoopback.run { gitHub in
            let replicas = [try gitHub.repository(), try gitHub.repository()]
            let changes = (0..<4).flatMap { round in replicas.indices.map { (round, $0) } }
            try await withThrowingTaskGroup { group in
                for (round, replica) in changes {
                    group.addTask {
                        _ = try await insist(replicas[replica], FolderChange("apps/r\(replica)-\(round)", ["a": "1"]))
                    }
                }
                try await group.waitForAll()
            }
            let wanted = Set(changes.map { "apps/r\($0.1)-\($0.0)/a" })
            #expect(Set(try await gitHub.files()).isSuperset(of: wanted))
        }
    }

    @Test func `applies again after a push that came between`() async throws {
        try await GitHubLoopback.run { gitHub in
            try await gitHub.addFault([
                "method": "PATCH", "path": "/git/refs/", "times": 2, "status": 422,
                "body":
                    #"{"message":"Update is not a fast forward","documentation_url":"https://docs.github.com/rest"}"#,
            ])
            #expect(try await gitHub.repository().commit(FolderChange("apps/x", ["a": "1"])).isNew)
            #expect(try await gitHub.requestsSeen("PATCH") == 3)
        }
    }

    @Test func `finds its own commit after a reply that got lost`() async throws {
        try await GitHubLoopback.run { gitHub in
            try await gitHub.addFault([
                "method": "PATCH", "path": "/git/refs/", "status": 502, "body": "<html>", "afterApplying": true,
            ])
            // Nor does the branch say at once whether it moved.
            try await gitHub.addFault(["method": "GET", "path": "/git/ref/", "status": 502, "body": "<html>"])
            let repository = try gitHub.repository()
            await #expect(throws: ProviderError.self) {
                try await repository.commit(FolderChange("apps/x", ["a": "1"]))
            }
            let count = try await gitHub.commitCount()
            let evidence = try await repository.commit(FolderChange("apps/x", ["a": "1"]))
            #expect(!evidence.isNew)
            #expect(try await gitHub.git("rev-parse", "main").hasPrefix(evidence.commit))
            #expect(try await gitHub.commitCount() == count)
        }
    }

    @Test func `shares one commit among the changes that wait`() async throws {
        try await GitHubLoopback.run { gitHub in
            let before = try await gitHub.commitCount()
            let repository = try gitHub.repository()
            let commits = try await withThrowingTaskGroup { group in
                for index in 0..<20 {
                    group.addTask { try await repository.commit(FolderChange("apps/\(index)", ["a": "\(index)"])) }
                }
                var commits: [CommitEvidence] = []
                for try await evidence in group { commits.append(evidence) }
                return commits
            }
            #expect(commits.count == 20 && commits.allSatisfy(\.isNew))
            let made = try await gitHub.commitCount() - before
            #expect(made < 10 && made == Set(commits.map(\.commit)).count)
            for index in 0..<20 { #expect(try await gitHub.git("show", "main:apps/\(index)/a") == "\(index)") }
        }
    }

    @Test func `does not let one bad change fail those that wait with it`() async throws {
        try await GitHubLoopback.run { gitHub in
            // The first commit is one change alone, which is refused; what waits meanwhile comes in the second, which is
            // refused too and tried one by one.
            let repository = try gitHub.repository()
            try await gitHub.addFault([
                "method": "POST", "path": "/git/trees", "times": 2, "status": 422,
                "body": #"{"message":"Repository rule violations found","documentation_url":"x"}"#,
            ])
            let outcomes = await withTaskGroup { group in
                for index in 0..<5 {
                    group.addTask {
                        do throws(ProviderError) {
                            return try await repository.commit(FolderChange("apps/\(index)", ["a": "1"])).isNew
                        } catch {
                            return false
                        }
                    }
                }
                var outcomes: [Bool] = []
                for await outcome in group { outcomes.append(outcome) }
                return outcomes
            }
            #expect(outcomes.filter { $0 }.count == 4)
        }
    }
}

/// Goes on where GitHub says to try again, as effects do.
private func insist(_ repository: GitHubRepository, _ change: FolderChange) async throws -> CommitEvidence {
    for _ in 0..<20 {
        do throws(ProviderError) {
            return try await repository.commit(change)
        } catch {
            if case .refused = error { throw error }
        }
    }
    return try await repository.commit(change)
}
