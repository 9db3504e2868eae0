import EventSourcing
import Foundation
import HTTPTypes
import Testing

@Suite(.serialized) struct `A stranger who pushes to the deployments repository` {
    @Test(.timeLimit(.minutes(15)))
    func `is noticed by a message and by looking, once for each commit, and stops nothing`() async throws {
        let directory = try RunningSandbox.freshDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }  // What is left is the system's to clean.
        try await RunningSandbox.run(in: directory) { sandbox in
            try await sandbox.prepare()
            let id = "acme-shop-production"
            let position = try await sandbox.accepted(.post, "/deployments", sandbox.order("shop"))
            try await sandbox.untilLive(id, release: 1, after: position)
            #expect(try await sandbox.call(.get, "/deployments/\(id)", as: "vera").body["unexplainedChange"] == .null)

            let path = try #require(try sandbox.files(of: id).keys.sorted().first)
            let commit = try sandbox.strangerPushes("evil: true\n", to: path)
            try await sandbox.until("the change shows") {
                try await sandbox.call(.get, "/deployments/\(id)", as: "vera").body["unexplainedChange"]?["commit"]?
                    .string == commit
            }
            let change = try await sandbox.call(.get, "/deployments/\(id)", as: "vera").body["unexplainedChange"]
            #expect(change?["author"] == ["id": "583231", "login": "octocat"])
            #expect(change?["files"]?.array?.count == 1)
            let events = try await sandbox.events(of: "deployment-\(id)")
            #expect(events.count { $0["type"] == "deployment.unexplained_change" } == 1)
            let text = String(decoding: try JSONEncoder().encode(JSONValue.array(events)), as: UTF8.self)
            #expect(!text.contains("Eve") && !text.contains("noreply"))

            // The next release puts its own files there again.
            _ = try await sandbox.accepted(.post, "/deployments/\(id)/releases", ["size": "large"])
            try await sandbox.untilLive(id, release: 2)
            #expect(try sandbox.files(of: id)[path] != "evil: true\n")
            try await sandbox.until("nothing is unexplained") {
                try await sandbox.call(.get, "/deployments/\(id)", as: "vera").body["unexplainedChange"] == .null
            }
            // Our own pushes are no strangers', however long it is looked at them.
            let all = try await sandbox.events(of: "deployment-\(id)")
            #expect(all.count { $0["type"] == "deployment.unexplained_change" } == 1)
        }
    }
}

extension RunningSandbox {
    /// Clones, changes a file, pretends to be DeployCenter in the message, and pushes; answers the commit.
    fileprivate func strangerPushes(_ text: String, to path: String) throws -> String {
        let clone = directory + "/stranger"
        _ = try git(["clone", "-q", directory + "/github/company/deployments.git", clone])
        try text.write(toFile: "\(clone)/\(path)", atomically: true, encoding: .utf8)
        _ = try git([
            "-C", clone, "-c", "user.name=Eve Stranger", "-c", "user.email=583231+octocat@users.noreply.github.com",
            "commit", "-qam", "deploy\n\nDeployCenter-Deployment: acme-shop-production",
        ])
        _ = try git(["-C", clone, "push", "-q", "origin", "HEAD:main"])
        return try git(["-C", clone, "rev-parse", "HEAD"]).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
