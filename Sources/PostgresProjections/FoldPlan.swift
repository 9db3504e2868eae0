import Postgres

/// What a rebuild may use at a time: it decides how much is folded in one transaction.
package struct RebuildMemory: Equatable, Sendable {
    package let bytes: Int64

    package static let standard = RebuildMemory(megabytes: 256)

    package init(megabytes: Int) { self.init(bytes: Int64(megabytes) << 20) }

    package init(bytes: Int64) {
        precondition(bytes > 0, "Nothing can be folded in no memory")
        self.bytes = bytes
    }
}

/// Streams of one category that are folded together: ids from one (inclusive) up to another (exclusive).
struct StreamBucket: Equatable, Sendable {
    let category: String
    let fromID: String
    /// Nil for all that are left.
    let untilID: String?
    /// Estimated.
    let events: Int64
}

/// How the log up to a position is folded into empty tables.
struct FoldPlan: Sendable {
    enum Way: Sendable {
        /// Whole streams, in portions: what a stream comes to is written once.
        case streams([StreamBucket])
        /// As it was written.
        case log
    }

    let way: Way
    let target: Int64
    /// Positions in a transaction where the log is folded as it was written.
    let chunk: Int64
    /// Events in all, estimated.
    let events: Int64

    /// Pages are sampled until about so many events are seen.
    private static let sampleCount = 30_000.0
    private static let chunkMax: Int64 = 2_000_000
}

extension FoldPlan {
    /// Looks at a sample of the log. Folds with one statement gain nothing by a copy of their events, and what fits the memory at
    /// once needs no portions.
    static func make(
        _ recipe: FoldRecipe, upTo target: Int64, memory: RebuildMemory, on connection: PostgresConnection
    ) async throws -> FoldPlan {
        let percent = min(100, max(0.001, 100 * sampleCount / Double(max(1, target))))
        let parameters: [PostgresValue] = [.int8(target), .text(recipe.eventTypes), .text("\(percent)")]
        guard let sample = try await connection.query(Statement.sampleEvents, parameters).first else {
            throw ProjectionFault("the log gave no sample")
        }
        let first = try sample.int64("first_position")
        guard target == 0 || first <= 1 else { throw ArchivedLog(position: first - 1) }
        // Also while what is archived is still attached.
        if target > 0 { try await connection.requireAvailable(after: 0) }
        let sampled = try sample.int64("sampled")
        let events = min(target, Int64(Double(sampled) * 100 / percent))
        // Sorts and hashes need about as much again as the events themselves.
        let portion = max(1, memory.bytes / max(1, try sample.int64("bytes_each")) / 2)
        let chunk = min(chunkMax, max(1, Int64(Double(portion) * Double(max(1, target)) / Double(max(1, events)))))
        guard recipe.order == .streams, recipe.foldStatements.count > 1, events > portion else {
            return FoldPlan(way: .log, target: target, chunk: chunk, events: events)
        }
        let buckets = try await connection.query(Statement.planBuckets, parameters + [.int8(portion)])
            .map { row throws(PostgresError) in
                StreamBucket(
                    category: try row.string("stream_category"), fromID: try row.string("from_id"),
                    untilID: try row.optionalString("until_id"), events: try row.int64("events"))
            }
        return FoldPlan(way: .streams(buckets), target: target, chunk: chunk, events: events)
    }
}

/// The first events are not in the database any more.
struct ArchivedLog: Error {
    let position: Int64
}
