import Cryptography
import Foundation
import TestSupport
import Testing
import TransparencyLog

@Suite struct `The verifier in Python` {
    @Test(.timeLimit(.minutes(15))) func `gives JSON the same canonical form`() async throws {
        var random = SeededRandom(for: "canonical JSON in Swift and in Python")
        var texts = (0..<4000).map { _ in Array(RandomJSON.text(using: &random).utf8) }
        // And as many that are probably no JSON any more.
        for index in texts.indices where !texts[index].isEmpty {
            var text = texts[index]
            let place = Int.random(in: 0..<text.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: text[place] = UInt8.random(in: 0...255, using: &random)
            case 1: text.remove(at: place)
            default: text.insert(Array(#"{}[]",:\0e-.u "#.utf8).randomElement(using: &random) ?? 0, at: place)
            }
            texts.append(text)
        }
        let answers = try await PythonVerifier.canonicalDigests(of: texts)
        var refused = 0
        for (text, answer) in zip(texts, answers) {
            let digest = (try? CanonicalJSON.digest(ofJSON: text))?.hex
            #expect(digest == answer, "\(String(decoding: text, as: UTF8.self)) \(text)")
            if digest == nil { refused += 1 }
        }
        #expect((100..<4000).contains(refused))
    }

    /// Our two were written by one mind, so a third judges both: rfc8785 of PyPI.
    @Test(.timeLimit(.minutes(15))) func `gives JSON the same canonical form as other people's library`() async throws {
        var random = SeededRandom(for: "canonical JSON in Swift and in rfc8785")
        let texts = (0..<2000).map { _ in RandomJSON.text(using: &random) }
        let answers = try await PythonVerifier.otherCanonicalForms(of: texts)
        var refused = 0
        for (text, answer) in zip(texts, answers) {
            let canonical = (try? CanonicalJSON.bytes(ofJSON: text)).map { String(decoding: $0, as: UTF8.self) }
            #expect(canonical?.utf8.elementsEqual(answer.utf8) ?? (answer == "refused"), "\(text)")
            if canonical == nil { refused += 1 }
        }
        #expect(refused < 1000)
    }

    @Test(.timeLimit(.minutes(15))) func `agrees about thousands of tampered bundles, and none passes`() async throws {
        var random = SeededRandom(for: "tampered bundles in Swift and in Python")
        var bundles: [(data: [UInt8], keys: [NoteVerifierKey])] = []
        var meanings: [(tampered: [[UInt8]], original: [[UInt8]])] = []
        for _ in 0..<40 {
            let log = try SmallLog(count: Int.random(in: 1...12, using: &random), using: &random)
            let from = Int64.random(in: 1...Int64(log.size), using: &random)
            let to = Int64.random(in: from...min(Int64(log.size), from + 5), using: &random)
            let original = try log.bundle(
                from...to, streams: Bool.random(using: &random) ? ["customer-acme", "deployment-7"] : nil,
                since: Bool.random(using: &random) ? UInt64.random(in: 0...log.size, using: &random) : nil)
            let meaning = Tampering.meaning(of: Array(original.joined()))
            for round in 0..<60 {
                let tampered = round == 0 ? Array(original.joined()) : Tampering.tamper(original, using: &random)
                bundles.append((tampered, [log.key.verifierKey]))
                meanings.append((Tampering.meaning(of: tampered), meaning))
            }
        }
        let answers = try await PythonVerifier.findings(in: bundles)
        for (index, answer) in answers.enumerated() {
            let findings = AuditBundleCheck.findings(in: bundles[index].data, keys: bundles[index].keys)
            #expect(findings == answer, "\(String(decoding: bundles[index].data, as: UTF8.self))")
            // Nothing is found exactly where nothing changed but, at most, how it is written. Which positions were
            // searched for some streams is the one thing that a bundle can only say.
            let (tampered, original) = meanings[index]
            let isOtherSearch =
                tampered.dropFirst() == original.dropFirst()
                && String(decoding: original[0], as: UTF8.self).contains(#""streams":"#)
            #expect(findings.isEmpty == (tampered == original) || isOtherSearch)
        }
    }

    @Test func `is a command that a person can use`() async throws {
        var random = SeededRandom(seed: 3)
        let log = try SmallLog(count: 9, using: &random)
        let folder = FileManager.default.temporaryDirectory.appending(path: "bundle-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }  // A leftover in the temporary folder harms nobody.
        let (good, bad) = (folder.appending(path: "good"), folder.appending(path: "bad"))
        let lines = try log.bundle(1...9)
        try Data(lines.joined()).write(to: good)
        try Data((lines[...3] + lines[5...]).joined()).write(to: bad)
        let key = log.key.verifierKey.description
        #expect(try await PythonVerifier.run(["bundle", good.path, "--key", key]) == ("verified\n", true))
        let answer = try await PythonVerifier.run(["bundle", bad.path, "--key", key])
        #expect(answer == ("line 5: missing at position 4\nFAILED\n", false))
    }

    /// A log that reaches level 2 would take 65,536 leaves; two levels show the rule.
    @Test func `recomputes a whole log from its tiles, and names the tile that was changed`() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "log-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }  // A leftover in the temporary folder harms nobody.
        func write(_ bytes: [UInt8], _ path: String) throws {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: file)
        }
        let entries = (0..<1000).map { Array("entry \($0)".utf8) }
        var writer = TileWriter()
        for entry in entries { writer.append(.leaf(entry)) }
        let key = try NoteSigningKey.generate(name: "example.com/log")
        try write(
            Array(
                Checkpoint(origin: "example.com/log", size: 1000, root: writer.root).signed(by: [key]).description.utf8),
            "checkpoint")
        for (tile, hashes) in writer.takeTiles() {
            try write(hashes.tileBytes, tile.path)
            guard tile.level == 0 else { continue }
            let start = Int(tile.index) * 256
            try write(try #require(EntryBundle.bytes(of: Array(entries[start..<start + tile.width]))), tile.entriesPath)
        }
        let verify = { try await PythonVerifier.run(["log", folder.path, "--key", key.verifierKey.description]) }
        #expect(try await verify() == ("verified\n", true))

        let bundle = try [UInt8](Data(contentsOf: folder.appending(path: "tile/entries/002")))
        try write(bundle.dropLast() + [UInt8(ascii: "x")], "tile/entries/002")
        #expect(try await verify() == ("position 768: the entry does not have the leaf's hash\nFAILED\n", false))
        try write(bundle, "tile/entries/002")

        let upper = try [UInt8](Data(contentsOf: folder.appending(path: "tile/1/000.p/3")))
        try write(Array(upper.reversed()), "tile/1/000.p/3")
        #expect(try await verify() == ("tile/1/000.p/3 does not follow from the leaves\nFAILED\n", false))
        try write(upper, "tile/1/000.p/3")

        let leaves = try [UInt8](Data(contentsOf: folder.appending(path: "tile/0/001")))
        try write(Array(leaves.reversed()), "tile/0/001")
        let answer = try await verify()
        #expect(!answer.isVerified)
        #expect(answer.output.contains("position 257:"))
        #expect(answer.output.contains("the leaves do not have the checkpoint's root"))
    }
}

/// Ways to falsify a bundle, blindly and with knowledge of what it means.
enum Tampering {
    /// What a bundle says, however it is written: the canonical form of each line.
    static func meaning(of bundle: [UInt8]) -> [[UInt8]] {
        var lines = bundle.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        if lines.last == [] { lines.removeLast() }
        return lines.map { (try? CanonicalJSON.bytes(ofJSON: $0)) ?? [0] + $0 }
    }

    static func tamper(_ original: [[UInt8]], using random: inout SeededRandom) -> [UInt8] {
        var lines = original
        let place = Int.random(in: 0..<lines.count, using: &random)
        let other = Int.random(in: 0..<lines.count, using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0: lines.remove(at: place)
        case 1: lines.insert(lines[other], at: place)
        case 2: lines.swapAt(place, other)
        case 3: lines = Array(lines[...place])
        case 4: lines[place] = numberChanged(in: lines[place], using: &random)
        case 5: lines[place] = memberMoved(from: lines[other], to: lines[place], using: &random)
        case 6: lines[place].removeLast(Int.random(in: 1...lines[place].count, using: &random))
        default:
            let byte = Int.random(in: 0..<lines[place].count, using: &random)
            lines[place][byte] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
        return Array(lines.joined())
    }

    private static func numberChanged(in line: [UInt8], using random: inout SeededRandom) -> [UInt8] {
        var line = line
        let digits = line.indices.filter { (0x30...0x39).contains(line[$0]) }
        guard let place = digits.randomElement(using: &random) else { return line }
        line[place] = UInt8.random(in: 0x30...0x39, using: &random)
        return line
    }

    /// The other line's payload, metadata, envelope or proof in this one.
    private static func memberMoved(from other: [UInt8], to line: [UInt8], using random: inout SeededRandom) -> [UInt8]
    {
        let name = ["payload", "metadata", "envelope", "proof"].randomElement(using: &random) ?? ""
        guard var members = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
            let others = try? JSONSerialization.jsonObject(with: Data(other)) as? [String: Any],
            members[name] != nil, others[name] != nil
        else { return line }
        members[name] = others[name]
        guard let data = try? JSONSerialization.data(withJSONObject: members) else { return line }
        return [UInt8](data) + [0x0A]
    }
}
