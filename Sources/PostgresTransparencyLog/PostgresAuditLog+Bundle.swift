package import Application
import Postgres
import TransparencyLog

extension PostgresAuditLog {
    package func bundle(of selection: AuditSelection) async throws(AuditError) -> [UInt8] {
        try await answer {
            let found = try await pool.withTransaction(.readOnlySnapshot) { connection in
                guard let row = try await connection.query(Statement.latestCheckpoint, [1]).first else {
                    throw AuditError.notSigned
                }
                return try await bundle(of: selection, upTo: try AuditCheckpoint(row), on: connection)
            }
            // After the transaction: its connection is not kept from others while keys are read on another one.
            let texts = found.events.map(\.evidence.asWritten)
            let opened = try await personal?.opened(texts) ?? texts
            var bytes = found.header.line
            for (event, (sealed, open)) in zip(found.events, zip(texts, opened)) {
                bytes += try AuditBundle.Event(
                    entry: event.evidence.entry, payload: event.evidence.payload, metadata: event.evidence.metadata,
                    proof: event.proof, opened: open == sealed ? nil : open
                ).line
            }
            return bytes
        }
    }

    private func bundle(
        of selection: AuditSelection, upTo checkpoint: AuditCheckpoint, on connection: PostgresConnection
    ) async throws -> FoundBundle {
        let evidence = try await evidence(selection, upTo: checkpoint.treeSize, on: connection)
        guard !evidence.isEmpty else { throw AuditError.nothingSelected }
        let header = AuditBundle.Header(
            checkpoint: checkpoint.note, scope: scope(of: selection, evidence, treeSize: checkpoint.treeSize))
        let size = UInt64(checkpoint.treeSize)
        var names: Set<Tile> = []
        for event in evidence { try names.formUnion(TileTree.tilesForInclusion(of: event.entry.leafIndex, size: size)) }
        let tree = try await connection.tree(names)
        return FoundBundle(
            header: header,
            events: try evidence.map { ($0, try tree.inclusionProof(of: $0.entry.leafIndex, size: size)) })
    }

    private func evidence(
        _ selection: AuditSelection, upTo treeSize: Int64, on connection: PostgresConnection
    ) async throws -> [Evidence] {
        switch selection {
        case .customer(let id):
            return try await evidence(of: .init(customer: id, deployment: nil), upTo: treeSize, on: connection)
        case .deployment(let id):
            return try await evidence(of: .init(customer: nil, deployment: id), upTo: treeSize, on: connection)
        case .positions(let range):
            let (after, end) = (max(0, range.lowerBound - 1), min(range.upperBound, treeSize))
            let stored = try await connection.evidence(Statement.readLeaves, [.int8(after), .int8(end)])
            let begin = Int64(stored.first?.entry.leafIndex ?? UInt64(max(after, end)))
            guard begin > after, let archived = try await archived(on: connection) else { return stored }
            var past: [Evidence] = []
            try await archived.read(after: after, upTo: min(begin, archived.lastPosition)) {
                events throws(EventArchiveError) in
                past += try events.map { event throws(EventArchiveError) in try Evidence(event) }
            }
            return past + stored
        }
    }

    private func evidence(
        of subject: EvidenceSubject, upTo treeSize: Int64, on connection: PostgresConnection
    ) async throws -> [Evidence] {
        var past = ArchivedEvidence(subject: subject)
        let parameters: [PostgresValue] = [.text(subject.customer), .text(subject.deployment)]
        if let archived = try await archived(on: connection),
            try await connection.query(Statement.hasArchivedEvidence, parameters).first?.bool("is_some") ?? false
        {
            try await archived.read(after: 0, upTo: min(treeSize, archived.lastPosition)) {
                events throws(EventArchiveError) in try past.take(events)
            }
        }
        let runs = past.runs.sorted { $0.key < $1.key }
        let stored = try await connection.evidence(
            Statement.selectEvidence,
            parameters + [
                .int8(treeSize), .textArray(runs.map(\.key)), .int8Array(runs.map { Int64($0.value.lowerBound) }),
                .int8Array(runs.map { Int64($0.value.upperBound) }),
            ])
        return past.evidence(before: stored) + stored
    }

    private func scope(
        of selection: AuditSelection, _ evidence: [Evidence], treeSize: Int64
    ) -> AuditBundle.Scope {
        if case .positions(let range) = selection {
            return AuditBundle.Scope(from: max(1, range.lowerBound), to: min(range.upperBound, treeSize))
        }
        var streams: [String: ClosedRange<Int64>] = [:]
        for event in evidence {
            let version = Int64(event.entry.streamVersion)
            let known = streams[event.entry.stream]
            streams[event.entry.stream] =
                min(known?.lowerBound ?? version, version)...max(known?.upperBound ?? version, version)
        }
        return AuditBundle.Scope(
            from: 1, to: treeSize,
            streams: streams.sorted { $0.key < $1.key }.map { AuditBundle.Stream(name: $0.key, versions: $0.value) })
    }
}

/// What an auditor takes along, as one snapshot has it.
private struct FoundBundle {
    let header: AuditBundle.Header
    let events: [(evidence: Evidence, proof: [MerkleHash])]
}

extension PostgresConnection {
    fileprivate nonisolated func evidence(
        _ statement: String, _ parameters: [PostgresValue]
    ) async throws -> [Evidence] {
        let page = try await page(statement, parameters, bytesMax: .max)
        return try (0..<page.count).map { row in
            let leaf = try StoredLeaf(page, row)
            return Evidence(
                entry: try leaf.entry(at: leaf.position), payload: try page.json(row, 7),
                metadata: try page.json(row, 8))
        }
    }
}

extension PostgresPage {
    fileprivate func json(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        String(decoding: try jsonb(row, column), as: UTF8.self)
    }
}
