import Application
import EventSourcing
import Postgres

/// Finds the event and the statement by which a fold fails, without changing anything.
///
/// A fold gives the same rows however the log is split, so the events before the one that fails can be folded without it: the shortest
/// batch that fails ends with that event. It is found by halving.
struct FoldDiagnosis: Sendable {
    let pool: PostgresPool
    let memory: RebuildMemory

    /// What was to be folded.
    enum Batch: Sendable {
        case positions(from: Int64, to: Int64)
        case streams(StreamBucket, upTo: Int64)

        var end: Int64 {
            switch self {
            case .positions(_, let to): to
            case .streams(_, let upTo): upTo
            }
        }

        var start: Int64 {
            switch self {
            case .positions(let from, _): from
            case .streams: 0
            }
        }
    }

    /// Carries out of a transaction, which it ends by a rollback, what came of a try.
    private struct Tried: Error {
        let fault: FoldFault?
    }

    /// Nil if all goes well now.
    func failure(of generation: Generation, folding batch: Batch) async throws -> ProjectionFailure? {
        guard var fault = try await fault(of: generation, batch, upTo: batch.end) else { return nil }
        // What fails without any event is no event's fault.
        if let empty = try await self.fault(of: generation, batch, upTo: batch.start) { return empty.failure() }
        var (good, bad) = (batch.start, batch.end)
        while bad - good > 1 {
            let middle = good + (bad - good) / 2
            if let found = try await self.fault(of: generation, batch, upTo: middle) {
                (bad, fault) = (middle, found)
            } else {
                good = middle
            }
        }
        return fault.failure(at: bad)
    }

    private func fault(of generation: Generation, _ batch: Batch, upTo end: Int64) async throws -> FoldFault? {
        do {
            try await pool.withTransaction { connection in
                try await connection.prepareForMuch(memory: memory)
                try await connection.enter(schema: generation.schema, of: generation.recipe)
                do {
                    switch batch {
                    case .positions(let from, _): try await connection.fold(generation.recipe, from: from, to: end)
                    case .streams(let bucket, _): try await connection.fold(generation.recipe, bucket, upTo: end)
                    }
                } catch let fault as FoldFault {
                    throw Tried(fault: fault)
                }
                throw Tried(fault: nil)
            }
            return nil
        } catch let tried as Tried {
            return tried.fault
        }
    }
}
