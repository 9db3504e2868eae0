import Cryptography
import Foundation
import TestSupport
import Testing
import TransparencyLog

/// What strangers are told must be so.
@Suite struct `The documented format` {
    private static let page =
        Repository.root + "/Sources/DeployCenter/DeployCenter.docc/HowTo/verify-the-log.md"

    /// The lines of the page's code block of that kind.
    private func block(_ kind: String) throws -> [String] {
        let lines = try String(contentsOfFile: Self.page, encoding: .utf8).split(
            separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex(of: "```\(kind)"))
        return lines[(start + 1)...].prefix { $0 != "```" }.map(String.init)
    }

    private func bundle() throws -> [UInt8] { Array(try block("bundle").map { $0 + "\n" }.joined().utf8) }

    @Test func `has an example whose digests are right`() throws {
        let payload = try block("payload")
        #expect(try CanonicalJSON.bytes(ofJSON: payload[0]) == Array(payload[1].utf8))
        #expect(SHA256.hash(utf8: payload[1]).hex == payload[2])
        let envelope = try block("envelope")
        #expect(envelope[0].contains(payload[2]))
        #expect(try CanonicalJSON.bytes(ofJSON: envelope[0]) == Array(envelope[0].utf8))
        #expect(MerkleHash.leaf(Array(envelope[0].utf8)).hex == envelope[1])

        let tree = try block("tree").compactMap { $0.split(separator: " ").last.map(String.init) }
        let hashes = tree.compactMap { [UInt8](hex: $0) }.compactMap { MerkleHash($0) }
        try #require(hashes.count == 5)
        #expect(tree[1] == envelope[1])
        #expect(MerkleHash.node(hashes[0], hashes[1]) == hashes[3])
        #expect(MerkleTree.root(of: hashes[..<3]) == hashes[4])

        let key = try NoteVerifierKey(try block("key").joined())
        let signing = try NoteSigningKey(
            name: key.name, privateKey: Ed25519PrivateKey(rawRepresentation: Array(0..<32)))
        #expect(signing.verifierKey == key)
        let note = try block("checkpoint").map { $0 + "\n" }.joined()
        let checkpoint = try Checkpoint(note: note, verifiedBy: [key])
        let extensions = ["previous 2", "signed-at 2026-11-23T03:42:02.000000Z", "keys \(key.keyID.hex)"]
        #expect(checkpoint == Checkpoint(origin: key.name, size: 3, root: hashes[4], extensions: extensions))
        #expect(try checkpoint.signed(by: [signing]).description == note)
    }

    @Test(.timeLimit(.minutes(15)))
    func `has an example bundle that both verifiers accept, and refuse when it is changed`()
        async throws
    {
        let key = try NoteVerifierKey(try block("key").joined())
        let bundle = String(decoding: try bundle(), as: UTF8.self)
        let variants = [
            bundle, bundle.replacing(":12.5,", with: ":12.50,"), bundle.replacing(":12.5,", with: ":12.6,"),
        ]
        try #require(Set(variants).count == 3)
        let expected: [[AuditBundleCheck.Finding]] = [[], [], [.init(line: 3, position: 2, problem: .payload)]]
        let data = variants.map { Array($0.utf8) }
        #expect(data.map { AuditBundleCheck.findings(in: $0, keys: [key]) } == expected)
        #expect(try await PythonVerifier.findings(in: data.map { ($0, [key]) }) == expected)
    }

    @Test func `names every problem that a check can find`() throws {
        let page = try String(contentsOfFile: Self.page, encoding: .utf8)
        for problem in AuditBundleCheck.Problem.allCases { #expect(page.contains("`\(problem.rawValue)`")) }
        #expect(page.contains("`\(AuditBundle.format)`"))
    }
}
