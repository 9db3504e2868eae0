import Cryptography

/// Checks a bundle line by line, in as much memory as a line needs, and goes on after what it finds.
package struct AuditBundleCheck: Sendable {
    /// One thing that is wrong with a bundle.
    package struct Finding: Equatable, Sendable {
        /// From 1, which is the header.
        package let line: Int
        /// The event's position, or where one is missing its own; nil where that is not known.
        package let position: Int64?
        package let problem: Problem

        package init(line: Int, position: Int64?, problem: Problem) {
            self.line = line
            self.position = position
            self.problem = problem
        }
    }

    /// What can be wrong with a bundle; the raw values are the words of the documentation.
    package enum Problem: String, CaseIterable, Equatable, Sendable {
        /// Not a line of this format.
        case malformed
        /// The checkpoint is not signed by a known key of its log.
        case checkpoint
        /// The log did not grow out of the older checkpoint, or that is not signed.
        case growth
        /// The payload is not the one that the envelope names.
        case payload
        /// The metadata are not those that the envelope names.
        case metadata
        /// The envelope does not stand at its position in the log.
        case proof
        /// The event comes after a later one, or a second time.
        case order
        /// Events that the scope promises are not there.
        case missing
        /// The event is not of those that the scope promises, or the scope goes beyond the checkpoint.
        case scope
    }

    /// The checkpoint that everything was checked against; nil where it was not to be believed.
    package private(set) var checkpoint: Checkpoint?
    package private(set) var eventCount = 0

    private var scope = AuditBundle.Scope(from: 1, to: 0)
    private var line = 1
    /// The position that comes next, if nothing is missing; with streams, the lowest that can.
    private var nextPosition: Int64 = 1
    /// By the bytes of the name: Swift takes names for equal that are only normalized differently.
    private var streams: [[UInt8]: Stream]?

    /// How far a stream is read.
    private struct Stream {
        let versions: ClosedRange<Int64>
        var next: Int64
    }

    /// Takes the first line. Where it cannot be relied on, there is no point in reading on: see `checkpoint`.
    package init(header: [UInt8], keys: [NoteVerifierKey]) throws(HeaderProblem) {
        // Whatever is wrong with it, it is no header: the finding says so.
        guard let text = try? CanonicalText(json: header), let header = AuditBundle.Header(text) else {
            throw HeaderProblem(.malformed)
        }
        // Of another log or by an unknown key: it proves nothing.
        guard let checkpoint = try? Checkpoint(note: header.checkpoint, verifiedBy: keys) else {
            throw HeaderProblem(.checkpoint)
        }
        if let growth = header.growth {
            // As above.
            guard let older = try? Checkpoint(note: growth.since, verifiedBy: keys), older.origin == checkpoint.origin,
                MerkleProof.proves(
                    checkpoint.root, ofSize: checkpoint.size, extends: older.root, ofSize: older.size, by: growth.proof)
            else { throw HeaderProblem(.growth) }
        }
        guard header.scope.to <= 0 || UInt64(header.scope.to) <= checkpoint.size else { throw HeaderProblem(.scope) }
        self.checkpoint = checkpoint
        scope = header.scope
        nextPosition = scope.from
        streams = scope.streams.map { streams in
            Dictionary(
                streams.map { (Array($0.name.utf8), Stream(versions: $0.versions, next: $0.versions.lowerBound)) },
                uniquingKeysWith: { first, _ in first })
        }
    }

    /// Why a bundle is worth nothing as a whole.
    package struct HeaderProblem: Error, Equatable, Sendable {
        package let finding: Finding

        fileprivate init(_ problem: Problem) { finding = Finding(line: 1, position: nil, problem: problem) }
    }

    /// Takes the next line, without its line break.
    package mutating func check(_ json: [UInt8]) -> [Finding] {
        line += 1
        eventCount += 1
        // Whatever is wrong with it, it is no event: the finding says so.
        guard let checkpoint, let event = (try? CanonicalText(json: json)).flatMap(ReadEvent.init) else {
            return [Finding(line: line, position: nil, problem: .malformed)]
        }
        var problems: [Problem] = []
        if SHA256.hash(Array(event.payload)).hex != event.payloadDigest { problems.append(.payload) }
        if SHA256.hash(Array(event.metadata)).hex != event.metadataDigest { problems.append(.metadata) }
        if !MerkleProof.proves(
            .leaf(Array(event.envelope)), at: UInt64(event.position - 1), inTreeOf: checkpoint.size,
            root: checkpoint.root, by: event.proof)
        {
            problems.append(.proof)
        }
        return problems.map { Finding(line: line, position: event.position, problem: $0) } + place(of: event)
    }

    /// Says what is missing at the end.
    package func finish() -> [Finding] {
        guard let streams else {
            return nextPosition > scope.to ? [] : [Finding(line: line + 1, position: nextPosition, problem: .missing)]
        }
        return streams.values.contains { $0.next <= $0.versions.upperBound }
            ? [Finding(line: line + 1, position: nil, problem: .missing)] : []
    }

    /// Checks a whole bundle.
    package static func findings(in bundle: [UInt8], keys: [NoteVerifierKey]) -> [Finding] {
        var lines = bundle.split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        if lines.last == [] { lines.removeLast() }
        do throws(HeaderProblem) {
            var check = try AuditBundleCheck(header: lines.first ?? [], keys: keys)
            let found = lines.dropFirst().flatMap { check.check($0) }
            return found + check.finish()
        } catch { return [error.finding] }
    }

    /// Whether the event is where the scope says that it is.
    private mutating func place(of event: ReadEvent) -> [Finding] {
        let finding = { [line] (problem: Problem, position: Int64) in
            Finding(line: line, position: position, problem: problem)
        }
        guard (scope.from...max(scope.from, scope.to)).contains(event.position), scope.to >= scope.from else {
            return [finding(.scope, event.position)]
        }
        guard event.position >= nextPosition else { return [finding(.order, event.position)] }
        let expected = nextPosition
        nextPosition = event.position + 1
        guard streams != nil else { return event.position == expected ? [] : [finding(.missing, expected)] }
        guard let stream = streams?[event.stream], stream.versions.contains(event.streamVersion) else {
            return [finding(.scope, event.position)]
        }
        guard event.streamVersion >= stream.next else { return [finding(.order, event.position)] }
        streams?[event.stream]?.next = event.streamVersion + 1
        return event.streamVersion == stream.next ? [] : [finding(.missing, event.position)]
    }
}

