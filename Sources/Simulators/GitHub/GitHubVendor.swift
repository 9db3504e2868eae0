import Cryptography
import EventSourcing

/// GitHub as its REST API shows it, over one bare repository.
struct GitHubVendor: Vendor {
    let name = "github"
    let configuration: SimulatorConfiguration.GitHub
    let repository: Repository
    let access: GitHubAccess
    let clock: SimulatorClock
    private let world: World<GitHubState>
    let pushes: PushNotices

    init(_ configuration: SimulatorConfiguration, clock: @escaping SimulatorClock) async throws {
        let settings = configuration.gitHub
        self.configuration = settings
        self.clock = clock
        repository = Repository(path: configuration.repositoryPath)
        let directory = "\(configuration.directory)/github"
        world = try World(path: configuration.statePath(of: "github"), initial: GitHubState(created: clock()))
        access = await GitHubAccess(
            settings, key: try SigningKey(path: "\(directory)/app-key.pem"), world: world, clock: clock)
        pushes = PushNotices(settings)
        try await repository.create(branch: settings.defaultBranch, author: Self.author(at: clock()))
    }

    /// What commits made by the App's token are signed off with, where the request names nobody.
    static func author(at time: Timestamp) -> [String: String] {
        [
            "GIT_AUTHOR_NAME": "deploycenter[bot]",
            "GIT_AUTHOR_EMAIL": "424242+deploycenter[bot]@users.noreply.github.com",
            "GIT_AUTHOR_DATE": time.toSecond, "GIT_COMMITTER_NAME": "GitHub",
            "GIT_COMMITTER_EMAIL": "noreply@github.com", "GIT_COMMITTER_DATE": time.toSecond,
        ]
    }

    func summary() async -> JSONValue {
        let branch = configuration.defaultBranch
        // A repository that git cannot read shows as nothing; the endpoints say why.
        let head = try? await repository.head(of: "refs/heads/\(branch)")
        let count = try? await repository.git("rev-list", "--count", "refs/heads/\(branch)").line  // As above.
        return [
            "repository": .string(repository.path), "head": JSONValue(head ?? nil),
            "commits": .integer(Int64(count ?? "") ?? 0),
            "deliveries": .integer(Int64(await world.current.deliveries)),
        ]
    }

    func answer(_ call: Call) async -> Answer {
        guard call.header("user-agent") != nil else {
            return .text(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a User-Agent header "
                    + "(https://docs.github.com/en/rest/overview/resources-in-the-rest-api#user-agent-required). "
                    + "Check https://developer.github.com for other possible causes.\n", type: "text/html")
        }
        var answer = await authenticated(call)
        answer.headers["X-GitHub-Request-Id"] = SecureRandom.bytes(10).hex.uppercased()
        answer.headers["X-GitHub-Media-Type"] = "github.v3; format=json"
        answer.headers["X-GitHub-Api-Version-Selected"] = call.header("x-github-api-version") ?? "2022-11-28"
        return answer
    }

    private func authenticated(_ call: Call) async -> Answer {
        var segments = call.segments
        if segments.starts(with: ["api", "v3"]) { segments.removeFirst(2) }  // GitHub Enterprise Server's prefix.
        if segments.first == "app" || segments.last == "installation" && segments.first != "installation" {
            if let reason = await access.refusal(ofAppToken: call.bearerToken) { return .refusal(401, reason) }
            return await application(call, segments)
        }
        guard let token = call.bearerToken else {
            // GitHub hides a private repository from strangers.
            return segments.first == "repos" ? .refusal(404, "Not Found") : .refusal(401, "Requires authentication")
        }
        guard await access.accepts(token) else { return .refusal(401, "Bad credentials") }
        if segments == ["rate_limit"] { return await rateLimit(token) }
        let (headers, exceeded) = await access.charge(token, cost: 1)
        if exceeded {
            return .refusal(403, "API rate limit exceeded for installation.", headers: headers)
        }
        let answer = tagged(await repositoryAnswer(call, segments), call)
        // An answer that changed nothing is not charged.
        let final = answer.status == 304 ? await access.charge(token, cost: -1).headers : headers
        return answer.with(final)
    }

    private func tagged(_ answer: Answer, _ call: Call) -> Answer {
        guard call.method == "GET", answer.status == 200, case .bytes(let bytes) = answer.body else { return answer }
        let tag = "W/\"\(SHA256.hash(bytes).hex)\""
        let headers = ["ETag": tag, "Cache-Control": "private, max-age=60, s-maxage=60"]
        let known = (call.header("if-none-match") ?? "").split(separator: ",").map {
            $0.trimming { $0 == " " }
        }
        if known.contains(tag) || known.contains(String(tag.dropFirst(2))) { return Answer(304, headers: headers) }
        return answer.with(headers)
    }

