package import Application
import Cryptography
package import EventSourcing
package import Postgres
import TransparencyLog

/// Answers auditors out of the stored events, tiles and checkpoints.
package struct PostgresAuditLog: AuditLog {
    let pool: PostgresPool
    let keys: AuditKeys
    let witnesses: [any CheckpointWitness]
    let openArchives: OpenArchives?
    let personal: (any PersonalDataOpener)?
    let shelf: (any ArchiveShelf)?

    /// Opens a folder of archived events.
    package typealias OpenArchives = @Sendable (String) throws(EventArchiveError) -> any EventArchives

    package var verifierKeys: [String] { keys.verifiers.map(\.description) }

    /// - Parameters:
    ///   - keys: what checkpoints are verified by; a signer among them is not needed.
    ///   - openArchives: for verifications that name a folder.
    ///   - shelf: where archived events are read from, for proofs and bundles.
    ///   - personal: opens personal values beside the sealed ones of a bundle.
    package init(
        pool: PostgresPool, keys: AuditKeys, witnesses: [any CheckpointWitness] = [],
        openArchives: OpenArchives? = nil, shelf: (any ArchiveShelf)? = nil, personal: (any PersonalDataOpener)? = nil
    ) {
        self.pool = pool
        self.keys = keys
        self.witnesses = witnesses
        self.openArchives = openArchives
        self.shelf = shelf
        self.personal = personal
    }

    // MARK: Checkpoints

    package func latestCheckpoint() async throws(AuditError) -> AuditCheckpoint? {
        try await answer { try await pool.latestCheckpoint() }
    }

    package func checkpoint(treeSize: Int64) async throws(AuditError) -> AuditCheckpoint? {
        try await answer {
            try await pool.query(Statement.readCheckpoint, [.int8(treeSize)]).first.map { try AuditCheckpoint($0) }
        }
    }

    package func checkpoints(after treeSize: Int64, limit: Int) async throws(AuditError) -> [AuditCheckpoint] {
        try await answer {
            try await pool.query(
                Statement.readCheckpoints, [.int8(treeSize), .int8(.max), .int8(Int64(max(0, limit)))]
            ).map { try AuditCheckpoint($0) }
        }
    }

    package func status() async throws(AuditError) -> AuditStatus {
        try await answer {
            guard let row = try await pool.query(Statement.readStatus).first else {
                throw PostgresError.decoding(column: "head", reason: "there is no answer")
            }
            let reading = try await pool.withConnection { try await reader.latest(on: $0) }
            let alarm = try row.optionalString("kind").flatMap(AuditFinding.Kind.init).map { kind in
                AuditFinding(kind, at: try row.int64("position"), try row.string("detail"))
            }
            return AuditStatus(
                treeSize: reading?.signedSize ?? 0, head: try row.optionalInt64("head") ?? 0,
                signedAt: reading?.facts?.signedAt, alarm: alarm, witnessed: try await pool.witnessedSizes())
        }
    }

    // MARK: Tiles

    package func tile(level: Int, index: Int64, width: Int) async throws(AuditError) -> [UInt8]? {
        guard (0...7).contains(level), index >= 0, (1...Tile.fullWidth).contains(width) else { return nil }
        // Tiles are written together with a checkpoint over them, so whatever is stored is signed.
        return try await answer {
            let name = Tile(level: level, index: UInt64(index), width: width)
            return try await pool.withConnection { try await $0.tiles([name])[name]?.tileBytes }
        }
    }

    package func entryBundle(index: Int64, width: Int) async throws(AuditError) -> [UInt8]? {
        guard (0..<Int64.max / 256).contains(index), (1...Tile.fullWidth).contains(width) else { return nil }
        return try await answer {
            let (first, last) = (index * 256, index * 256 + Int64(width))
            guard let latest = try await pool.latestCheckpoint(), latest.treeSize >= last else { return nil }
            let found = try await pool.withConnection { try await leaves(after: first, upTo: last, on: $0) }
            var entries: [[UInt8]] = []
            for (position, leaf) in zip((first + 1)..., found) {
                entries.append(try leaf.entry(at: position).canonical)
            }
            guard entries.count == width else {
                throw AuditError.unavailable(reason: "events from \(first + 1) to \(last) are archived or missing")
            }
            return EntryBundle.bytes(of: entries)
        }
    }

    // MARK: Proofs

    package func inclusionProof(of position: Position, treeSize: Int64?) async throws(AuditError) -> AuditInclusion {
        try await answer {
            try await pool.withTransaction(.readOnlySnapshot) { connection in
                let latest = try await signedSize(on: connection)
                let size = treeSize ?? latest
                guard (1...max(1, latest)).contains(size), (1...size).contains(position.rawValue) else {
                    throw AuditError.outOfRange(treeSize: treeSize.map { min($0, latest) } ?? latest)
                }
                let (leaf, whole) = (UInt64(position.rawValue - 1), UInt64(size))
                let names = try TileTree.tilesForInclusion(of: leaf, size: whole).union(
                    TileTree.tilesForRoot(size: whole))
                let tree = try await connection.tree(names)
                let stored = try await leaves(
                    after: position.rawValue - 1, upTo: position.rawValue, on: connection
                ).first
                guard let stored else {
                    throw AuditError.unavailable(reason: "event \(position) is archived or missing")
                }
                let entry = try stored.entry(at: position.rawValue)
                let checkpoint = try await connection.query(Statement.readCheckpoint, [.int8(size)]).first
                return AuditInclusion(
                    position: position.rawValue, treeSize: size,
                    entry: String(decoding: entry.canonical, as: UTF8.self),
                    leafHash: entry.leafHash.hex, path: try tree.inclusionProof(of: leaf, size: whole).map(\.hex),
                    root: try tree.root(size: whole).hex, checkpoint: try checkpoint?.string("note"))
            }
        }
    }

    package func consistencyProof(from: Int64, to: Int64?) async throws(AuditError) -> AuditConsistency {
        try await answer {
            try await pool.withTransaction(.readOnlySnapshot) { connection in
                let latest = try await signedSize(on: connection)
                let last = to ?? latest
                guard (0...latest).contains(last), (0...last).contains(from) else {
                    throw AuditError.outOfRange(treeSize: latest)
                }
                let (old, new) = (UInt64(from), UInt64(last))
                let names = try TileTree.tilesForConsistency(from: old, to: new)
                    .union(TileTree.tilesForRoot(size: old)).union(TileTree.tilesForRoot(size: new))
                let tree = try await connection.tree(names)
                return AuditConsistency(
                    from: from, to: last, fromRoot: try tree.root(size: old).hex, toRoot: try tree.root(size: new).hex,
                    path: try tree.consistencyProof(from: old, to: new).map(\.hex))
            }
        }
    }

    private func signedSize(on connection: PostgresConnection) async throws -> Int64 {
        guard let row = try await connection.query(Statement.latestCheckpoint, [1]).first else {
            throw AuditError.notSigned
        }
        return try row.int64("tree_size")
    }

    var reader: CheckpointReader { CheckpointReader(keys: keys.verifiers) }
}

