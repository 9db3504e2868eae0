import Cryptography
import EventSourcing
import TestSupport
import Testing
import TransparencyLog

/// A small log with everything that a bundle of it needs.
struct SmallLog {
    static let origin = "deploycenter.example.com/log"
    let key: NoteSigningKey
    let entries: [LogEntry]
    let texts: [(payload: String, metadata: String)]
    let tree: TileTree

    init(count: Int, using random: inout SeededRandom) throws {
        key = try NoteSigningKey(
            name: Self.origin,
            privateKey: Ed25519PrivateKey(
                rawRepresentation: (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }))
        var entries: [LogEntry] = []
        var texts: [(payload: String, metadata: String)] = []
        var versions: [String: Int] = [:]
        for position in 1...count {
            let stream =
                ["customer-acme", "customer-zürich", "deployment-7", "template-odoo"].randomElement(using: &random)
                ?? ""
            versions[stream, default: 0] += 1
            var payload = RandomJSON.object(using: &random)
            // Some have numbers beyond a double, which no event can have.
            while (try? CanonicalJSON.bytes(ofJSON: payload)) == nil { payload = RandomJSON.object(using: &random) }
            let text = (payload, #"{"actor": "u\#(position)"}"#)
            texts.append(text)
            entries.append(
                try LogEntry(
                    position: Position(Int64(position)), stream: stream, streamVersion: versions[stream] ?? 0,
                    id: "0b9c7a52-5a5d-4c1e-9d5e-\(100_000_000_000 + position)", type: "customer.renamed",
                    schemaVersion: 1, recordedAt: Timestamp(microseconds: 1_795_405_213_123_456 + Int64(position)),
                    payload: text.0, metadata: text.1))
        }
        self.entries = entries
        self.texts = texts
        tree = tiles(of: entries.map(\.leafHash), using: &random)
    }

    var size: UInt64 { UInt64(entries.count) }

    func checkpoint(size: UInt64) throws -> Checkpoint {
        Checkpoint(
            origin: Self.origin, size: size, root: MerkleTree.root(of: entries[..<Int(size)].map(\.leafHash)))
    }

    func note(size: UInt64) throws -> String { try checkpoint(size: size).signed(by: [key]).description }

    func event(_ position: Int64, isOpened: Bool = false) throws -> AuditBundle.Event {
        let index = Int(position) - 1
        return try AuditBundle.Event(
            entry: entries[index], payload: texts[index].payload, metadata: texts[index].metadata,
            proof: tree.inclusionProof(of: UInt64(index), size: size), opened: isOpened ? #"{"name": "Ann"}"# : nil)
    }

    /// All events of the positions, or those of `streams`.
    func bundle(
        _ positions: ClosedRange<Int64>, streams: Set<String>? = nil, since: UInt64? = nil, isOpened: Bool = false
    ) throws -> [[UInt8]] {
        let chosen = positions.filter { streams?.contains(entries[Int($0) - 1].stream) ?? true }
        let scoped = streams.map { streams in
            streams.sorted().compactMap { name -> AuditBundle.Stream? in
                let versions = chosen.map { entries[Int($0) - 1] }.filter { $0.stream == name }.map(\.streamVersion)
                guard let first = versions.first, let last = versions.last else { return nil }
                return AuditBundle.Stream(name: name, versions: Int64(first)...Int64(last))
            }
        }
        let growth = try since.map {
            AuditBundle.Growth(since: try note(size: $0), proof: try tree.consistencyProof(from: $0, to: size))
        }
        let header = AuditBundle.Header(
            checkpoint: try note(size: size),
            scope: AuditBundle.Scope(from: positions.lowerBound, to: positions.upperBound, streams: scoped),
            growth: growth)
        return [header.line] + (try chosen.map { try event($0, isOpened: isOpened).line })
    }

    func findings(_ lines: [[UInt8]]) -> [AuditBundleCheck.Finding] {
        AuditBundleCheck.findings(in: Array(lines.joined()), keys: [key.verifierKey])
    }
}

@Suite struct `An audit bundle` {
    typealias Finding = AuditBundleCheck.Finding

    private func log(_ count: Int = 20) throws -> SmallLog {
        var random = SeededRandom(seed: 7)
        return try SmallLog(count: count, using: &random)
    }

    @Test func `of any positions or streams is verified`() throws {
        let log = try log()
        #expect(log.findings(try log.bundle(1...20)).isEmpty)
        #expect(log.findings(try log.bundle(7...7, isOpened: true)).isEmpty)
        #expect(log.findings(try log.bundle(3...18, streams: ["customer-acme", "customer-zürich"])).isEmpty)
        for since in [0, 1, 8, 19, 20] as [UInt64] {
            #expect(log.findings(try log.bundle(1...3, since: since)).isEmpty)
        }
        let nothing = AuditBundle.Header(checkpoint: try log.note(size: 20), scope: AuditBundle.Scope(from: 5, to: 4))
        #expect(log.findings([nothing.line]).isEmpty)
        #expect(
            log.findings([nothing.line, try log.event(5).line]) == [Finding(line: 2, position: 5, problem: .scope)])
    }

    @Test func `names the event whose payload or metadata changed`() throws {
        let log = try log()
        let event = try log.event(4)
        let altered = { (payload: String, metadata: String) throws in
            try AuditBundle.Event(entry: event.entry, payload: payload, metadata: metadata, proof: event.proof).line
        }
        var lines = try log.bundle(2...6)
        lines[3] = try altered(#"{"changed":true}"#, log.texts[3].metadata)
        #expect(log.findings(lines) == [Finding(line: 4, position: 4, problem: .payload)])
        lines[3] = try altered(log.texts[3].payload, "{}")
        #expect(log.findings(lines) == [Finding(line: 4, position: 4, problem: .metadata)])
    }

    @Test func `names the event whose envelope changed, field by field`() throws {
        let log = try log()
        let envelope = String(decoding: try log.event(4).line, as: UTF8.self)
        for (old, new) in [
            (#""id":"0b"#, #""id":"1b"#), (#""schemaVersion":1"#, #""schemaVersion":2"#), ("123460Z", "123461Z"),
            (#""type":"customer"#, #""type":"customes"#),
        ] {
            let changed = envelope.replacing(old, with: new)
            #expect(changed != envelope)
            var lines = try log.bundle(2...6)
            lines[3] = Array(changed.utf8)
            #expect(log.findings(lines) == [Finding(line: 4, position: 4, problem: .proof)])
        }
    }

    @Test func `names the first event that is missing, repeated or out of order`() throws {
        let log = try log()
        let lines = try log.bundle(2...6)
        let without = { (place: Int) in Array(lines[..<place] + lines[(place + 1)...]) }
        #expect(log.findings(without(1)) == [Finding(line: 2, position: 2, problem: .missing)])
        #expect(log.findings(without(3)) == [Finding(line: 4, position: 4, problem: .missing)])
        #expect(log.findings(without(5)) == [Finding(line: 6, position: 6, problem: .missing)])
        #expect(
            log.findings(Array(lines[...3]) + [lines[3]] + Array(lines[4...])) == [
                Finding(line: 5, position: 4, problem: .order)
            ])
        var swapped = lines
        swapped.swapAt(2, 3)
        #expect(
            log.findings(swapped) == [
                Finding(line: 3, position: 3, problem: .missing), Finding(line: 4, position: 3, problem: .order),
            ])
        #expect(log.findings(lines + [try log.event(7).line]) == [Finding(line: 7, position: 7, problem: .scope)])
    }

    @Test func `of a stream misses what the stream had`() throws {
        let log = try log()
        let stream = try #require(
            Dictionary(grouping: log.entries, by: \.stream).max { $0.value.count < $1.value.count }
        ).key
        let lines = try log.bundle(1...20, streams: [stream])
        try #require(lines.count >= 4)
        #expect(log.findings(Array(lines.dropLast())) == [Finding(line: lines.count, position: nil, problem: .missing)])
        let second = try #require(log.findings(Array(lines[...0] + lines[2...])).first)
        #expect(second.line == 2 && second.problem == .missing)
        let other = try #require(log.entries.last { $0.stream != stream }).position.rawValue
        let findings = log.findings(lines + [try log.event(other).line])
        #expect(findings.map(\.position) == [other])
        #expect(findings.first?.problem == .scope || findings.first?.problem == .order)
    }

    @Test func `is worth nothing without a checkpoint of a known key`() throws {
        let log = try log()
        let lines = try log.bundle(1...3, since: 2)
        let other = try NoteSigningKey.generate(name: SmallLog.origin)
        let check = { AuditBundleCheck.findings(in: Array(lines.joined()), keys: $0) }
        #expect(check([other.verifierKey]) == [Finding(line: 1, position: nil, problem: .checkpoint)])
        #expect(check([]) == [Finding(line: 1, position: nil, problem: .checkpoint)])
        #expect(check([other.verifierKey, log.key.verifierKey]) == [])
        let header = { (checkpoint: String, growth: AuditBundle.Growth?, to: Int64) in
            [AuditBundle.Header(checkpoint: checkpoint, scope: .init(from: 1, to: to), growth: growth).line]
        }
        let forged = try Checkpoint(origin: SmallLog.origin, size: 20, root: .leaf([1])).signed(by: [log.key])
            .description
        #expect(
            log.findings(header(forged, nil, 1) + [try log.event(1).line]) == [
                Finding(line: 2, position: 1, problem: .proof)
            ])
        let good = try log.note(size: 20)
        #expect(log.findings(header(good, nil, 21)) == [Finding(line: 1, position: nil, problem: .scope)])
        #expect(
            log.findings(header(good, .init(since: forged, proof: []), 0)) == [
                Finding(line: 1, position: nil, problem: .growth)
            ])
        #expect(log.findings([]) == [Finding(line: 1, position: nil, problem: .malformed)])
    }

    /// Swift takes strings for equal that Unicode normalizes alike; hashes and other readers do not.
    @Test func `tells apart names that are only normalized alike`() throws {
        let log = try log()
        var lines = try log.bundle(1...20, streams: ["customer-zürich"])
        lines[0] = Array(String(decoding: lines[0], as: UTF8.self).replacing("zürich", with: "zu\u{308}rich").utf8)
        #expect(log.findings(lines).first?.problem == .scope)
    }

    @Test func `is checked in step with reading it`() throws {
        let log = try log()
        let lines = try log.bundle(1...20).map { $0.dropLast() }
        var check = try AuditBundleCheck(header: Array(lines[0]), keys: [log.key.verifierKey])
        for line in lines[1...] { #expect(check.check(Array(line)).isEmpty) }
        #expect(check.finish().isEmpty)
        #expect(check.eventCount == 20)
        #expect(check.checkpoint == (try log.checkpoint(size: 20)))
    }
}
