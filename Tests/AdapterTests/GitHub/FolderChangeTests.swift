import Application
import GitHub
import Testing

@Suite struct `Changing a folder in Git` {
    @Test(arguments: [
        ("", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
        ("hello\n", "ce013625030ba8dba906f756967f9e9ca394464a"),
        ("ä\n", "8be8316c70848caa99b9b3086c64976e82d1c17d"),
    ])
    func `names content as git hash-object does`(content: String, sha: String) {
        #expect(GitBlob.sha(of: content) == sha)
    }

    @Test func `changes nothing where the folder holds the files already`() {
        #expect(change(["a": "1", "d/b": "2"]).changes(from: [blob("a", "1"), tree("d"), blob("d/b", "2")]) == [])
    }

    @Test func `writes what is new or different and removes what is not wanted`() {
        let changes = change(["a": "1", "b": "new", "c": "2"])
            .changes(from: [blob("a", "1"), blob("b", "old"), tree("d"), blob("d/e", "3")])
        #expect(
            changes == [
                .write("apps/x/b", "new"), .write("apps/x/c", "2"), .remove(blob("d/e", "3"), at: "apps/x/d/e"),
            ])
    }

    @Test func `writes a file anew that was executable or a link`() {
        let script = GitTree.Entry(path: "a", mode: "100755", type: "blob", sha: GitBlob.sha(of: "1"))
        #expect(change(["a": "1"]).changes(from: [script]) == [.write("apps/x/a", "1")])
    }

    @Test func `empties a folder by removing each file`() {
        #expect(
            change([:]).changes(from: [tree("d"), blob("d/e", "3")]) == [.remove(blob("d/e", "3"), at: "apps/x/d/e")])
    }

    @Test func `removes nothing that a new file replaces`() {
        #expect(change(["d": "1"]).changes(from: [tree("d"), blob("d/e", "3")]) == [.write("apps/x/d", "1")])
        #expect(change(["d/e": "1"]).changes(from: [blob("d", "3")]) == [.write("apps/x/d/e", "1")])
    }

    @Test(arguments: ["../a", "a//b", "/a", "a/", ".git/config", "A/.GIT/x", ".", ""])
    func `refuses paths that Git cannot hold`(path: String) {
        #expect(change([path: "1"]).defect != nil)
    }

    @Test func `takes ordinary paths`() {
        #expect(change(["values.yaml": "1", "templates/.helmignore": "", ".github/x": ""]).defect == nil)
    }

    private func change(_ files: [String: String]) -> FolderChange {
        FolderChange(folder: "apps/x", files: files, subject: "s", trailers: [])
    }

    private func blob(_ path: String, _ content: String) -> GitTree.Entry {
        GitTree.Entry(path: path, mode: "100644", type: "blob", sha: GitBlob.sha(of: content))
    }

    private func tree(_ path: String) -> GitTree.Entry {
        GitTree.Entry(path: path, mode: "040000", type: "tree", sha: "0")
    }
}

@Suite struct `A commit's message` {
    @Test func `is the change's own where there is one`() {
        #expect(
            CommitMessage.text(for: [
                change("Deploy acme-shop", [.init("Requested-by", "ana"), .init("Approved-by", "bo")])
            ])
                == "Deploy acme-shop\n\nRequested-by: ana\nApproved-by: bo")
    }

    @Test func `lists the changes that share a commit, with all trailers at the end`() {
        #expect(
            CommitMessage.text(for: [change("One", [.init("K", "1")]), change("Two", [.init("K", "2")])])
                == "Apply 2 changes\n\n* One\n* Two\n\nK: 1\nK: 2")
    }

    @Test func `cannot be made to forge a trailer`() {
        #expect(
            CommitMessage.text(for: [change("S\nApproved-by: x", [.init("Reason", "r\r\nApproved-by: x\u{2028}y")])])
                == "S Approved-by: x\n\nReason: r  Approved-by: x y")
    }

    private func change(_ subject: String, _ trailers: [FolderChange.Trailer]) -> FolderChange {
        FolderChange(folder: "f", files: [:], subject: subject, trailers: trailers)
    }
}