extension StoredLeaf {
    /// The envelope, if it is what was appended.
    func entry(at position: Int64) throws(AuditError) -> LogEntry {
        guard let entry, self.position == position, computed == kept else {
            throw .damaged(
                AuditFinding(
                    .eventChanged, at: position, "event \(position) does not give the hash that was kept with it"))
        }
        return entry
    }
}

extension AuditCheckpoint {
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            treeSize: try row.int64("tree_size"), root: try row.bytea("root").hex, note: try row.string("note"))
    }
}

extension PostgresPool {
    func latestCheckpoint() async throws(PostgresError) -> AuditCheckpoint? {
        guard let row = try await query(Statement.latestCheckpoint, [1]).first else { return nil }
        return try AuditCheckpoint(row)
    }

    /// How much of the log each witness has been given.
    func witnessedSizes() async throws(PostgresError) -> [String: Int64] {
        try await query(Statement.readWitnesses).witnessedSizes()
    }
}

extension Sequence<PostgresRow> {
    /// A row that says nothing says too much: that is then found.
    func witnessedSizes() throws(PostgresError) -> [String: Int64] {
        var sizes: [String: Int64] = [:]
        for row in self {
            sizes[try row.optionalString("witness") ?? ""] = try row.optionalInt64("tree_size") ?? .max
        }
        return sizes
    }
}

/// Says what went wrong as what the caller can do about it.
func answer<Value>(_ body: () async throws -> Value) async throws(AuditError) -> Value {
    do {
        return try await body()
    } catch let error as AuditError {
        throw error
    } catch let error as EventArchiveError {
        switch error {
        case .damaged, .missing: throw .archiveUnreadable(reason: "\(error)")
        case .refused, .unavailable: throw .unavailable(reason: "\(error)")
        }
    } catch PostgresError.cancelled {
        throw .cancelled
    } catch is CancellationError {
        throw .cancelled
    } catch TileTreeError.missingTile(let level, let index) {
        let position = Int64(index) << (8 * Int64(level + 1)) + 1
        throw .damaged(AuditFinding(.tileRemoved, at: position, "tile \(index) of level \(level) is missing or cut"))
    } catch {
        throw .unavailable(reason: "\(error)")
    }
}
