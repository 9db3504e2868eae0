import Cryptography
import EventSourcing

/// The endpoints below `/repos/{owner}/{repo}`.
struct GitHubRoutes: Sendable {
    /// A reference that a request moved.
    struct Push: Sendable {
        let reference: String
        let before: String
        let after: String
    }

    /// An answer, and the push that it was.
    struct Outcome: Sendable {
        let answer: Answer
        var push: Push?

        init(_ answer: Answer, push: Push? = nil) {
            self.answer = answer
            self.push = push
        }
    }

    static let nobody = String(repeating: "0", count: 40)

    let repository: Repository
    let documents: GitHubDocuments
    let author: [String: String]
    let defaultBranch: String
    let restrictedPaths: [String]

    func answer(_ call: Call, _ rest: [String]) async throws(SimulatorError) -> Outcome {
        let tail = rest.dropFirst(2).joined(separator: "/")
        let isGit = rest.first == "git"
        if isGit, try await repository.git("for-each-ref", "--count=1").output.isEmpty {
            return Outcome(.refusal(409, "Git Repository is empty."))
        }
        switch (call.method, isGit ? "git/\(rest.dropFirst().first ?? "")" : rest.first ?? "") {
        case ("GET", "git/ref"): return Outcome(try await reference(tail))
        case ("GET", "git/matching-refs"): return Outcome(try await matching(tail))
        case ("POST", "git/refs"): return try await createReference(call.json)
        case ("PATCH", "git/refs"): return try await moveReference(tail, call.json)
        case ("DELETE", "git/refs"): return try await deleteReference(tail)
        case ("GET", "git/commits"): return Outcome(try await gitCommit(tail))
        case ("POST", "git/commits"): return Outcome(try await createCommit(call.json))
        case ("GET", "git/trees"): return Outcome(try await tree(tail, call))
        case ("POST", "git/trees"): return Outcome(try await createTree(call.json))
        case ("GET", "git/blobs"): return Outcome(try await blob(tail))
        case ("POST", "git/blobs"): return Outcome(try await createBlob(call.json))
        case ("GET", "commits") where rest.count == 1: return Outcome(try await commits(call))
        case ("GET", "commits"): return Outcome(try await commit(rest.dropFirst().joined(separator: "/")))
        case ("GET", "compare"): return Outcome(try await compare(rest.dropFirst().joined(separator: "/"), call))
        case ("GET", "contents"): return Outcome(try await contents(rest.dropFirst().joined(separator: "/"), call))
        case ("PUT", "contents"): return try await writeFile(rest.dropFirst().joined(separator: "/"), call.json)
        case ("GET", "branches"): return Outcome(try await branch(rest.dropFirst().joined(separator: "/")))
        default: return Outcome(.refusal(404, "Not Found"))
        }
    }

    // References

    private func reference(_ name: String) async throws(SimulatorError) -> Answer {
        guard let sha = try await repository.head(of: "refs/\(name)") else { return .refusal(404, "Not Found") }
        return .json(200, documents.reference("refs/\(name)", sha: sha))
    }

    private func matching(_ prefix: String) async throws(SimulatorError) -> Answer {
        let listing = try await repository.git("for-each-ref", "--format=%(objectname) %(objecttype) %(refname)")
        let references = listing.output.split(separator: "\n").compactMap { line -> JSONValue? in
            let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
            guard parts.count == 3, parts[2].hasPrefix("refs/\(prefix)") else { return nil }
            return documents.reference(parts[2], sha: parts[0], type: parts[1])
        }
        return .json(200, .array(references))
    }

    private func createReference(_ body: JSONValue?) async throws(SimulatorError) -> Outcome {
        guard let name = body?["ref"]?.string, let sha = body?["sha"]?.string else {
            return problem("Invalid request.")
        }
        guard name.hasPrefix("refs/"), name.split(separator: "/").count >= 3 else {
            return problem("Reference name must start with 'refs/' and have at least two slashes")
        }
        guard try await repository.resolve(sha) == sha else { return problem("Object does not exist") }
        guard try await repository.git("update-ref", name, sha, Self.nobody).succeeded else {
            return problem("Reference already exists")
        }
        return Outcome(
            .json(201, documents.reference(name, sha: sha)),
            push: Push(reference: name, before: Self.nobody, after: sha))
    }

