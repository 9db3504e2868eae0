import EventSourcing
import FoundationEssentials

// What the GitHub simulator asks of git, beyond single objects.
extension Repository {
    /// Fields separated by NUL cannot clash with a message; records end with RS.
    private static let format = "%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x1e"

    func commits(_ selection: [String]) async throws(SimulatorError) -> [GitCommitRecord] {
        let outcome = try await git(["log", "--format=\(Self.format)"] + selection)
        return outcome.output.split(separator: "\u{1e}").compactMap { record in
            let fields = record.drop { $0 == "\n" }.split(separator: "\0", omittingEmptySubsequences: false)
                .map(String.init)
            guard fields.count == 10 else { return nil }
            return GitCommitRecord(
                sha: fields[0], tree: fields[1], parents: fields[2].split(separator: " ").map(String.init),
                author: .init(name: fields[3], email: fields[4], date: Self.inUTC(fields[5])),
                committer: .init(name: fields[6], email: fields[7], date: Self.inUTC(fields[8])),
                message: fields[9].hasSuffix("\n") ? String(fields[9].dropLast()) : fields[9])
        }
    }

    private static func inUTC(_ text: String) -> String { Timestamp(text)?.toSecond ?? text }

    func commit(_ sha: String) async throws(SimulatorError) -> GitCommitRecord? {
        try await commits(["-1", sha, "--"]).first
    }

    /// Makes an empty bare repository with one commit where there is none.
    func create(branch: String, author: [String: String]) async throws(SimulatorError) {
        guard !FileManager.default.fileExists(atPath: "\(path)/HEAD") else { return }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw .repository(reason: "\(error)")
        }
        try await check(git("init", "--quiet", "--bare", "--initial-branch=\(branch)", "."))
        let readme = "# Clusters\n\nWhat runs where, written by DeployCenter; Argo CD follows it.\n"
        let blob = try await check(git("hash-object", "-w", "--stdin", input: readme))
        let tree = try await check(git("mktree", input: "100644 blob \(blob)\tREADME.md\n"))
        let commit = try await check(git("commit-tree", tree, "-m", "Initial commit", environment: author))
        try await check(git("update-ref", "refs/heads/\(branch)", commit))
    }

    /// What git printed, or why it failed.
    @discardableResult
    func check(_ outcome: Outcome) throws(SimulatorError) -> String {
        guard outcome.succeeded else { throw .repository(reason: outcome.errors) }
        return outcome.line
    }

    /// Files that differ, as GitHub's diff entries name them: path, status letter, added and removed lines.
    struct Difference: Sendable {
        let path: String
        let status: String
        let additions: Int
        let deletions: Int
        let sha: String
    }

    func differences(_ old: String, _ new: String) async throws(SimulatorError) -> [Difference] {
        let raw = try await git("diff-tree", "-r", "-z", "--no-renames", "--raw", old, new).output
        let numbers = try await git("diff-tree", "-r", "-z", "--no-renames", "--numstat", old, new).output
        var lines: [String: (Int, Int)] = [:]
        for line in numbers.split(separator: "\0") {
            let parts = line.split(separator: "\t", maxSplits: 2)
            if parts.count == 3 { lines[String(parts[2])] = (Int(parts[0]) ?? 0, Int(parts[1]) ?? 0) }
        }
        let fields = raw.split(separator: "\0").map(String.init)
        return stride(from: 0, to: fields.count - 1, by: 2).compactMap { index in
            let parts = fields[index].split(separator: " ").map(String.init)
            guard parts.count == 5 else { return nil }
            let path = fields[index + 1]
            let names = ["A": "added", "D": "removed", "M": "modified", "T": "changed"]
            return Difference(
                path: path, status: names[parts[4]] ?? "changed", additions: lines[path]?.0 ?? 0,
                deletions: lines[path]?.1 ?? 0, sha: parts[4] == "D" ? parts[2] : parts[3])
        }
    }

    /// Writes files as blobs with one git process; the names come back in the same order.
    func writeBlobs(_ contents: [[UInt8]]) async throws(SimulatorError) -> [String] {
        guard !contents.isEmpty else { return [] }
        let directory = "\(path)/incoming-\(uuid())"
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            for (index, content) in contents.enumerated() {
                try Data(content).write(to: URL(filePath: "\(directory)/\(index)"))
            }
        } catch {
            throw .repository(reason: "\(error)")
        }
        // What stays behind after a crash is harmless, and git never reads it.
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let paths = contents.indices.map { "\(directory)/\($0)\n" }.joined()
        let outcome = try await git("hash-object", "-w", "--no-filters", "--stdin-paths", input: paths)
        return try check(outcome).split(separator: "\n").map(String.init)
    }
}