    private func rateLimit(_ token: String) async -> Answer {
        let headers = await access.charge(token, cost: 0).headers
        let members = ["limit", "used", "remaining", "reset"].map {
            ($0, JSONValue.integer(Int64(headers["x-ratelimit-\($0)"] ?? "") ?? 0))
        }
        let core = JSONValue.object(Dictionary(uniqueKeysWithValues: members))
        return .json(200, ["resources": ["core": core, "search": core], "rate": core], headers: headers)
    }

    private func documents(_ call: Call) -> GitHubDocuments {
        GitHubDocuments(
            host: "http://\(call.header("host") ?? "127.0.0.1")", owner: configuration.owner,
            repository: configuration.repository)
    }

    /// What an App asks for with its JWT.
    private func application(_ call: Call, _ segments: [String]) async -> Answer {
        let documents = documents(call)
        let installation = documents.installation(
            id: configuration.installationID, appID: configuration.appID,
            at: await world.current.created ?? clock())
        let ours = String(configuration.installationID)
        let path = segments.joined(separator: "/")
        switch (call.method, path) {
        case ("GET", "app/installations"): return .json(200, [installation])
        case ("GET", "app/installations/\(ours)"), ("GET", "orgs/\(configuration.owner)/installation"),
            ("GET", "repos/\(configuration.owner)/\(configuration.repository)/installation"):
            return .json(200, installation)
        case ("POST", "app/installations/\(ours)/access_tokens"):
            for name in call.json?["repositories"]?.array ?? [] where name.string != configuration.repository {
                return .refusal(
                    422,
                    "There is at least one repository that does not exist or is not accessible to the parent "
                        + "installation.")
            }
            let (token, expiry) = await access.issue()
            return .json(
                201,
                [
                    "token": .string(token), "expires_at": .string(expiry.toSecond),
                    "permissions": GitHubDocuments.permissions, "repository_selection": "selected",
                ])
        default: return .refusal(404, "Not Found")
        }
    }

    private func repositoryAnswer(_ call: Call, _ segments: [String]) async -> Answer {
        let documents = documents(call)
        let time = await world.current.created ?? clock()
        let document = documents.repositoryDocument(defaultBranch: configuration.defaultBranch, at: time)
        if segments == ["installation", "repositories"] {
            return .json(200, ["total_count": 1, "repository_selection": "selected", "repositories": [document]])
        }
        guard segments.count >= 3, segments[0] == "repos", segments[1] == configuration.owner,
            segments[2] == configuration.repository
        else { return .refusal(404, "Not Found") }
        if segments.count == 3, call.method == "GET" { return .json(200, document) }
        let routes = GitHubRoutes(
            repository: repository, documents: documents, author: Self.author(at: clock()),
            defaultBranch: configuration.defaultBranch, restrictedPaths: configuration.restrictedPaths)
        do {
            let answer = try await routes.answer(call, Array(segments.dropFirst(3)))
            if let push = answer.push {
                let isDeletion = push.after == GitHubRoutes.nobody
                let range = push.before == GitHubRoutes.nobody ? "-1" : "^\(push.before)"
                let commits = isDeletion ? [] : try await repository.commits(["--reverse", range, push.after, "--"])
                if pushes.add(push, commits: commits, documents, document) {
                    await world.change { $0.deliveries += 1 }
                }
            }
            return answer.answer
        } catch {
            return .refusal(500, "\(error)")
        }
    }
}

extension Answer {
    /// An error body as GitHub writes it.
    static func refusal(
        _ status: Int, _ message: String, headers: [String: String] = [:], errors: JSONValue? = nil
    ) -> Answer {
        let body: JSONValue = [
            "message": .string(message), "documentation_url": "https://docs.github.com/rest",
            "status": "\(status)", "errors": errors ?? .null,
        ]
        return .json(status, body.compact, headers: headers)
    }

    func with(_ headers: [String: String]) -> Answer {
        var answer = self
        answer.headers.merge(headers) { _, new in new }
        return answer
    }
}

extension StringProtocol {
    /// Without characters at both ends for which the condition holds.
    func trimming(_ unwanted: (Character) -> Bool) -> String {
        var text = drop(while: unwanted)
        while let last = text.last, unwanted(last) { text = text.dropLast() }
        return String(text)
    }
}
