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

    /// What each of several may use that fold at once.
    func shared(by workers: Int) -> RebuildMemory { RebuildMemory(bytes: max(1, bytes / Int64(workers))) }
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
    /// Less is not worth another connection.
    private static let shareMin: Int64 = 25_000
}

extension FoldPlan {
    /// Looks at a sample of the log. Folds with one statement gain nothing by reading it stream by stream, and what one connection
    /// folds at once needs no portions.
    /// - Parameter memory: of each of the workers.
    static func make(
        _ recipe: FoldRecipe, upTo target: Int64, memory: RebuildMemory, workers: Int = 1,
        on connection: PostgresConnection
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
        let fitting = max(1, memory.bytes / max(1, try sample.int64("bytes_each")) / 2)
        let portion = share(of: events, among: Int64(workers), max: fitting)
        let chunk = min(chunkMax, max(1, Int64(Double(fitting) * Double(max(1, target)) / Double(max(1, events)))))
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

extension FoldPlan {
    /// Events in a portion, so that all workers end at about the same time.
    private static func share(of events: Int64, among workers: Int64, max fitting: Int64) -> Int64 {
        let rounds = Swift.max(1, (events + fitting * workers - 1) / (fitting * workers))
        let portions = rounds * workers
        return min(fitting, Swift.max(shareMin, (events + portions - 1) / portions))
    }
}

/// The first events are not in the database any more.
struct ArchivedLog: Error {
    let position: Int64
}
