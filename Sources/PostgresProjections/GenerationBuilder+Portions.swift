import Application
import Postgres

/// Portions of streams, which several connections fold at once.
extension GenerationBuilder {
    /// Folds portions on as many connections as the database grants, until none is left or a pace is to be kept.
    func foldAtOnce(_ id: Int64, of view: String) async throws {
        let workers: Int = try await pool.withConnection { try await self.workers(on: $0) }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...workers {
                    group.addTask { while try await foldBucket(id, workers: workers) {} }
                }
                // One that fails ends the others.
                for try await _ in group {}
            }
        } catch let failed as FailedBatch {
            throw try await explained(failed)
        }
    }

    func workers(on connection: PostgresConnection) async throws -> Int {
        let granted = try await connection.query(Statement.rebuildWorkers).first?.int64("workers") ?? 1
        // Others need connections as well.
        return max(1, min(Int(granted), pool.configuration.poolSize / 4))
    }

    /// Folds a portion that nobody else folds. False if there is none, or if it is not for several to go on.
    private func foldBucket(_ id: Int64, workers: Int) async throws -> Bool {
        try await pool.withTransaction { connection in
            guard let shared = try await connection.query(Statement.shareGeneration, [.int8(id)]).first,
                let row = try await connection.query(Statement.claimBucket, [.int8(id)]).first
            else { return false }
            let generation = try Generation(shared)
            try await connection.prepareForMuch(memory: memory.shared(by: workers))
            try await connection.enter(schema: generation.schema, of: generation.recipe)
            _ = try await fold(row, of: generation, on: connection)
            return true
        }
    }

    /// Folds a portion and notes that in the same transaction.
    func fold(
        _ row: PostgresRow, of generation: Generation, on connection: PostgresConnection
    ) async throws -> Int64 {
        let bucket = StreamBucket(
            category: try row.string("stream_category"), fromID: try row.string("from_id"),
            untilID: try row.optionalString("until_id"), events: try row.int64("events"))
        try await noting(generation, .streams(bucket, upTo: generation.target)) {
            try await connection.fold(generation.recipe, bucket, upTo: generation.target)
        }
        try await connection.query(Statement.endBucket, [.int8(generation.id), .int8(try row.int64("bucket"))])
        try await connection.note(generation, "folding", at: 0, done: bucket.events)
        return bucket.events
    }
}
