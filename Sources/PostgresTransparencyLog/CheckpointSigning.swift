import Application
import Cryptography
import EventSourcing
import Postgres
import TransparencyLog

/// One step of the notary: takes the events after the last checkpoint into the tree and signs it, in the caller's transaction.
struct CheckpointSigning: Sendable {
    let keys: AuditKeys
    let now: @Sendable () -> Timestamp
    let batchMax: Int64
    let memory: NotaryMemory

    /// How far a step got.
    struct Step: Sendable {
        let treeSize: Int64
        let head: Int64
        let signed: AuditCheckpoint?
        let tree: SignedTree

        var isBehind: Bool { signed != nil && treeSize < head }
    }

    /// Throws a `NotaryAlarm` where something is not what was appended or signed; then nothing may be committed.
    func step(on connection: PostgresConnection) async throws -> Step {
        guard let head = try await connection.query(Statement.readStatus).first?.optionalInt64("head") else {
            throw NotaryAlarm(.headChanged, at: 1, "the log has no head")
        }
        let last = try await lastSigned(on: connection)
        try await compareWithMemory(last, on: connection)
        guard head > last.size else {
            if head < last.size {
                throw NotaryAlarm(
                    .logTruncated, at: head + 1, "the log ends at \(head), but was signed up to \(last.size)")
            }
            return Step(treeSize: last.size, head: head, signed: nil, tree: last)
        }
        var writer = try await writer(for: last, on: connection)
        let size = min(head, last.size + batchMax)
        let leaves = try await connection.leaves(after: last.size, upTo: size)
        try append(leaves, to: &writer, upTo: size)
        try await connection.write(writer.takeTiles())
        try await prove(last, growsTo: writer.root, size: size, on: connection)
        return Step(
            treeSize: size, head: head, signed: try await sign(writer.root, size, after: last, on: connection),
            tree: SignedTree(size: size, root: writer.root))
    }

    /// What this process signed or saw signed is still there: a database that shows less, or another tree, was set back.
    private func compareWithMemory(_ last: SignedTree, on connection: PostgresConnection) async throws {
        if let finding = memory.disagreement { throw NotaryAlarm(finding.kind, at: finding.position, finding.detail) }
        guard let known = memory.tree, known != last else { return }
        guard last.size >= known.size else {
            throw NotaryAlarm(
                .checkpointRemoved, at: last.size + 1,
                "the latest checkpoint is of \(last.size) events, but one of \(known.size) was signed")
        }
        guard try await connection.root(size: known.size) == known.root else {
            throw NotaryAlarm(
                .tileChanged, at: max(1, known.size),
                "the tiles do not give the root that was signed for \(known.size) events")
        }
    }

    private func lastSigned(on connection: PostgresConnection) async throws -> SignedTree {
        let reader = CheckpointReader(keys: keys.verifiers)
        guard let checkpoint = try await reader.latest(on: connection) else { return SignedTree() }
        if let finding = checkpoint.finding(isTwice: false) {
            throw NotaryAlarm(finding.kind, at: finding.position, finding.detail)
        }
        return SignedTree(size: checkpoint.treeSize, root: checkpoint.signedRoot ?? .empty)
    }

    /// Goes on with the tree that was signed, and with no other.
    private func writer(for last: SignedTree, on connection: PostgresConnection) async throws -> TileWriter {
        let tiles = try await connection.tiles(Tile.partial(ofTreeOf: UInt64(last.size)))
        let writer: TileWriter
        do throws(TileTreeError) {
            writer = try TileWriter(size: UInt64(last.size)) { wanted throws(TileTreeError) in
                guard let hashes = tiles[wanted] else {
                    throw .missingTile(level: wanted.level, index: wanted.index)
                }
                return hashes
            }
        } catch .missingTile(let level, let index) {
            throw NotaryAlarm(
                .tileRemoved, at: Int64(index) << (8 * Int64(level + 1)) + 1,
                "tile \(index) of level \(level) is missing")
        }
        guard writer.root == last.root else {
            throw NotaryAlarm(
                .tileChanged, at: max(1, last.size),
                "the tiles do not give the root that was signed for \(last.size) events")
        }
        return writer
    }

    private func append(_ leaves: [StoredLeaf], to writer: inout TileWriter, upTo size: Int64) throws(NotaryAlarm) {
        for leaf in leaves {
            let position = Int64(writer.size) + 1
            guard leaf.position == position else {
                throw leaf.position > position
                    ? NotaryAlarm(.eventRemoved, at: position, "there is no event \(position)")
                    : NotaryAlarm(.eventInserted, at: leaf.position, "there are two events \(leaf.position)")
            }
            guard let computed = leaf.computed, computed == leaf.kept else {
                throw NotaryAlarm(
                    .eventChanged, at: position, "event \(position) does not give the hash that was kept with it")
            }
            writer.append(computed)
        }
        guard Int64(writer.size) == size else {
            throw NotaryAlarm(
                .eventRemoved, at: Int64(writer.size) + 1,
                "there is no event \(writer.size + 1), but the log's head says so")
        }
    }

    /// From the tiles as they are now stored: that the new tree begins with all that was signed before.
    private func prove(
        _ last: SignedTree, growsTo root: MerkleHash, size: Int64, on connection: PostgresConnection
    ) async throws {
        let proof = try await connection.consistencyProof(from: last.size, to: size)
        let proves = MerkleProof.proves(
            root, ofSize: UInt64(size), extends: last.root, ofSize: UInt64(last.size), by: proof)
        guard proves else {
            throw NotaryAlarm(
                .tileChanged, at: max(1, last.size), "the tree of \(size) events does not extend what was signed")
        }
    }

    private func sign(
        _ root: MerkleHash, _ size: Int64, after last: SignedTree, on connection: PostgresConnection
    ) async throws -> AuditCheckpoint {
        guard let origin = keys.signers.first?.verifierKey.name else {
            preconditionFailure("a notary needs a signing key")
        }
        let facts = CheckpointFacts(
            previousSize: last.size, signedAt: now(), keyIDs: keys.signers.map(\.verifierKey.keyID.hex))
        let checkpoint = Checkpoint(origin: origin, size: UInt64(size), root: root, extensions: facts.lines)
        let note = try checkpoint.signed(by: keys.signers).description
        try await connection.query(Statement.insertCheckpoint, [.int8(size), .bytea(root.bytes), .text(note)])
        try await connection.query(
            Statement.recordKeys, [.textArray(keys.signers.map(\.verifierKey.description)), .int8(size)])
        return AuditCheckpoint(treeSize: size, root: root.hex, note: note)
    }
}
