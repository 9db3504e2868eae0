import Cryptography
import Foundation
import Subprocess
import TestSupport
import TransparencyLog

/// The second verifier, in Python: `DEPLOYCENTER_TEST_PYTHON`, by default `python3`, with `cryptography`.
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

    static func findings(in bundles: [(data: [UInt8], keys: [NoteVerifierKey])]) async throws
        -> [[AuditBundleCheck.Finding]]
    {
        try await batch(bundles.map { (data: $0.data, keys: $0.keys) }) { answer in
            try JSONDecoder().decode([PythonFinding].self, from: answer).map(\.finding)
        }
    }

    /// One process answers for all of them.
    private static func batch<Answer>(
        _ questions: [(data: [UInt8], keys: [NoteVerifierKey]?)], _ decode: (Data) throws -> Answer
    ) async throws -> [Answer] {
        let file = FileManager.default.temporaryDirectory.appending(path: "verifier-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }  // A leftover in the temporary folder harms nobody.
        try Data(questions.flatMap(\.data)).write(to: file)
        var offset = 0
        var lines = ""
        for question in questions {
            let keys = question.keys.map { $0.map { " \($0)" }.joined() }
            lines += "\(keys == nil ? "canonical" : "bundle") \(offset) \(question.data.count)\(keys ?? "")\n"
            offset += question.data.count
        }
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments([python, script, "batch", file.path]), input: .string(lines),
            output: .string(limit: 1 << 28), error: .string(limit: 1 << 20))
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
