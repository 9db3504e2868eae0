import Application
import EventSourcing
import GitHub
import Simulators
import Testing

@Suite struct `Talking to GitHub` {
    @Test func `as an App asks for one token for many calls`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository(app(gitHub))
            #expect(try await repository.commit(FolderChange("apps/x", ["a": "1"])).isNew)
            let afterOne = try await gitHub.requestsSeen("POST")
            #expect(try await repository.commit(FolderChange("apps/x", ["a": "2"])).isNew)
            // Tree and commit; the first time the token came with them.
            #expect(try await gitHub.requestsSeen("POST") - afterOne == 2)
        }
    }

    @Test func `as an App asks for a new token before the old one ends`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository(app(gitHub))
            _ = try await repository.commit(FolderChange("apps/x", ["a": "1"]))
            let afterOne = try await gitHub.requestsSeen("POST")
            gitHub.clock.advance(.seconds(56 * 60))
            _ = try await repository.commit(FolderChange("apps/x", ["a": "2"]))
            #expect(try await gitHub.requestsSeen("POST") - afterOne == 3)
        }
    }

    @Test func `as an App replaces a token that was withdrawn`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository(app(gitHub))
            _ = try await repository.commit(FolderChange("apps/x", ["a": "1"]))
            try await gitHub.addFault([
                "method": "GET", "path": "/git/ref/", "status": 401, "body": #"{"message":"Bad credentials"}"#,
            ])
            #expect(try await repository.commit(FolderChange("apps/x", ["a": "2"])).isNew)
        }
    }

    @Test func `stops at a token that is not taken, without repeating it`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository(.token("ghp_wrong"))
            await expectRefusal(repository, "401", not: "ghp_wrong")
            let app = try gitHub.repository(.app(id: "1", installationID: 4711, privateKeyPEM: "no key"))
            await expectRefusal(app, "private key", not: "no key")
        }
    }

    @Test func `names a branch that is not there`() async throws {
        try await GitHubLoopback.run { gitHub in
            await expectRefusal(try gitHub.repository(branch: "gone"), "is there a branch gone")
        }
    }

    @Test func `waits as long as a rate limit says`() async throws {
        try await GitHubLoopback.run { gitHub in
            try await gitHub.addFault([
                "method": "POST", "path": "/git/trees", "status": 403,
                "body": #"{"message":"You have exceeded a secondary rate limit."}"#, "headers": ["Retry-After": "17"],
            ])
            let repository = try gitHub.repository()
            do throws(ProviderError) {
                _ = try await repository.commit(FolderChange("apps/x", ["a": "1"]))
                Issue.record("committed")
            } catch .throttled(_, let after) {
                #expect(after == .seconds(17))
            } catch {
                Issue.record(error)
            }
        }
    }

    @Test func `reads a folder of a repository too large for one list`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            _ = try await repository.commit(FolderChange("apps/x", ["a": "1", "d/b": "2", "d/e/f": "3"]))
            // The whole repository and the folder are cut off; the folder's own subfolders are not.
            try await gitHub.addFault([
                "method": "GET", "path": "recursive=1", "times": 2, "status": 200,
                "body":
                    #"{"sha":"0","truncated":true,"tree":[{"path":"apps/x/a","mode":"100644","type":"blob","sha":"0"}]}"#,
            ])
            let same = try await repository.commit(FolderChange("apps/x", ["a": "1", "d/b": "2", "d/e/f": "3"]))
            #expect(!same.isNew)
            try await gitHub.addFault([
                "method": "GET", "path": "recursive=1", "times": 1, "status": 200,
                "body": #"{"sha":"0","truncated":true,"tree":[]}"#,
            ])
            _ = try await repository.commit(FolderChange("apps/x", ["a": "1", "d/e/f": "4"]))
            #expect(try await gitHub.files().filter { $0.hasPrefix("apps/") } == ["apps/x/a", "apps/x/d/e/f"])
        }
    }

    private func app(_ gitHub: GitHubLoopback) -> GitHubAuthentication {
        .app(id: "424242", installationID: 4711, privateKeyPEM: gitHub.simulator.appPrivateKeyPEM)
    }

    private func expectRefusal(
        _ repository: GitHubRepository, _ text: String, not secret: String? = nil,
        location: SourceLocation = #_sourceLocation
    ) async {
        do throws(ProviderError) {
            _ = try await repository.commit(FolderChange("apps/x", ["a": "1"]))
            Issue.record("committed", sourceLocation: location)
        } catch .refused(let reason) {
            #expect(reason.contains(text), sourceLocation: location)
            if let secret { #expect(!reason.contains(secret), sourceLocation: location) }
        } catch {
            Issue.record(error, sourceLocation: location)
        }
    }
}
