package import Application
package import Postgres

extension PostgresAuditLog {
    package func verify(
        _ request: AuditVerificationRequest, progress: @escaping @Sendable (AuditProgress) -> Void
    ) async throws(AuditError) -> AuditVerification {
        try await answer {
            var readings: [WitnessReading] = []
            // Before they are asked: they may be given more meanwhile, but never less.
            let given = request.asksWitnesses && !witnesses.isEmpty ? try await pool.witnessedSizes() : [:]
            if request.asksWitnesses { for witness in witnesses { readings.append(await reading(of: witness, given)) } }
            let archive = try openArchives.flatMap { open in
                try request.archives.map { ArchivedLeaves(archives: try open($0)) }
            }
            let verification = LogVerification(
                reader: reader, witnesses: readings, archive: archive, progress: progress)
            return try await withSnapshots(of: pool, count: max(1, request.connections)) {
                try await verification.run(on: $0)
            }
        }
    }

    /// The same over connections that are in a transaction each, and see the same moment; witnesses are not asked.
    package func verify(on connections: [PostgresConnection]) async throws -> AuditVerification {
        let verification = LogVerification(reader: reader, witnesses: [], archive: nil) { _ in }
        return try await verification.run(on: connections)
    }

    private func reading(of witness: any CheckpointWitness, _ given: [String: Int64]) async -> WitnessReading {
        do throws(ProviderError) {
            return WitnessReading(
                name: witness.name, given: given[witness.name] ?? 0,
                checkpoints: try await witness.notes().map { reader.reading(note: $0) })
        } catch {
            return WitnessReading(name: witness.name, failure: "\(error)")
        }
    }
}

/// Lends connections that all see the same moment, whatever is appended meanwhile.
private func withSnapshots<Value: Sendable>(
    of pool: PostgresPool, count: Int, _ body: @escaping @Sendable ([PostgresConnection]) async throws -> Value
) async throws -> Value {
    try await pool.withTransaction(.readOnlySnapshot) { first in
        try await first.query(Statement.noTimeout)
        let snapshot = try await first.query(Statement.exportSnapshot).first?.string("snapshot") ?? ""
        return try await withFollowers(of: snapshot, pool: pool, lent: [first], count: count, body)
    }
}

private func withFollowers<Value: Sendable>(
    of snapshot: String, pool: PostgresPool, lent: [PostgresConnection], count: Int,
    _ body: @escaping @Sendable ([PostgresConnection]) async throws -> Value
) async throws -> Value {
    guard lent.count < count else { return try await body(lent) }
    return try await pool.withTransaction(.readOnlySnapshot) { next in
        // SET takes no parameters; the server made this name of digits, hyphens and letters.
        precondition(snapshot.allSatisfy { $0.isASCII && ($0.isHexDigit || $0 == "-") }, "a snapshot's name")
        try await next.execute(script: "SET TRANSACTION SNAPSHOT '\(snapshot)'")
        try await next.query(Statement.noTimeout)
        return try await withFollowers(of: snapshot, pool: pool, lent: lent + [next], count: count, body)
    }
}
