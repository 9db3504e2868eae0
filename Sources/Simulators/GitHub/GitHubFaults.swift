import EventSourcing

// The names of GitHub's operations, and what GitHub says when one goes wrong.
extension GitHubVendor {
    /// Method and first segments below the repository, with the operation's name in GitHub's own clients.
    private static let names = [
        "GET git/ref": "getRef", "GET git/matching-refs": "listMatchingRefs", "POST git/refs": "createRef",
        "PATCH git/refs": "updateRef", "DELETE git/refs": "deleteRef", "GET git/commits": "getCommit",
        "POST git/commits": "createCommit", "GET git/trees": "getTree", "POST git/trees": "createTree",
        "GET git/blobs": "getBlob", "POST git/blobs": "createBlob", "GET commits": "listCommits",
        "GET compare": "compareCommits", "GET contents": "getContent", "PUT contents": "createOrUpdateFileContents",
        "GET branches": "getBranch",
        "GET hooks": "listWebhooks",
    ]

    var operations: [String] {
        (Self.names.values + ["createInstallationAccessToken", "getInstallation", "get"]).sorted().map {
            "github.\($0)"
        }
    }

    func operation(of call: Call) -> String {
        var segments = call.segments
        if segments.starts(with: ["api", "v3"]) { segments.removeFirst(2) }
        if segments.last == "access_tokens" { return "github.createInstallationAccessToken" }
        if segments.last == "installation" { return "github.getInstallation" }
        guard segments.first == "repos", segments.count >= 3 else { return "github.other" }
        let rest = segments.dropFirst(3)
        guard let first = rest.first else { return "github.get" }
        let route = first == "git" ? "git/\(rest.dropFirst().first ?? "")" : first
        return Self.names["\(call.method) \(route)"].map { "github.\($0)" } ?? "github.other"
    }

    func answer(to call: Call, _ operation: String, meeting fault: Fault, seconds: Double) async -> Answer {
        switch fault {
        case .expiredCredentials: return .refusal(401, "Bad credentials")
        case .throttle:
            return .refusal(
                403,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                headers: ["Retry-After": "\(Int(seconds.rounded(.up)))"])
        case .serverError:
            return .text(502, "<html><body><h1>502 Bad Gateway</h1></body></html>\n", type: "text/html")
        case .wrongState: return busy(call, operation)
        default:
            if operation == "github.updateRef" {
                return .refusal(
                    422, "Repository rule violations found\n\nChanges must be made through a pull request.\n\n")
            }
            return .refusal(403, "Resource not accessible by integration")
        }
    }

    /// What another of GitHub's servers says, which has not heard of the latest objects, or when somebody else was faster.
    private func busy(_ call: Call, _ operation: String) -> Answer {
        switch operation {
        case "github.updateRef": .refusal(422, "Update is not a fast forward")
        case "github.createCommit": .refusal(422, "Tree SHA does not exist")
        case _ where call.isRead: .refusal(404, "Not Found")
        default: .refusal(409, "Conflict")
        }
    }

    func inventory() async -> [JSONValue] {
        let branch = "refs/heads/\(configuration.defaultBranch)"
        // A repository that git cannot read shows as nothing; the endpoints say why.
        let records = (try? await repository.commits([branch, "--"])) ?? []
        let commits = records.map { record -> JSONValue in
            [
                "kind": "github.Commit", "id": .string(record.sha), "tags": .object(Self.trailers(record.message)),
                "subject": .string(record.message.prefix { !$0.isNewline }.description),
            ]
        }
        let paths = (try? await repository.git("ls-tree", "-r", "--name-only", "-z", branch).output) ?? ""  // As above.
        let folders = Dictionary(
            grouping: paths.split(separator: "\0").compactMap { path in
                path.lastIndex(of: "/").map { String(path[..<$0]) }
            },
            by: \.self)
        return commits
            + folders.sorted { $0.key < $1.key }.map { folder, files in
                [
                    "kind": "github.Folder", "id": .string(folder), "tags": [:],
                    "files": .integer(Int64(files.count)),
                ]
            }
    }

    /// `Name: value` lines of a message's last paragraph. A name that comes more than once has its values in one text.
    private static func trailers(_ message: String) -> [String: JSONValue] {
        var trailers: [String: String] = [:]
        for line in message.split(separator: "\n").reversed() {
            guard let colon = line.firstRange(of: ": "), !line[..<colon.lowerBound].contains(" ") else { break }
            let name = String(line[..<colon.lowerBound])
            let value = String(line[colon.upperBound...])
            trailers[name] = trailers[name].map { "\(value), \($0)" } ?? value
        }
        return trailers.mapValues { .string($0) }
    }
}
