import Cryptography
import EventSourcing
import FoundationEssentials

// Objects that requests add to the repository.
extension GitHubRoutes {
    func createBlob(_ body: JSONValue?) async throws(SimulatorError) -> Answer {
        guard let content = body?["content"]?.string else {
            return .refusal(422, "Invalid request.\n\n\"content\" wasn't supplied.")
        }
        let isBase64 = body?["encoding"]?.string == "base64"
        guard let bytes = isBase64 ? [UInt8](base64: content.filter { !$0.isWhitespace }) : Array(content.utf8) else {
            return .refusal(422, "content is not valid Base64")
        }
        let sha = try await repository.writeBlobs([bytes])[0]
        return .json(201, ["sha": .string(sha), "url": "\(documents.api)/git/blobs/\(sha)"])
    }

    /// One file as a commit of its own; the only way to begin an empty repository.
    func writeFile(_ path: String, _ body: JSONValue?) async throws(SimulatorError) -> Outcome {
        guard let message = body?["message"]?.string, let text = body?["content"]?.string,
            let content = [UInt8](base64: text.filter { !$0.isWhitespace })
        else { return Outcome(.refusal(422, "Invalid request.\n\n\"message\" or \"content\" wasn't supplied.")) }
        let reference = "refs/heads/\(body?["branch"]?.string ?? defaultBranch)"
        let old = try await repository.head(of: reference)
        if old == nil, try await !repository.git("for-each-ref", "--count=1").output.isEmpty {
            return Outcome(.refusal(404, "Branch \(reference.dropFirst(11)) not found"))
        }
        let there: String? =
            if let old {
                try await repository.head(of: "\(old):\(path)")
            } else {
                nil
            }
        guard there == body?["sha"]?.string else {
            return Outcome(.refusal(there == nil ? 409 : 422, "\(path) does not match \(body?["sha"]?.string ?? "")"))
        }
        let blob = try await repository.writeBlobs([content])[0]
        var tree: JSONValue = [
            "tree": [["path": .string(path), "mode": "100644", "type": "blob", "sha": .string(blob)]]
        ]
        if let old { tree = tree.merging(["base_tree": .string(old)]) }
        let made = try await createTree(tree)
        guard made.status == 201, case .bytes(let bytes) = made.body,
            let root = JSONValue(bytes: bytes)?["sha"]?.string
        else { return Outcome(made) }
        var arguments = ["commit-tree", root, "-F", "-"]
        if let old { arguments += ["-p", old] }
        let sha = try await repository.check(repository.git(arguments, input: message, environment: author))
        guard let record = try await repository.commit(sha),
            try await repository.git("update-ref", reference, sha, old ?? Self.nobody).succeeded
        else { return Outcome(.refusal(409, "is at another commit than expected")) }
        let entry = Repository.Entry(mode: "100644", type: "blob", sha: blob, size: content.count, path: path)
        return Outcome(
            .json(
                there == nil ? 201 : 200,
                [
                    "content": documents.file(entry, reference: sha, bytes: nil),
                    "commit": documents.gitCommit(record),
                ]), push: Push(reference: reference, before: old ?? Self.nobody, after: sha))
    }

    func createCommit(_ body: JSONValue?) async throws(SimulatorError) -> Answer {
        guard let message = body?["message"]?.string, let tree = body?["tree"]?.string else {
            return .refusal(422, "Invalid request.\n\n\"message\" or \"tree\" wasn't supplied.")
        }
        guard try await repository.resolve(tree, type: "tree") == tree else {
            return .refusal(422, "Tree SHA does not exist")
        }
        var arguments = ["commit-tree", tree]
        for parent in (body?["parents"]?.array ?? []).compactMap(\.string) {
            guard try await repository.resolve(parent) == parent else {
                return .refusal(422, "Parent SHA does not exist or is not a commit object")
            }
            arguments += ["-p", parent]
        }
        var signature = author
        // Where only an author is named, GitHub takes that person as committer too.
        for role in ["author", "committer"] {
            guard let person = body?[role] ?? body?["author"] else { continue }
            let prefix = "GIT_\(role.uppercased())"
            signature["\(prefix)_NAME"] = person["name"]?.string
            signature["\(prefix)_EMAIL"] = person["email"]?.string
            signature["\(prefix)_DATE"] = person["date"]?.string ?? author["\(prefix)_DATE"]
        }
        let sha = try await repository.check(
            repository.git(arguments + ["-F", "-"], input: message, environment: signature))
        guard let record = try await repository.commit(sha) else { return .refusal(404, "Not Found") }
        return .json(201, documents.gitCommit(record))
    }