/// An event's line, taken apart as far as a check needs it.
private struct ReadEvent {
    /// Canonical: these are the bytes of the leaf.
    let envelope: ArraySlice<UInt8>
    let payload: ArraySlice<UInt8>
    let metadata: ArraySlice<UInt8>
    let proof: [MerkleHash]
    let position: Int64
    let stream: [UInt8]
    let streamVersion: Int64
    let payloadDigest: String
    let metadataDigest: String

    /// Nil unless it has exactly the members that it must and may have.
    init?(_ text: CanonicalText) {
        guard let members = text.members, let envelope = members["envelope"], let payload = members["payload"],
            let metadata = members["metadata"], let proof = members["proof"]?.proof,
            members.count == (members["opened"] == nil ? 4 : 5)
        else { return nil }
        guard let parts = envelope.members, parts.count == 9, parts["id"]?.string != nil, parts["type"]?.string != nil,
            parts["recordedAt"]?.string != nil, parts["schemaVersion"]?.integer != nil,
            let position = parts["position"]?.integer, position >= 1, let stream = parts["stream"]?.string,
            let streamVersion = parts["streamVersion"]?.integer, let payloadDigest = parts["payload"]?.string,
            let metadataDigest = parts["metadata"]?.string
        else { return nil }
        self.envelope = envelope.bytes
        self.payload = payload.bytes
        self.metadata = metadata.bytes
        self.proof = proof
        self.position = position
        self.stream = Array(stream.utf8)
        self.streamVersion = streamVersion
        self.payloadDigest = payloadDigest
        self.metadataDigest = metadataDigest
    }
}
