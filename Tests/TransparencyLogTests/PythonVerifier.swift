import Cryptography
import Foundation
import Subprocess
import TestSupport
import TransparencyLog

/// The second verifier, in Python: `DEPLOYCENTER_TEST_PYTHON`, by default `python3`, with `cryptography` and
/// `rfc8785`.
enum PythonVerifier {
    static let script = Repository.root + "/Tests/TransparencyLogTests/Verifier/verify.py"
    private static let python = ProcessInfo.processInfo.environment["DEPLOYCENTER_TEST_PYTHON"] ?? "python3"

    /// Why Python gave no answer.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs the command as a person would.
    static func run(_ arguments: [String]) async throws -> (output: String, isVerified: Bool) {
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments([python, script] + arguments), output: .string(limit: 1 << 22),
            error: .string(limit: 1 << 20))
        let output = result.standardOutput + result.standardError
        return (output, result.terminationStatus == .exited(0))
    }

    /// The digests of canonical forms; nil where Python refuses a text.
    static func canonicalDigests(of texts: [[UInt8]]) async throws -> [String?] {
        try await batch(texts.map { (data: $0, keys: nil) }) { try JSONDecoder().decode(String?.self, from: $0) }
    }

    /// What the package rfc8785 makes of texts of one line. It refuses whole numbers beyond 2^53, so it is given the doubles
    /// that the scheme makes of them.
    static func otherCanonicalForms(of texts: [String]) async throws -> [String] {
        let program = """
            import json, rfc8785, sys
            for line in open(sys.argv[1] + "/texts", encoding="utf-8", newline="\\n").read().split("\\n")[:-1]:
                try:
                    print(rfc8785.dumps(json.loads(line, parse_int=lambda text: float(text))).decode())
                except (rfc8785.CanonicalizationError, OverflowError):
                    print("refused")
            """
        let result = try await inFolder(["texts": Data(texts.map { $0 + "\n" }.joined().utf8)]) {
            try await Subprocess.run(
                .name("env"), arguments: ["PYTHONIOENCODING=utf-8", python, "-c", program, $0.path],
                output: .string(limit: 1 << 26), error: .string(limit: 1 << 20))
        }
        guard result.terminationStatus == .exited(0) else { throw Failure(description: result.standardError) }
        return result.standardOutput.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(
            String.init)
    }

    static func findings(in bundles: [(data: [UInt8], keys: [NoteVerifierKey])]) async throws
        -> [[AuditBundleCheck.Finding]]
    {
        try await batch(bundles.map { (data: $0.data, keys: $0.keys) }) { answer in
            try JSONDecoder().decode([PythonFinding].self, from: answer).map(\.finding)
        }
    }

    /// Input goes by files: writing to a process that ended early, for want of a package, would end the tests by SIGPIPE.
    private static func inFolder<Answer>(
        _ files: [String: Data], _ body: (URL) async throws -> Answer
    ) async throws -> Answer {
        let folder = FileManager.default.temporaryDirectory.appending(path: "verifier-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // A leftover in the temporary folder harms nobody.
        for (name, content) in files { try content.write(to: folder.appending(path: name)) }
        return try await body(folder)
    }

    /// One process answers for all of them.
    private static func batch<Answer>(
        _ questions: [(data: [UInt8], keys: [NoteVerifierKey]?)], _ decode: (Data) throws -> Answer
    ) async throws -> [Answer] {
        var offset = 0
        var lines = ""
        for question in questions {
            let keys = question.keys.map { $0.map { " \($0)" }.joined() }
            lines += "\(keys == nil ? "canonical" : "bundle") \(offset) \(question.data.count)\(keys ?? "")\n"
            offset += question.data.count
        }
        let result = try await inFolder(["data": Data(questions.flatMap(\.data)), "questions": Data(lines.utf8)]) {
            try await Subprocess.run(
                .name("env"), arguments: Arguments([python, script, "batch", $0.path]),
                output: .string(limit: 1 << 28), error: .string(limit: 1 << 20))
        }
        let answers = result.standardOutput.split(separator: "\n")
        guard result.terminationStatus == .exited(0), answers.count == questions.count else {
            throw Failure(description: "\(result.terminationStatus): \(result.standardError)")
        }
        return try answers.map { try decode(Data($0.utf8)) }
    }
}

/// `[line, position, problem]`
private struct PythonFinding: Decodable {
    let finding: AuditBundleCheck.Finding

    init(from decoder: any Decoder) throws {
        var parts = try decoder.unkeyedContainer()
        let line = try parts.decode(Int.self)
        let position = try parts.decodeIfPresent(Int64.self)
        let word = try parts.decode(String.self)
        guard let problem = AuditBundleCheck.Problem(rawValue: word) else {
            throw PythonVerifier.Failure(description: "an unknown problem: \(word)")
        }
        finding = AuditBundleCheck.Finding(line: line, position: position, problem: problem)
    }
}