    func createTree(_ body: JSONValue?) async throws(SimulatorError) -> Answer {
        guard let items = body?["tree"]?.array else {
            return .refusal(422, "Invalid request.\n\n\"tree\" wasn't supplied.")
        }
        var plan = TreePlan()
        for item in items {
            if let reason = plan.add(item) { return .refusal(422, reason) }
        }
        let start = body?["base_tree"]?.string
        if let start {
            // A commit's name is taken as its tree, as GitHub does.
            guard let resolved = try await repository.resolve(start, type: "tree") else {
                return .refusal(422, "base_tree is not a valid tree oid")
            }
            plan.start = resolved
        }
        for (path, sha) in plan.named {
            guard try await repository.resolve(sha, type: "blob") == sha else {
                return .refusal(422, "tree.sha \(sha) is not a valid blob (\(path))")
            }
        }
        return try await build(plan)
    }

    /// In an index of its own: trees of several requests never meet.
    private func build(_ plan: TreePlan) async throws(SimulatorError) -> Answer {
        let environment = ["GIT_INDEX_FILE": "\(repository.path)/index-\(uuid())"]
        defer { try? FileManager.default.removeItem(atPath: environment["GIT_INDEX_FILE"] ?? "") }  // May not exist.
        if let start = plan.start {
            try await repository.check(repository.git("read-tree", start, environment: environment))
        }
        if !plan.deleted.isEmpty {
            let listing = try await repository.git("ls-files", "-z", environment: environment)
            let present = Set(listing.output.split(separator: "\0").map(String.init))
            guard plan.deleted.allSatisfy(present.contains) else { return .refusal(422, "GitRPC::BadObjectState") }
        }
        let blobs = try await repository.writeBlobs(plan.inline.map(\.content))
        var lines = plan.deleted.map { "0 \(Self.nobody)\t\($0)\0" }
        lines += zip(plan.inline, blobs).map { "\($0.mode) \($1)\t\($0.path)\0" }
        lines += plan.named.map { "\(plan.modes[$0.path] ?? "100644") \($0.sha)\t\($0.path)\0" }
        let outcome = try await repository.git(
            ["update-index", "-z", "--index-info"], input: lines.joined(), environment: environment)
        guard outcome.succeeded else { return .refusal(422, "tree.path contains a malformed path component") }
        for (path, sha) in plan.subtrees {
            let reading = try await repository.git("read-tree", "--prefix=\(path)/", sha, environment: environment)
            guard reading.succeeded else { return .refusal(422, "tree.sha \(sha) is not a valid tree") }
        }
        let sha = try await repository.check(repository.git("write-tree", environment: environment))
        return .json(201, documents.tree(sha, try await repository.entries(of: sha, recursive: false)))
    }
}

/// What a request for a tree asks for, sorted by what git has to do.
private struct TreePlan: Sendable {
    var start: String?
    var deleted: [String] = []
    var inline: [(path: String, mode: String, content: [UInt8])] = []
    var named: [(path: String, sha: String)] = []
    var subtrees: [(path: String, sha: String)] = []
    var modes: [String: String] = [:]

    /// Takes one entry; returns why GitHub would refuse it.
    mutating func add(_ item: JSONValue) -> String? {
        guard let path = item["path"]?.string, !path.isEmpty else { return "Must supply tree.path" }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard !parts.contains(where: { ["", ".", "..", ".git"].contains($0.lowercased()) }) else {
            return "tree.path contains a malformed path component"
        }
        if let content = item["content"]?.string {
            guard let mode = mode(item) else { return "Must supply a valid tree.mode" }
            inline.append((path, mode, Array(content.utf8)))
            return nil
        }
        switch item["sha"] {
        case .some(.null): deleted.append(path)
        case .some(.string(let sha)):
            guard let mode = mode(item) else { return "Must supply a valid tree.mode" }
            modes[path] = mode
            if mode == "040000" { subtrees.append((path, sha)) } else { named.append((path, sha)) }
        default: return "Must supply either tree.sha or tree.content"
        }
        return nil
    }

    private func mode(_ item: JSONValue) -> String? {
        guard let mode = item["mode"]?.string, ["100644", "100755", "040000", "120000"].contains(mode) else {
            return nil
        }
        return mode
    }
}
