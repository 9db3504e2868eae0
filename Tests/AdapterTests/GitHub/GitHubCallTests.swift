import Application
import EventSourcing
import FoundationEssentials
import GitHub
import HTTPTypes
import Testing

@Suite struct `Calls of GitHub's API` {
    private let configuration: GitHubConfiguration

    init() throws {
        configuration = try #require(
            GitHubConfiguration(
                apiURL: "http://127.0.0.1:9/api/v3/", owner: "acme", repository: "clusters", branch: "release/1 a",
                authentication: .token("ghp_x")))
    }

    @Test func `name API version, media type and user agent`() {
        let request = GitHubCall.commit(configuration, "abc").request(for: configuration, bearer: "ghp_x")
        #expect(request.method == .get)
        #expect(request.path == "/api/v3/repos/acme/clusters/git/commits/abc")
        #expect(request.authority == "127.0.0.1:9")
        #expect(request.headerFields[.authorization] == "Bearer ghp_x")
        #expect(request.headerFields[.accept] == "application/vnd.github+json")
        #expect(request.headerFields[.userAgent] == "deploycenter")
        #expect(HTTPField.Name("x-github-api-version").flatMap { request.headerFields[$0] } == "2026-03-10")
        #expect(request.headerFields[.contentType] == nil)
    }

    @Test func `keep the slashes of a branch's name and encode the rest`() {
        #expect(path(.reference(configuration)) == "/api/v3/repos/acme/clusters/git/ref/heads/release/1%20a")
        #expect(
            path(.moveBranch(configuration, to: "abc")) == "/api/v3/repos/acme/clusters/git/refs/heads/release/1%20a")
    }

    @Test func `ask for the last commit that touched a folder`() {
        #expect(
            path(.lastCommit(configuration, touching: "customers/a b", from: "abc"))
                == "/api/v3/repos/acme/clusters/commits?path=customers%2Fa%20b&per_page=1&sha=abc")
    }

    @Test func `leave recursive out where it is not wanted, because any value means yes`() {
        #expect(path(.tree(configuration, "abc", recursive: true)).hasSuffix("/git/trees/abc?recursive=1"))
        #expect(path(.tree(configuration, "abc", recursive: false)).hasSuffix("/git/trees/abc"))
    }

    @Test func `make a tree upon another, or every other file would be gone`() {
        let gone = GitTree.Entry(path: "b", mode: "100755", type: "blob", sha: "0")
        let call = GitHubCall.makeTree(
            configuration, base: "base", changes: [.write("f/a", "text"), .remove(gone, at: "f/b")])
        #expect(
            call.body == [
                "base_tree": "base",
                "tree": [
                    ["path": "f/a", "mode": "100644", "type": "blob", "content": "text"],
                    ["path": "f/b", "mode": "100755", "type": "blob", "sha": nil],
                ],
            ])
    }

    @Test func `never force the branch, and let GitHub sign the commit`() {
        #expect(GitHubCall.moveBranch(configuration, to: "abc").body == ["sha": "abc", "force": false])
        #expect(
            GitHubCall.makeCommit(configuration, message: "m", tree: "t", parent: "p").body
                == ["message": "m", "tree": "t", "parents": ["p"]])
    }

    @Test func `ask an installation for this repository only`() {
        let call = GitHubCall.installationToken(configuration, installation: 7)
        #expect(path(call) == "/api/v3/app/installations/7/access_tokens")
        #expect(call.body == ["repositories": ["clusters"], "permissions": ["contents": "write"]])
    }

    @Test func `send only what GitHub's description of the API names`() throws {
        guard let contract = Contract("github-rest-subset-2026-03-10.json") else { return }
        let tree = GitHubCall.makeTree(configuration, base: "b", changes: [.write("f/a", "text")])
        try contract.expect(tree.body, fits: "ReposOwnerRepoGitTreesPostBody")
        try contract.expect(tree.body?["tree"]?.array?.first, fits: "ReposOwnerRepoGitTreesPostBodyPropTreeItems")
        try contract.expect(
            GitHubCall.makeCommit(configuration, message: "m", tree: "t", parent: "p").body,
            fits: "ReposOwnerRepoGitCommitsPostBody")
        try contract.expect(
            GitHubCall.moveBranch(configuration, to: "a").body, fits: "ReposOwnerRepoGitRefsRefPatchBody")
        try contract.expect(
            GitHubCall.installationToken(configuration, installation: 7).body,
            fits: "AppInstallationsInstallationIdAccessTokensPostBody")
    }

    private func path(_ call: GitHubCall) -> String {
        call.request(for: configuration, bearer: "").path ?? ""
    }
}

/// A vendor's specification, where it lies beside the repository; a check that needs it skips itself elsewhere.
struct Contract {
    private let json: JSONValue

    init?(_ name: String, file: String = #filePath) {
        let root = URL(filePath: file).deletingLastPathComponent().appending(path: "../../../..").standardized
        let path = root.appending(path: "shared/contracts/\(name)")
        guard let bytes = try? Data(contentsOf: path), let json = try? JSONDecoder().decode(JSONValue.self, from: bytes)
        else {
            print("skipped: \(path.path()) is not here")
            return nil
        }
        self.json = json
    }

    /// Every member is one that the schema names, and every member that it requires is there.
    func expect(
        _ value: JSONValue?, fits schema: String, location: SourceLocation = #_sourceLocation
    ) throws {
        let definition = try #require((json["schemas"] ?? json["definitions"])?[schema], sourceLocation: location)
        let members = try #require(value?.object, sourceLocation: location)
        let known = Set(try #require(definition["properties"]?.object).keys)
        #expect(Set(members.keys).subtracting(known).isEmpty, sourceLocation: location)
        let required = Set((definition["required"]?.array ?? []).compactMap(\.string))
        #expect(required.subtracting(members.keys).isEmpty, sourceLocation: location)
    }
}
