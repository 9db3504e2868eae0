import Application
import Postgres
import TransparencyLog

/// Compares what a witness keeps with the log and gives it the latest checkpoint, never in the place of another.
struct Publication: Sendable {
    let pool: PostgresPool
    let reader: CheckpointReader
    let memory: NotaryMemory

    /// How it ended.
    enum Outcome: Equatable, Sendable {
        case published(Int64)
        case nothingNew
        case disagrees(AuditFinding)
    }

    /// Throws where the witness or the database cannot be asked; then what was known before stays.
    func run(to witness: any CheckpointWitness) async throws -> Outcome {
        let latest = try await pool.latestCheckpoint()
        if let latest, memory.published(to: witness.name) == latest.treeSize { return .nothingNew }
        let lastGood: Int64
        switch try await comparison(with: witness) {
        case .failure(let alarm):
            memory.note(witness.name, disagrees: alarm.finding)
            return .disagrees(alarm.finding)
        case .success(let size): lastGood = size
        }
        // Read again: that is what was compared, or signed after it.
        guard let latest = try await pool.latestCheckpoint() else {
            memory.note(witness.name, disagrees: nil)
            return .nothingNew
        }
        let kept = try await witness.publish(latest)
        guard kept == latest.note else {
            let finding = AuditFinding(
                .witnessDisagrees, at: min(lastGood, latest.treeSize - 1) + 1,
                "\(witness.name) keeps another checkpoint of \(latest.treeSize) events")
            memory.note(witness.name, disagrees: finding)
            return .disagrees(finding)
        }
        memory.note(witness.name, published: latest.treeSize)
        try await pool.query(Statement.recordWitness, [.text(witness.name), .int8(latest.treeSize)])
        return .published(latest.treeSize)
    }

    /// Whether the log still is what the witness saw; notes it.
    func compare(with witness: any CheckpointWitness) async throws {
        switch try await comparison(with: witness) {
        case .failure(let alarm): memory.note(witness.name, disagrees: alarm.finding)
        case .success: memory.note(witness.name, disagrees: nil)
        }
    }

    /// The largest size that log and witness agree on below the latest, or where they part. Notes that no known key signed are for
    /// `audit verify` to name: whoever may write to a witness could stop all signing with one.
    private func comparison(with witness: any CheckpointWitness) async throws -> Result<Int64, NotaryAlarm> {
        let kept = try await witness.notes().map { reader.reading(note: $0) }.filter { $0.signedSize != nil }
            .sorted { $0.treeSize < $1.treeSize }
        return try await pool.withTransaction(.readOnlySnapshot) { connection in
            let size = try await reader.latestSignedSize(on: connection)
            var lastGood: Int64 = 0
            for checkpoint in kept {
                guard checkpoint.treeSize <= size else {
                    return .failure(
                        NotaryAlarm(
                            .witnessDisagrees, at: max(lastGood, size) + 1,
                            "\(witness.name) has seen \(checkpoint.treeSize) events signed, but here it is \(size)"))
                }
                guard try await connection.root(size: checkpoint.treeSize) == checkpoint.signedRoot else {
                    return .failure(
                        NotaryAlarm(
                            .witnessDisagrees, at: lastGood + 1,
                            "\(witness.name) has seen another tree of \(checkpoint.treeSize) events"))
                }
                if checkpoint.treeSize < size { lastGood = checkpoint.treeSize }
            }
            return .success(lastGood)
        }
    }
}