    private func moveReference(_ tail: String, _ body: JSONValue?) async throws(SimulatorError) -> Outcome {
        let name = "refs/\(tail)"
        guard let sha = body?["sha"]?.string else { return problem("Invalid request.\n\n\"sha\" wasn't supplied.") }
        guard let old = try await repository.head(of: name) else { return problem("Reference does not exist") }
        guard try await repository.resolve(sha) == sha else { return problem("Object does not exist") }
        if body?["force"]?.bool != true {
            let ancestry = try await repository.git("merge-base", "--is-ancestor", old, sha)
            guard ancestry.succeeded else { return problem("Update is not a fast forward") }
        }
        if !restrictedPaths.isEmpty {
            let paths = try await repository.differences(old, sha).map(\.path)
            guard !paths.contains(where: { path in restrictedPaths.contains { path.hasPrefix($0) } }) else {
                return problem(
                    "Repository rule violations found\n\nChanges to restricted file paths are not allowed\n\n")
            }
        }
        // git compares the old value under its own lock: of two movers, the later one loses.
        guard try await repository.git("update-ref", name, sha, old).succeeded else {
            return problem("Update is not a fast forward")
        }
        return Outcome(
            .json(200, documents.reference(name, sha: sha)),
            push: old == sha ? nil : Push(reference: name, before: old, after: sha))
    }

    private func deleteReference(_ tail: String) async throws(SimulatorError) -> Outcome {
        guard let old = try await repository.head(of: "refs/\(tail)") else {
            return problem("Reference does not exist")
        }
        try await repository.check(repository.git("update-ref", "-d", "refs/\(tail)", old))
        return Outcome(Answer(204), push: Push(reference: "refs/\(tail)", before: old, after: Self.nobody))
    }

    private func problem(_ message: String) -> Outcome { Outcome(.refusal(422, message)) }

    // Reading

    private func gitCommit(_ sha: String) async throws(SimulatorError) -> Answer {
        guard let found = try await repository.resolve(sha), found == sha,
            let record = try await repository.commit(sha)
        else { return .refusal(404, "Not Found") }
        return .json(200, documents.gitCommit(record))
    }

    private func tree(_ revision: String, _ call: Call) async throws(SimulatorError) -> Answer {
        guard let sha = try await repository.resolve(revision, type: "tree") else { return .refusal(404, "Not Found") }
        // Any value means recursive, even "0", as GitHub documents.
        let entries = try await repository.entries(of: sha, recursive: call.parameter("recursive") != nil)
        return .json(200, documents.tree(sha, entries))
    }

    private func blob(_ sha: String) async throws(SimulatorError) -> Answer {
        guard try await repository.resolve(sha, type: "blob") == sha else { return .refusal(404, "Not Found") }
        return .json(200, documents.blob(sha, bytes: try await repository.bytes(of: sha)))
    }

    private func branch(_ name: String) async throws(SimulatorError) -> Answer {
        guard let sha = try await repository.head(of: "refs/heads/\(name)"),
            let record = try await repository.commit(sha)
        else { return .refusal(404, "Branch not found") }
        let url = "\(documents.api)/branches/\(name)"
        return .json(
            200,
            [
                "name": .string(name), "commit": documents.commit(record),
                "_links": ["self": .string(url), "html": "\(documents.page)/tree/\(name)"], "protected": false,
                "protection": ["enabled": false], "protection_url": "\(url)/protection",
            ])
    }

    private func commits(_ call: Call) async throws(SimulatorError) -> Answer {
        guard let start = try await repository.resolve(call.parameter("sha") ?? defaultBranch) else {
            let isEmpty = try await repository.git("for-each-ref", "--count=1").output.isEmpty
            return isEmpty ? .refusal(409, "Git Repository is empty.") : .refusal(404, "Not Found")
        }
        let size = min(max(Int(call.parameter("per_page") ?? "") ?? 30, 1), 100)
        let page = max(Int(call.parameter("page") ?? "") ?? 1, 1)
        var selection = ["--skip=\((page - 1) * size)", "--max-count=\(size + 1)"]
        if let since = call.parameter("since") { selection.append("--since=\(since)") }
        if let until = call.parameter("until") { selection.append("--until=\(until)") }
        selection += [start, "--"]
        if let path = call.parameter("path"), !path.isEmpty { selection.append(path) }
        let records = try await repository.commits(selection)
        let answer = Answer.json(200, .array(records.prefix(size).map(documents.commit)))
        guard records.count > size else { return answer }
        var items = call.queryItems.filter { $0.name != "page" }.map { "\($0.name)=\($0.value)" }
        items.append("page=\(page + 1)")
        return answer.with(["Link": "<\(documents.api)/commits?\(items.joined(separator: "&"))>; rel=\"next\""])
    }

    private func commit(_ revision: String) async throws(SimulatorError) -> Answer {
        guard let sha = try await repository.resolve(revision), let record = try await repository.commit(sha) else {
            return .refusal(422, "No commit found for SHA: \(revision)")
        }
        let emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
        let files = try await repository.differences(record.parents.first ?? emptyTree, sha)
        return .json(200, documents.commit(record).merging(documents.files(files, at: sha)))
    }

