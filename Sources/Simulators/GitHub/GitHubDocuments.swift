import Cryptography
import EventSourcing

/// The JSON shapes of GitHub's REST API, version 2026-03-10, with all members that its schemas require.
struct GitHubDocuments: Sendable {
    /// Scheme and host as the caller addressed us; links lead back to it.
    let host: String
    let owner: String
    let repository: String

    var api: String { "\(host)/repos/\(owner)/\(repository)" }
    var page: String { "\(host)/\(owner)/\(repository)" }

    func nodeID(_ kind: String, _ id: String) -> JSONValue { .string(Array("\(kind):\(id)".utf8).base64) }

    func reference(_ name: String, sha: String, type: String = "commit") -> JSONValue {
        [
            "ref": .string(name), "node_id": nodeID("Ref", name), "url": "\(api)/git/\(name)",
            "object": ["sha": .string(sha), "type": .string(type), "url": "\(api)/git/\(type)s/\(sha)"],
        ]
    }

    /// Commits made here carry no signature, and say so.
    private var verification: JSONValue {
        ["verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil]
    }

    /// A commit of the Git database API.
    func gitCommit(_ commit: GitCommitRecord) -> JSONValue {
        [
            "sha": .string(commit.sha), "node_id": nodeID("Commit", commit.sha),
            "url": "\(api)/git/commits/\(commit.sha)", "html_url": "\(page)/commit/\(commit.sha)",
            "author": commit.author.document, "committer": commit.committer.document,
            "message": .string(commit.message), "tree": tree(commit), "verification": verification,
            "parents": parents(commit, api: "\(api)/git/commits"),
        ]
    }

    /// A commit of the repositories API.
    func commit(_ commit: GitCommitRecord) -> JSONValue {
        [
            "url": "\(api)/commits/\(commit.sha)", "sha": .string(commit.sha),
            "node_id": nodeID("Commit", commit.sha), "html_url": "\(page)/commit/\(commit.sha)",
            "comments_url": "\(api)/commits/\(commit.sha)/comments",
            "commit": [
                "url": "\(api)/git/commits/\(commit.sha)", "author": commit.author.document,
                "committer": commit.committer.document, "message": .string(commit.message), "comment_count": 0,
                "tree": tree(commit), "verification": verification,
            ],
            "author": account(commit.author), "committer": account(commit.committer),
            "parents": parents(commit, api: "\(api)/commits"),
        ]
    }

    /// The account that a commit's address belongs to: here only GitHub's own addresses say so, `<id>+<login>@users.noreply.github.com`.
    private func account(_ person: GitCommitRecord.Person) -> JSONValue {
        let parts = person.email.split(separator: "@", maxSplits: 1)
        let name = (parts.first ?? "").split(separator: "+", maxSplits: 1)
        guard parts.count == 2, parts[1] == "users.noreply.github.com", name.count == 2, let id = Int64(name[0]) else {
            return .null
        }
        return user(String(name[1]), id: id, type: name[1].hasSuffix("[bot]") ? "Bot" : "User")
    }

    private func tree(_ commit: GitCommitRecord) -> JSONValue {
        ["sha": .string(commit.tree), "url": "\(api)/git/trees/\(commit.tree)"]
    }

    private func parents(_ commit: GitCommitRecord, api: String) -> JSONValue {
        .array(
            commit.parents.map {
                ["sha": .string($0), "url": "\(api)/\($0)", "html_url": "\(page)/commit/\($0)"]
            })
    }

    func tree(_ sha: String, _ entries: [Repository.Entry]) -> JSONValue {
        [
            "sha": .string(sha), "url": "\(api)/git/trees/\(sha)", "truncated": false,
            "tree": .array(
                entries.map { entry in
                    var item: JSONValue = [
                        "path": .string(entry.path), "mode": .string(entry.mode), "type": .string(entry.type),
                        "sha": .string(entry.sha), "url": "\(api)/git/\(entry.type)s/\(entry.sha)",
                    ]
                    if let size = entry.size { item = item.merging(["size": .integer(Int64(size))]) }
                    return item
                }),
        ]
    }

    func blob(_ sha: String, bytes: [UInt8]) -> JSONValue {
        [
            "sha": .string(sha), "node_id": nodeID("Blob", sha), "url": "\(api)/git/blobs/\(sha)",
            "size": .integer(Int64(bytes.count)), "content": .string(bytes.base64), "encoding": "base64",
        ]
    }

    func file(_ entry: Repository.Entry, reference: String, bytes: [UInt8]?) -> JSONValue {
        let url = "\(api)/contents/\(entry.path)?ref=\(reference)"
        let git = "\(api)/git/\(entry.type)s/\(entry.sha)"
        let html = "\(page)/blob/\(reference)/\(entry.path)"
        var document: JSONValue = [
            "type": entry.type == "tree" ? "dir" : "file", "size": .integer(Int64(entry.size ?? 0)),
            "name": .string(String(entry.path.split(separator: "/").last ?? "")), "path": .string(entry.path),
            "sha": .string(entry.sha), "url": .string(url), "git_url": .string(git), "html_url": .string(html),
            "download_url": entry.type == "tree" ? nil : "\(page)/raw/\(reference)/\(entry.path)",
            "_links": ["self": .string(url), "git": .string(git), "html": .string(html)],
        ]
        if let bytes { document = document.merging(["encoding": "base64", "content": .string(bytes.base64)]) }
        return document
    }

    func user(_ login: String, id: Int64 = 1001, type: String = "Organization") -> JSONValue {
        let url = "\(host)/users/\(login)"
        let links = [
            "followers", "gists", "starred", "subscriptions", "repos", "events", "received_events",
        ]
        var members = Dictionary(uniqueKeysWithValues: links.map { ("\($0)_url", JSONValue.string("\(url)/\($0)")) })
        members["following_url"] = "\(url)/following{/other_user}"
        members["organizations_url"] = "\(url)/orgs"
        return JSONValue.object(members).merging([
            "login": .string(login), "id": .integer(id), "node_id": nodeID(type, login),
            "avatar_url": "\(host)/avatars/\(login)", "gravatar_id": "", "url": .string(url),
            "html_url": "\(host)/\(login)", "type": .string(type), "site_admin": false,
        ])
    }

    func repositoryDocument(defaultBranch: String, at time: Timestamp) -> JSONValue {
        // GitHub's URL templates, by the name of the member without `_url`.
        let links = [
            "archive": "/{archive_format}{/ref}", "assignees": "/assignees{/user}", "blobs": "/git/blobs{/sha}",
            "branches": "/branches{/branch}", "collaborators": "/collaborators{/collaborator}",
            "comments": "/comments{/number}", "commits": "/commits{/sha}", "compare": "/compare/{base}...{head}",
            "contents": "/contents/{+path}", "contributors": "/contributors", "deployments": "/deployments",
            "downloads": "/downloads", "events": "/events", "forks": "/forks", "git_commits": "/git/commits{/sha}",
            "git_refs": "/git/refs{/sha}", "git_tags": "/git/tags{/sha}", "hooks": "/hooks",
            "issue_comment": "/issues/comments{/number}", "issue_events": "/issues/events{/number}",
            "issues": "/issues{/number}", "keys": "/keys{/key_id}", "labels": "/labels{/name}",
            "languages": "/languages", "merges": "/merges", "milestones": "/milestones{/number}",
            "notifications": "/notifications{?since,all,participating}", "pulls": "/pulls{/number}",
            "releases": "/releases{/id}", "stargazers": "/stargazers", "statuses": "/statuses/{sha}",
            "subscribers": "/subscribers", "subscription": "/subscription", "tags": "/tags", "teams": "/teams",
            "trees": "/git/trees{/sha}",
        ]
        let counts = [
            "forks_count", "stargazers_count", "watchers_count", "size", "open_issues_count", "subscribers_count",
            "network_count", "forks", "open_issues", "watchers",
        ]
        let nothing = ["description", "mirror_url", "homepage", "language", "license"]
        let no = [
            "fork", "has_issues", "has_projects", "has_wiki", "has_pages", "has_discussions", "archived", "disabled",
        ]
        var members: [String: JSONValue] = [
            "id": 2002, "node_id": nodeID("Repository", repository), "name": .string(repository),
            "full_name": "\(owner)/\(repository)", "owner": user(owner), "private": true, "visibility": "private",
            "html_url": .string(page), "url": .string(api), "default_branch": .string(defaultBranch),
            "git_url": "\(page).git", "ssh_url": "\(page).git", "clone_url": "\(page).git", "svn_url": .string(page),
            "pushed_at": .string(time.toSecond), "created_at": .string(time.toSecond),
            "updated_at": .string(time.toSecond),
            "permissions": ["admin": false, "push": true, "pull": true],
        ]
        for (name, template) in links { members["\(name)_url"] = .string(api + template) }
        for name in counts { members[name] = 0 }
        for name in nothing { members[name] = .null }
        for name in no { members[name] = false }
        return .object(members)
    }

    func installation(id: Int, appID: String, at time: Timestamp) -> JSONValue {
        [
            "id": .integer(Int64(id)), "account": user(owner), "repository_selection": "selected",
            "access_tokens_url": "\(host)/app/installations/\(id)/access_tokens",
            "repositories_url": "\(host)/installation/repositories", "html_url": "\(host)/settings/installations/\(id)",
            "app_id": .integer(Int64(appID) ?? 0), "target_id": 1001, "target_type": "Organization",
            "permissions": Self.permissions, "events": ["push"], "created_at": .string(time.toSecond),
            "updated_at": .string(time.toSecond), "single_file_name": nil, "app_slug": "deploycenter",
            "suspended_by": nil, "suspended_at": nil,
        ]
    }

    static let permissions: JSONValue = ["contents": "write", "metadata": "read"]
}

/// One commit as git tells it.
struct GitCommitRecord: Sendable {
    /// Who and when, as `git log` prints a person.
    struct Person: Sendable {
        let name: String
        let email: String
        let date: String

        var document: JSONValue { ["name": .string(name), "email": .string(email), "date": .string(date)] }
    }

    let sha: String
    let tree: String
    let parents: [String]
    let author: Person
    let committer: Person
    let message: String
}
