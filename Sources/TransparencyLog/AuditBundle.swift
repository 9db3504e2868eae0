import Cryptography

/// Events with the proof that they stand in the log, for somebody who has nothing else of ours but a public key.
///
/// The file is lines of JSON: a header, then one line for each event in the order of positions. The format and what a
/// check does are described for strangers in "Verify the log" of the documentation; keep the two equal.
package enum AuditBundle {
    package static let format = "deploycenter-audit-bundle/1"

    /// What the bundle claims to hold, so that a check can miss something.
    package struct Scope: Equatable, Sendable {
        /// The positions that were looked at, 1 or more; none where `to` is `from - 1`.
        package let from: Int64
        package let to: Int64
        /// Nil where every event of these positions is there; else the streams whose events are.
        package let streams: [Stream]?

        package init(from: Int64, to: Int64, streams: [Stream]? = nil) {
            self.from = from
            self.to = to
            self.streams = streams
        }
    }

    /// A stream with its first and last version among the positions of a scope.
    package struct Stream: Equatable, Sendable {
        package let name: String
        package let versions: ClosedRange<Int64>

        package init(name: String, versions: ClosedRange<Int64>) {
            self.name = name
            self.versions = versions
        }
    }

    /// Shows that the log only grew since a checkpoint that the reader may have kept.
    package struct Growth: Equatable, Sendable {
        /// The older note.
        package let since: String
        /// The consistency proof from its size to the bundle's checkpoint's.
        package let proof: [MerkleHash]

        package init(since: String, proof: [MerkleHash]) {
            self.since = since
            self.proof = proof
        }
    }

    /// The first line.
    package struct Header: Equatable, Sendable {
        /// The signed note, with its line breaks.
        package let checkpoint: String
        package let scope: Scope
        package let growth: Growth?

        package init(checkpoint: String, scope: Scope, growth: Growth? = nil) {
            self.checkpoint = checkpoint
            self.scope = scope
            self.growth = growth
        }
    }

    /// One of the other lines.
    package struct Event: Equatable, Sendable {
        package let entry: LogEntry
        /// Canonical JSON of what is stored, personal values sealed.
        package let payload: [UInt8]
        package let metadata: [UInt8]
        package let proof: [MerkleHash]
        /// JSON with personal values opened for reading. Nothing proves it.
        package let opened: [UInt8]?

        /// Takes payload and metadata as stored, and `opened` in any form.
        package init(
            entry: LogEntry, payload: String, metadata: String, proof: [MerkleHash], opened: String? = nil
        ) throws(CanonicalJSONError) {
            self.entry = entry
            self.payload = try CanonicalJSON.bytes(ofJSON: payload)
            self.metadata = try CanonicalJSON.bytes(ofJSON: metadata)
            self.proof = proof
            if let opened { self.opened = try CanonicalJSON.bytes(ofJSON: opened) } else { self.opened = nil }
        }
    }
}

// MARK: Lines

extension AuditBundle.Header {
    /// With its line break.
    package var line: [UInt8] {
        var bytes = Array(#"{"format":"#.utf8)
        bytes.appendJSON(AuditBundle.format)
        bytes += #","checkpoint":"#.utf8
        bytes.appendJSON(checkpoint)
        bytes += #","scope":{"from":\#(scope.from),"to":\#(scope.to)"#.utf8
        if let streams = scope.streams {
            bytes += #","streams":{"#.utf8
            for (index, stream) in streams.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                bytes.appendJSON(stream.name)
                bytes += ":[\(stream.versions.lowerBound),\(stream.versions.upperBound)]".utf8
            }
            bytes.append(UInt8(ascii: "}"))
        }
        bytes.append(UInt8(ascii: "}"))
        if let growth {
            bytes += #","growth":{"since":"#.utf8
            bytes.appendJSON(growth.since)
            bytes += #","proof":"#.utf8
            bytes.appendProof(growth.proof)
            bytes.append(UInt8(ascii: "}"))
        }
        bytes += "}\n".utf8
        return bytes
    }

    /// Reads a line without its line break; nil where it is no header of this format.
    init?(_ text: CanonicalText) {
        guard var members = text.members, members.removeValue(forKey: "format")?.string == AuditBundle.format,
            let checkpoint = members.removeValue(forKey: "checkpoint")?.string,
            let scope = members.removeValue(forKey: "scope").flatMap(AuditBundle.Scope.init)
        else { return nil }
        var growth: AuditBundle.Growth?
        if let claimed = members.removeValue(forKey: "growth") {
            guard let parts = claimed.members, parts.count == 2, let since = parts["since"]?.string,
                let proof = parts["proof"]?.proof
            else { return nil }
            growth = AuditBundle.Growth(since: since, proof: proof)
        }
        guard members.isEmpty else { return nil }
        self.init(checkpoint: checkpoint, scope: scope, growth: growth)
    }
}

extension AuditBundle.Scope {
    fileprivate init?(_ text: CanonicalText) {
        guard var members = text.members, let from = members.removeValue(forKey: "from")?.integer,
            let to = members.removeValue(forKey: "to")?.integer, from >= 1, to >= from - 1
        else { return nil }
        var streams: [AuditBundle.Stream]?
        if let claimed = members.removeValue(forKey: "streams") {
            guard let named = claimed.pairs else { return nil }
            var read: [AuditBundle.Stream] = []
            for (name, versions) in named {
                guard let ends = versions.elements, ends.count == 2, let first = ends[0].integer,
                    let last = ends[1].integer, first >= 1, last >= first
                else { return nil }
                read.append(AuditBundle.Stream(name: String(decoding: name, as: UTF8.self), versions: first...last))
            }
            streams = read
        }
        guard members.isEmpty else { return nil }
        self.init(from: from, to: to, streams: streams)
    }
}

extension AuditBundle.Event {
    /// With its line break.
    package var line: [UInt8] {
        var bytes = Array(#"{"envelope":"#.utf8)
        bytes += entry.canonical
        bytes += #","payload":"#.utf8
        bytes += payload
        bytes += #","metadata":"#.utf8
        bytes += metadata
        bytes += #","proof":"#.utf8
        bytes.appendProof(proof)
        if let opened {
            bytes += #","opened":"#.utf8
            bytes += opened
        }
        bytes += "}\n".utf8
        return bytes
    }
}

extension [UInt8] {
    fileprivate mutating func appendProof(_ proof: [MerkleHash]) {
        append(UInt8(ascii: "["))
        for (index, hash) in proof.enumerated() {
            if index > 0 { append(UInt8(ascii: ",")) }
            appendJSON(hash.bytes.base64)
        }
        append(UInt8(ascii: "]"))
    }
}

extension CanonicalText {
    /// Nil unless it is an array of hashes in base64.
    var proof: [MerkleHash]? {
        guard let elements else { return nil }
        let hashes = elements.compactMap { $0.string.flatMap { [UInt8](base64: $0) }.flatMap { MerkleHash($0) } }
        return hashes.count == elements.count ? hashes : nil
    }
}