    private func compare(_ basehead: String, _ call: Call) async throws(SimulatorError) -> Answer {
        let parts = basehead.split(separator: "/").joined(separator: "/").split(separator: "...", maxSplits: 1)
        guard parts.count == 2, let base = try await repository.resolve(String(parts[0])),
            let head = try await repository.resolve(String(parts[1])),
            let baseRecord = try await repository.commit(base)
        else { return .refusal(404, "Not Found") }
        let meeting = try await repository.git("merge-base", base, head)
        guard meeting.succeeded, let middle = try await repository.commit(meeting.line) else {
            return .refusal(404, "No common ancestor between \(parts[0]) and \(parts[1]).")
        }
        let ahead = try await repository.commits(["--reverse", "\(base)..\(head)", "--"])
        let behind = try await repository.commits(["\(head)..\(base)", "--"]).count
        let status =
            switch (ahead.isEmpty, behind == 0) {
            case (true, true): "identical"
            case (false, true): "ahead"
            case (true, false): "behind"
            case (false, false): "diverged"
            }
        let url = "\(documents.api)/compare/\(basehead)"
        let page = "\(documents.page)/compare/\(basehead)"
        let files = documents.files(try await repository.differences(middle.sha, head), at: head)
        // Without paging the last 250; with it page by page from the oldest, and files on the first page only.
        let page1 = Int(call.parameter("page") ?? "")
        let size = min(max(Int(call.parameter("per_page") ?? "") ?? 100, 1), 100)
        let isPaged = page1 != nil || call.parameter("per_page") != nil
        let shown = isPaged ? ahead.dropFirst(((page1 ?? 1) - 1) * size).prefix(size) : ahead.suffix(250)
        return .json(
            200,
            [
                "url": .string(url), "html_url": .string(page), "permalink_url": .string(page),
                "diff_url": "\(page).diff", "patch_url": "\(page).patch",
                "base_commit": documents.commit(baseRecord), "merge_base_commit": documents.commit(middle),
                "status": .string(status), "ahead_by": .integer(Int64(ahead.count)),
                "behind_by": .integer(Int64(behind)), "total_commits": .integer(Int64(ahead.count)),
                "commits": .array(shown.map(documents.commit)),
                "files": (page1 ?? 1) > 1 ? [] : files["files"] ?? [],
            ])
    }

    private func contents(_ path: String, _ call: Call) async throws(SimulatorError) -> Answer {
        let reference = call.parameter("ref") ?? defaultBranch
        guard let sha = try await repository.resolve(reference) else {
            return .refusal(404, "No commit found for the ref \(reference)")
        }
        if !path.isEmpty {
            let listing = try await repository.git("ls-tree", "-l", "-z", sha, "--", path)
            guard let entry = Repository.entries(from: listing.output).first else { return .refusal(404, "Not Found") }
            if entry.type == "blob" {
                let bytes = try await repository.bytes(of: entry.sha)
                return .json(200, documents.file(entry, reference: reference, bytes: bytes))
            }
        }
        let directory = path.isEmpty ? "" : "\(path)/"
        let listing = try await repository.git(
            ["ls-tree", "-l", "-z", sha] + (path.isEmpty ? [] : ["--", directory]))
        let entries = Repository.entries(from: listing.output)
        return .json(
            200, .array(entries.map { documents.file($0, reference: reference, bytes: nil) }))
    }
}

extension GitHubDocuments {
    /// `files` and `stats` of a difference.
    func files(_ differences: [Repository.Difference], at sha: String) -> JSONValue {
        let additions = differences.reduce(0) { $0 + $1.additions }
        let deletions = differences.reduce(0) { $0 + $1.deletions }
        let files = differences.map { file -> JSONValue in
            [
                "sha": .string(file.sha), "filename": .string(file.path), "status": .string(file.status),
                "additions": .integer(Int64(file.additions)), "deletions": .integer(Int64(file.deletions)),
                "changes": .integer(Int64(file.additions + file.deletions)),
                "blob_url": "\(page)/blob/\(sha)/\(file.path)", "raw_url": "\(page)/raw/\(sha)/\(file.path)",
                "contents_url": "\(api)/contents/\(file.path)?ref=\(sha)",
            ]
        }
        return [
            "files": .array(files),
            "stats": [
                "additions": .integer(Int64(additions)), "deletions": .integer(Int64(deletions)),
                "total": .integer(Int64(additions + deletions)),
            ],
        ]
    }
}
