import Application
import Cryptography
import Postgres
import TransparencyLog

/// A checkpoint as it is stored, and what its signatures say.
struct CheckpointReading: Equatable, Sendable {
    /// Where it is stored.
    let treeSize: Int64
    /// As it is stored.
    let note: String
    /// What was signed; nil where no known key signed this.
    var signedSize: Int64?
    var signedRoot: MerkleHash?
    var facts: CheckpointFacts?
    /// Known keys with a valid signature.
    var signers: [String] = []
    var problem: Problem?

    /// Why it is not as it was signed.
    struct Problem: Equatable, Sendable {
        let kind: AuditFinding.Kind
        let reason: String
    }

    var previousSize: Int64? { facts?.previousSize }
    /// Signed for the size that it is stored under.
    var isInPlace: Bool { signedSize == treeSize }

    /// - Parameter isTwice: whether the same is stored in its own place, so that this is a copy of it.
    func finding(isTwice: Bool) -> AuditFinding? {
        if let signedSize, !isInPlace {
            let text = "the checkpoint of \(signedSize) events is stored as one of \(treeSize)"
            return isTwice
                ? AuditFinding(.checkpointForged, at: max(1, treeSize), text)
                : AuditFinding(.checkpointChanged, at: signedSize, text)
        }
        return problem.map {
            AuditFinding($0.kind, at: max(1, treeSize), "the checkpoint of \(treeSize) events \($0.reason)")
        }
    }
}

/// Reads stored checkpoints as somebody who trusts nothing but keys.
struct CheckpointReader: Sendable {
    let keys: [NoteVerifierKey]

    func checkpoints(
        on connection: PostgresConnection, after: Int64, upTo: Int64
    ) async throws(PostgresError) -> [CheckpointReading] {
        let pageSize: Int64 = 1_000
        var readings: [CheckpointReading] = []
        var last = after
        while true {
            let rows = try await connection.query(
                Statement.readCheckpoints, [.int8(last), .int8(upTo), .int8(pageSize)])
            for row in rows { readings.append(try reading(row)) }
            guard rows.count == pageSize, let size = readings.last?.treeSize else { return readings }
            last = size
        }
    }

    func strayCheckpoints(
        on connection: PostgresConnection, logSize: Int64
    ) async throws(PostgresError) -> [CheckpointReading] {
        try await connection.query(Statement.strayCheckpoints, [.int8(logSize)]).map { row throws(PostgresError) in
            try reading(row)
        }
    }

    /// The largest size that was signed, by the last two checkpoints: one may have been put in the wrong place.
    func latestSignedSize(on connection: PostgresConnection) async throws(PostgresError) -> Int64 {
        try await connection.query(Statement.latestCheckpoint, [2]).map { row throws(PostgresError) in
            try reading(row)
        }.compactMap(\.signedSize).max() ?? 0
    }

    func latest(on connection: PostgresConnection) async throws(PostgresError) -> CheckpointReading? {
        guard let row = try await connection.query(Statement.latestCheckpoint, [1]).first else { return nil }
        return try reading(row)
    }

    private func reading(_ row: PostgresRow) throws(PostgresError) -> CheckpointReading {
        // A row that cannot be read is a finding and no error.
        let treeSize = try row.optionalInt64("tree_size") ?? 0
        var reading = reading(note: try row.optionalString("note") ?? "", storedAs: treeSize)
        let root = try row.optionalBytea("root").flatMap { MerkleHash($0) }
        if reading.problem == nil, reading.isInPlace, reading.signedRoot != root {
            reading.problem = .init(kind: .checkpointChanged, reason: "is stored with another root than was signed")
        }
        return reading
    }

    /// What a note says. - Parameter storedAs: the size that it is known under; what it says itself if that is nil.
    func reading(note text: String, storedAs stored: Int64? = nil) -> CheckpointReading {
        var reading = CheckpointReading(treeSize: stored ?? Self.claimedSize(text), note: text)
        do {
            let note = try SignedNote(text)
            let signers = try note.verified(by: keys)
            let checkpoint = try Checkpoint(text: note.text)
            guard signers.contains(where: { $0.name == checkpoint.origin }), let size = Int64(exactly: checkpoint.size)
            else { throw CheckpointError.otherLog(origin: checkpoint.origin) }
            reading.signedSize = size
            reading.signedRoot = checkpoint.root
            reading.signers = signers.map(\.description)
            reading.facts = CheckpointFacts(checkpoint)
            reading.problem = problem(of: note, checkpoint, reading.facts)
            if note.description != text {
                reading.problem = .init(kind: .checkpointChanged, reason: "is not spelled as it was signed")
            }
        } catch {
            reading.problem = .init(kind: .checkpointForged, reason: "has no valid signature of a known key")
        }
        return reading
    }

    private func problem(
        of note: SignedNote, _ checkpoint: Checkpoint, _ facts: CheckpointFacts?
    ) -> CheckpointReading.Problem? {
        guard let facts else {
            return .init(kind: .checkpointForged, reason: "does not say what it follows, when and by which keys")
        }
        guard facts.keyIDs == note.signatures.map(\.keyID.hex) else {
            return .init(kind: .checkpointChanged, reason: "has other signatures than it was given")
        }
        let isKnown = note.signatures.allSatisfy { line in
            keys.contains { $0.name == line.name && $0.keyID == line.keyID }
        }
        return isKnown ? nil : .init(kind: .keyChanged, reason: "has a signature of an unknown key")
    }

    private static func claimedSize(_ text: String) -> Int64 {
        let lines = text.split(separator: "\n", maxSplits: 2, omittingEmptySubsequences: false)
        return lines.count > 1 ? Int64(lines[1]) ?? 0 : 0
    }
}

/// What a witness has, or why it could not be asked.
struct WitnessReading: Sendable {
    let name: String
    /// The size that the database said it had been given, before it was asked.
    var given: Int64 = 0
    var checkpoints: [CheckpointReading] = []
    var failure: String?
}
