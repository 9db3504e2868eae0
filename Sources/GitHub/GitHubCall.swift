import Cryptography
package import EventSourcing
import FoundationEssentials
import HTTPClient
package import HTTPTypes

/// One request of GitHub's REST API, before it is known where and as whom it is sent.
package struct GitHubCall: Equatable, Sendable {
    package let method: HTTPRequest.Method
    package let segments: [String]
    package var query: [String: String] = [:]
    package var body: JSONValue?

    /// The version of the REST API that this is written to.
    package static let apiVersion = "2026-03-10"

    package func request(for configuration: GitHubConfiguration, bearer: String) -> HTTPRequest {
        var request = configuration.api.request(
            method, segments, query: query.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
        request.headerFields[.accept] = "application/vnd.github+json"
        request.headerFields[.authorization] = "Bearer \(bearer)"
        // GitHub refuses requests without a user agent.
        request.headerFields[.userAgent] = "deploycenter"
        if let name = HTTPField.Name("X-GitHub-Api-Version") { request.headerFields[name] = Self.apiVersion }
        if body != nil { request.headerFields[.contentType] = "application/json" }
        return request
    }

    /// The body's bytes, in one spelling for equal values.
    package func encodedBody() throws -> [UInt8]? {
        guard let body else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(body))
    }
}

extension GitHubCall {
    package static func reference(_ configuration: GitHubConfiguration) -> GitHubCall {
        repository(.get, configuration, ["git", "ref", "heads"] + configuration.branchSegments)
    }

    package static func branch(_ configuration: GitHubConfiguration) -> GitHubCall {
        repository(.get, configuration, ["branches"] + configuration.branchSegments)
    }

    /// The one way to make a commit where there is none: trees and commits are refused in an empty repository.
    package static func firstFile(_ configuration: GitHubConfiguration) -> GitHubCall {
        var call = repository(.put, configuration, ["contents", "README.md"])
        let text = "# Deployments\n\nWhat runs where, written by DeployCenter; Argo CD follows it.\n"
        call.body = [
            "message": "Begin the history", "content": .string(Array(text.utf8).base64),
            "branch": .string(configuration.branch),
        ]
        return call
    }

    package static func commit(_ configuration: GitHubConfiguration, _ sha: String) -> GitHubCall {
        repository(.get, configuration, ["git", "commits", sha])
    }

    package static func tree(_ configuration: GitHubConfiguration, _ sha: String, recursive: Bool) -> GitHubCall {
        // GitHub takes any value of `recursive`, even 0, for yes; so it is there or it is not.
        repository(.get, configuration, ["git", "trees", sha], query: recursive ? ["recursive": "1"] : [:])
    }

    package static func blob(_ configuration: GitHubConfiguration, _ sha: String) -> GitHubCall {
        repository(.get, configuration, ["git", "blobs", sha])
    }

    /// With the commits of the page, the oldest first; files come with the first page.
    package static func compare(
        _ configuration: GitHubConfiguration, _ base: String, _ head: String, page: Int, perPage: Int
    ) -> GitHubCall {
        repository(
            .get, configuration, ["compare", "\(base)...\(head)"], query: ["page": "\(page)", "per_page": "\(perPage)"])
    }

    /// With the files of the page.
    package static func commitDetails(
        _ configuration: GitHubConfiguration, _ sha: String, page: Int, perPage: Int
    ) -> GitHubCall {
        repository(.get, configuration, ["commits", sha], query: ["page": "\(page)", "per_page": "\(perPage)"])
    }

    /// The last commit up to `head` that touched the folder.
    package static func lastCommit(
        _ configuration: GitHubConfiguration, touching folder: String, from head: String
    ) -> GitHubCall {
        repository(.get, configuration, ["commits"], query: ["path": folder, "sha": head, "per_page": "1"])
    }

    package static func makeTree(
        _ configuration: GitHubConfiguration, base: String, changes: [TreeChange]
    ) -> GitHubCall {
        var call = repository(.post, configuration, ["git", "trees"])
        call.body = ["base_tree": .string(base), "tree": .array(changes.map(\.json))]
        return call
    }

    /// Author and committer are left out, so that GitHub signs what an App commits.
    package static func makeCommit(
        _ configuration: GitHubConfiguration, message: String, tree: String, parent: String
    ) -> GitHubCall {
        var call = repository(.post, configuration, ["git", "commits"])
        call.body = ["message": .string(message), "tree": .string(tree), "parents": [.string(parent)]]
        return call
    }

    package static func moveBranch(_ configuration: GitHubConfiguration, to sha: String) -> GitHubCall {
        var call = repository(.patch, configuration, ["git", "refs", "heads"] + configuration.branchSegments)
        call.body = ["sha": .string(sha), "force": false]
        return call
    }

    /// A token for this one repository and no more rights than commits need.
    package static func installationToken(_ configuration: GitHubConfiguration, installation: Int64) -> GitHubCall {
        GitHubCall(
            method: .post, segments: ["app", "installations", String(installation), "access_tokens"],
            body: ["repositories": [.string(configuration.repository)], "permissions": ["contents": "write"]])
    }

    private static func repository(
        _ method: HTTPRequest.Method, _ configuration: GitHubConfiguration, _ rest: [String],
        query: [String: String] = [:]
    ) -> GitHubCall {
        GitHubCall(
            method: method, segments: ["repos", configuration.owner, configuration.repository] + rest, query: query)
    }
}

extension GitHubConfiguration {
    /// A branch's name may have slashes, which stay slashes in the path.
    var branchSegments: [String] { branch.split(separator: "/").map(String.init) }
}
