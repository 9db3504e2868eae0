import Application
import EventSourcing
import GitHub
import Simulators
import Testing

@Suite(.timeLimit(.minutes(15))) struct `Commits of many deployments` {
    @Test func `take three calls each, and few for fifty that wait`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            _ = try await repository.commit(FolderChange("deployments/warm", ["a": "1"]))
            let callsBefore = try await calls(gitHub)
            let commitsBefore = try await gitHub.commitCount()
            let evidence = try await commitAll(fifty, repository)
            let commits = try await gitHub.commitCount() - commitsBefore
            #expect(commits == Set(evidence.map(\.commit)).count)
            #expect(commits <= 3, "\(commits) commits")
            #expect(try await calls(gitHub) - callsBefore == 3 * commits)
            #expect(try await gitHub.files().count { $0.hasPrefix("deployments/d") } == 100)
        }
    }

    @Test func `name each deployment with its lines, as git reads them`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            let evidence = try await commitAll(fifty, repository)
            var named: [String: String] = [:]
            for commit in Set(evidence.map(\.commit)) {
                let lines = try await gitHub.git("log", "-1", "--format=%(trailers:only,unfold)", commit)
                var deployment = ""
                for line in lines.split(separator: "\n") {
                    let parts = line.split(separator: ": ", maxSplits: 1).map(String.init)
                    if parts[0] == "DeployCenter-Deployment" { deployment = parts[1] }
                    if parts[0] == "DeployCenter-Event" { named[deployment] = parts[1] }
                }
            }
            let wanted = fifty.map { ($0.folder, $0.trailers[1].value) }
            #expect(named == Dictionary(uniqueKeysWithValues: wanted))
        }
    }

    @Test func `build upon the push of a stranger, though the branch was remembered`() async throws {
        try await GitHubLoopback.run { gitHub in
            let (one, other) = (try gitHub.repository(), try gitHub.repository())
            _ = try await one.commit(FolderChange("deployments/a", ["f": "1"]))
            _ = try await other.commit(FolderChange("deployments/b", ["f": "1"]))
            // What the first remembers is out of date: that is noticed both by a push and by finding nothing to do.
            #expect(try await one.commit(FolderChange("deployments/c", ["f": "1"])).isNew)
            _ = try await other.commit(FolderChange("deployments/c", ["f": "2"]))
            #expect(try await one.commit(FolderChange("deployments/c", ["f": "1"])).isNew)
            #expect(try await gitHub.git("show", "main:deployments/c/f") == "1")
            #expect(try await gitHub.files().contains("deployments/b/f"))
        }
    }

    @Test func `find the one that a rule of the repository is against, and do the others`() async throws {
        try await GitHubLoopback.run(configure: { $0.restrictedPaths = ["deployments/d7/"] }) { gitHub in
            let repository = try gitHub.repository()
            let outcomes = await outcomes(fifty, repository)
            for (folder, outcome) in outcomes {
                switch outcome {
                case .success(let evidence): #expect(evidence.isNew && folder != "deployments/d7")
                case .failure(.refused): #expect(folder == "deployments/d7")
                case .failure(let error): Issue.record("\(folder): \(error)")
                }
            }
            #expect(try await gitHub.files().count { $0.hasPrefix("deployments/d") } == 98)
        }
    }

    @Test func `begin the history of an empty repository`() async throws {
        try await GitHubLoopback.run { gitHub in
            _ = try await gitHub.git("update-ref", "-d", "refs/heads/main")
            #expect(try await gitHub.repository().commit(FolderChange("deployments/a", ["f": "1"])).isNew)
            #expect(try await gitHub.files() == ["README.md", "deployments/a/f"])
        }
    }

    @Test func `know a push whose answer was lost by the branch`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            try await gitHub.addFault([
                "method": "PATCH", "path": "/git/refs/", "status": 502, "body": "<html>", "afterApplying": true,
            ])
            let before = try await gitHub.commitCount()
            let evidence = try await repository.commit(FolderChange("deployments/a", ["f": "1"]))
            #expect(evidence.isNew)
            #expect(try await gitHub.git("rev-parse", "main").hasPrefix(evidence.commit))
            #expect(try await gitHub.commitCount() == before + 1)
        }
    }

    @Test func `leave GitHub alone as long as it asks for`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            try await gitHub.addFault([
                "method": "POST", "path": "/git/trees", "status": 403, "headers": ["retry-after": "30"],
                "body": #"{"message":"You have exceeded a secondary rate limit.","documentation_url":"x"}"#,
            ])
            let change = FolderChange("deployments/a", ["f": "1"])
            await #expect(throws: ProviderError.self) { try await repository.commit(change) }
            let calls = try await calls(gitHub)
            await #expect {
                try await repository.commit(change)
            } throws: {
                if case .throttled(_, let after?) = $0 as? ProviderError { after == .seconds(30) } else { false }
            }
            #expect(try await self.calls(gitHub) == calls)
            gitHub.clock.advance(.seconds(31))
            #expect(try await repository.commit(change).isNew)
        }
    }

    private let fifty = (0..<50).map { index in
        FolderChange(
            folder: "deployments/d\(index)", files: ["a.yaml": "a: \(index)\n", "b/c.yaml": "c: 1\n"],
            subject: "deploy d\(index)",
            trailers: [
                .init("DeployCenter-Deployment", "deployments/d\(index)"), .init("DeployCenter-Event", "e\(index)"),
                .init("Requested-by", "ana"),
            ])
    }

    private func commitAll(
        _ changes: [FolderChange], _ repository: GitHubRepository
    ) async throws -> [CommitEvidence] {
        try await outcomes(changes, repository).map { try $0.1.get() }
    }

    private func outcomes(
        _ changes: [FolderChange], _ repository: GitHubRepository
    ) async -> [(String, Result<CommitEvidence, ProviderError>)] {
        await withTaskGroup(of: (String, Result<CommitEvidence, ProviderError>).self) { group in
            for change in changes {
                group.addTask {
                    do throws(ProviderError) {
                        return (change.folder, .success(try await repository.commit(change)))
                    } catch {
                        return (change.folder, .failure(error))
                    }
                }
            }
            var outcomes: [(String, Result<CommitEvidence, ProviderError>)] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }

    private func calls(_ gitHub: GitHubLoopback) async throws -> Int {
        var calls = 0
        for method in ["POST", "PATCH", "PUT"] { calls += try await gitHub.requestsSeen(method) }
        return calls + (try await gitHub.requestsSeen("GET"))
    }
}
