import FoundationEssentials
import Subprocess

/// A bare Git repository, worked by git's own plumbing commands.
struct Repository: Sendable {
    let path: String

    /// What git answered.
    struct Outcome: Sendable {
        let succeeded: Bool
        let bytes: [UInt8]
        let errors: String

        var output: String { String(decoding: bytes, as: UTF8.self) }

        /// Without the last line break.
        var line: String { output.hasSuffix("\n") ? String(output.dropLast()) : output }
    }

    /// Runs git here; the repository is not owned by a person, so nothing of anyone's configuration applies.
    func git(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) async throws(SimulatorError) -> Outcome {
        try await git(arguments, input: input, environment: environment)
    }

    func git(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) async throws(SimulatorError) -> Outcome {
        var variables: [Environment.Key: String?] = [
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C",
        ]
        for (name, value) in environment {
            if let key = Environment.Key(rawValue: name) { variables[key] = .some(value) }
        }
        do {
            let result = try await run(
                .name("git"),
                arguments: Arguments(["-c", "safe.directory=*", "-c", "core.quotePath=false", "-C", path] + arguments),
                environment: .inherit.updating(variables),
                input: .string(input), output: .bytes(limit: 64 << 20), error: .string(limit: 1 << 20))
            return Outcome(
                succeeded: result.terminationStatus.isSuccess, bytes: result.standardOutput,
                errors: result.standardError)
        } catch {
            throw .repository(reason: "git \(arguments.first ?? "") did not run: \(error)")
        }
    }

    /// The object's name, or nil where there is none of that type.
    func resolve(_ revision: String, type: String = "commit") async throws(SimulatorError) -> String? {
        guard !revision.isEmpty, !revision.hasPrefix("-") else { return nil }
        if type == "commit", let commit = looseBranch(revision) { return commit }
        let outcome = try await git("rev-parse", "--verify", "--quiet", "--end-of-options", "\(revision)^{\(type)}")
        guard outcome.succeeded, type == "commit", let lag = Distortion.lagSeconds else {
            return outcome.succeeded ? outcome.line : nil
        }
        let age = try await git("show", "-s", "--format=%ct", outcome.line).line
        return (Double(age) ?? 0) <= Self.secondsAgo(lag) ? outcome.line : nil
    }

    /// What the branch's own file says; nil where there is none, and git has to be asked.
    private func looseBranch(_ name: String) -> String? {
        // Not being there is an answer.
        guard !name.contains(".."), let bytes = try? Data(contentsOf: URL(filePath: "\(path)/refs/heads/\(name)"))
        else {
            return nil
        }
        let sha = String(decoding: bytes, as: UTF8.self).trimming(\.isWhitespace)
        return sha.count == 40 && sha.allSatisfy(\.isHexDigit) ? sha : nil
    }

    /// One entry of a tree.
    struct Entry: Sendable, Equatable {
        let mode: String
        let type: String
        let sha: String
        let size: Int?
        let path: String
    }

    func entries(of tree: String, recursive: Bool) async throws(SimulatorError) -> [Entry] {
        let arguments = ["ls-tree", "-l", "-z"] + (recursive ? ["-r", "-t"] : []) + [tree]
        return Self.entries(from: try await git(arguments).output)
    }

    /// What `ls-tree -l -z` printed.
    static func entries(from listing: String) -> [Entry] {
        listing.split(separator: "\0").compactMap { line in
            let halves = line.split(separator: "\t", maxSplits: 1)
            guard halves.count == 2 else { return nil }
            let parts = halves[0].split(separator: " ", omittingEmptySubsequences: true)
            guard parts.count == 4 else { return nil }
            return Entry(
                mode: String(parts[0]), type: String(parts[1]), sha: String(parts[2]), size: Int(parts[3]),
                path: String(halves[1]))
        }
    }

    func bytes(of blob: String) async throws(SimulatorError) -> [UInt8] {
        try await git("cat-file", "blob", blob).bytes
    }

    /// Many blobs by one git process, by their names.
    func contents(of blobs: [String]) async throws(SimulatorError) -> [String: [UInt8]] {
        guard !blobs.isEmpty else { return [:] }
        let names = blobs.map { "\($0)\n" }.joined()
        var rest = try await git("cat-file", "--batch", input: names).bytes[...]
        var contents: [String: [UInt8]] = [:]
        // Each answer: `name type size`, a line break, that many bytes, a line break.
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let head = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ").map(String.init)
            guard head.count == 3, let size = Int(head[2]), end + 1 + size <= rest.endIndex else { break }
            contents[head[0]] = Array(rest[(end + 1)..<(end + 1 + size)])
            rest = rest[(end + 1 + size)...].dropFirst()
        }
        return contents
    }

    /// Of a replica that has not heard of the latest, the last commit that it has heard of.
    func head(of reference: String) async throws(SimulatorError) -> String? {
        if let lag = Distortion.lagSeconds {
            let found = try await git("rev-list", "-1", "--before=@\(Int(Self.secondsAgo(lag)))", reference)
            if found.succeeded, !found.line.isEmpty { return found.line }
            // It has heard of the beginning at least.
            let first = try await git("rev-list", "-1", "--max-parents=0", reference)
            return first.succeeded && !first.line.isEmpty ? first.line : nil
        }
        let outcome = try await git("rev-parse", "--verify", "--quiet", "--end-of-options", reference)
        return outcome.succeeded ? outcome.line : nil
    }

    private static func secondsAgo(_ seconds: Double) -> Double { Date.now.timeIntervalSince1970 - seconds }
}
