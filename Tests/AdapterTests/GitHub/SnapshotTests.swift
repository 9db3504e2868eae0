import Application
import GitHub
import Testing

@Suite struct `A snapshot of a folder on GitHub` {
    @Test func `holds all of its files at the branch's head`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            _ = try await repository.commit(FolderChange("apps/x", ["a.yaml": "ä: 1\n", "d/b.yaml": "b: 2\n"]))
            let other = try await repository.commit(FolderChange("apps/xy", ["c.yaml": "c: 3\n"]))
            let seen = try await repository.snapshot(of: "apps/x", known: [:])
            #expect(seen == FolderSnapshot(head: other.commit, files: ["a.yaml": "ä: 1\n", "d/b.yaml": "b: 2\n"]))
            #expect(
                try await repository.snapshot(of: "apps/none", known: ["a": "1"])
                    == FolderSnapshot(head: other.commit, files: [:]))
        }
    }

    @Test func `fetches only what is not known already`() async throws {
        try await GitHubLoopback.run { gitHub in
            let repository = try gitHub.repository()
            let files = ["a": "1\n", "b": "2\n", "c": "3\n"]
            _ = try await repository.commit(FolderChange("apps/x", files))
            func requests(known: [String: String]) async throws -> Int {
                let before = try await gitHub.requestsSeen("GET")
                #expect(try await repository.snapshot(of: "apps/x", known: known).files == files)
                return try await gitHub.requestsSeen("GET") - before
            }
            let all = try await requests(known: [:])
            #expect(try await requests(known: files) == all - 3)
            #expect(try await requests(known: ["a": "1\n", "b": "another", "d": "4"]) == all - 1)
        }
    }
}
