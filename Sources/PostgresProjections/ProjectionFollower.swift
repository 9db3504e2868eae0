import Application
import EventSourcing
import Logging
import Metrics
import Postgres
import PostgresLeases

/// Follows the log for one view, while it holds the view's lease.
///
/// Catching up and being live are the same: the next batch, as large as what is there, at most `batchMax`.
struct ProjectionFollower: Sendable {
    let definition: ProjectionDefinition
    let pool: PostgresPool
    let logger: Logger
    let rebuildChanged: Bool
    let batchMax: Int64
    let memory: RebuildMemory
    let turns: FoldTurns
    /// The pause after a first failure.
    var backoffMin = Duration.seconds(1)

    /// Between the beginnings of two batches: a batch of one event costs nearly as much as one of twenty, and there are eleven views.
    private static let paceMin: Duration = .milliseconds(15)
    private static let backoffMax: Duration = .seconds(60)
    /// Failures one after the other that may be the fold's own: then the view stands still visibly. Two minutes or more.
    private static let suspectsMax = 8
    /// What is being built is looked at so often: untouched between two looks, its builder is gone.
    private static let lookInterval: Duration = .seconds(3)

    private var builder: GenerationBuilder { GenerationBuilder(pool: pool, logger: logger, memory: memory) }

    /// Reads on at every hint, until the task is cancelled or the lease is lost.
    func run(_ lease: Lease, hints: AsyncStream<Void>) async {
        await withTaskGroup(of: Void.self) { group in
            // Beside the following: what is served goes on being served and followed while its successor is built.
            group.addTask { await build() }
            await follow(lease, hints)
            group.cancelAll()
        }
    }

    // MARK: Following

    private func follow(_ lease: Lease, _ hints: AsyncStream<Void>) async {
        var (failures, suspects) = (0, 0)
        var notBefore = ContinuousClock.now
        for await _ in hints {
            let begun = ContinuousClock.now
            guard begun >= notBefore else { continue }
            do {
                guard try await moveOn(lease, suspects: suspects) else { return }
                if failures > 0 { logger.notice("projection follows again", metadata: metadata) }
                (failures, suspects) = (0, 0)
                // The first event of a rest is folded at once, those of a busy time together.
                try await Task.sleep(until: begun + Self.paceMin, clock: .continuous)
            } catch {
                if Task.isCancelled { return }
                failures += 1
                suspects = (error as? PostgresError)?.mayBeTheFold == true ? suspects + 1 : 0
                notBefore = .now + backoff(after: failures)
                logger.error(
                    "projection stands still",
                    metadata: metadata.merging(["error": "\(error)", "attempt": "\(failures)"]) { $1 })
            }
        }
    }

    /// Folds until nothing is left. False if the lease is lost.
    ///
    /// After failures that may be the fold's own it goes on event by event, and stops at the one by which it still fails.
    private func moveOn(_ lease: Lease, suspects: Int) async throws -> Bool {
        var size = suspects == 0 ? batchMax : 1
        var pause = Duration.milliseconds(5)
        while true {
            try Task.checkCancellation()
            let move: Move
            do {
                // A fold that may be at fault keeps no other view waiting.
                move = try await self.move(lease, size, inTurn: size == batchMax)
            } catch let error as PostgresError {
                if error.mayBeTheFold, size > 1 {
                    // Too much for one statement's time, or more than the event that is at fault.
                    size = max(1, size / 4)
                    continue
                }
                let isLastTry = error.mayBeTheFold && suspects + 1 >= Self.suspectsMax
                guard isLastTry || !error.isTransient, let generation = try await liveGeneration() else { throw error }
                if isLastTry {
                    let poison = Position(generation.position + 1)
                    try await show(ProjectionFailure(reason: "\(error)", position: poison), generation, lease)
                } else {
                    try await explain(error, generation, lease, size)
                }
                return true
            }
            report(move)
            switch move.outcome {
            case "moved":
                if move.lag <= 0 { return true }
                if suspects > 0 { size = min(batchMax, size * 2) }
            // A swap takes some milliseconds.
            case "busy":
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(250))
            case "lease_lost": return false
            default: return true
            }
        }
    }

    private struct Move {
        let outcome: String
        let lag: Int64
    }

    /// Lease, rows and position in one statement, which is its own transaction.
    private func move(_ lease: Lease, _ size: Int64, inTurn: Bool = false) async throws -> Move {
        let follow = {
            try await pool.query(
                Statement.followLog, [.text(definition.name), .text(lease.name), .int8(lease.token), .int8(size)],
                work: definition.name)
        }
        let rows = inTurn ? try await turns.take(follow) : try await follow()
        guard let row = rows.first else {
            throw PostgresError.decoding(column: "outcome", reason: "there is no row")
        }
        return Move(
            outcome: try row.string("outcome"),
            lag: try row.int64("head") - (try row.optionalInt64("to_position") ?? 0))
    }

    private func liveGeneration() async throws -> Generation? {
        try await pool.withTransaction { try await $0.generation(of: definition.name, "live") }
    }

    /// Folds what is before the event that cannot be folded, and stands still there until somebody mends it.
    private func explain(_ error: PostgresError, _ generation: Generation, _ lease: Lease, _ size: Int64) async throws {
        if error.archivedUpTo != nil { return try await show(ProjectionFailure(reason: "\(error)"), generation, lease) }
        let head = try await pool.query(Statement.logHead).first?.int64("position") ?? 0
        let end = min(head, generation.position + size)
        let batch = FoldDiagnosis.Batch.positions(from: generation.position, to: end)
        guard let failure = try await FoldDiagnosis(pool: pool, memory: memory).failure(of: generation, folding: batch)
        else { throw error }  // It goes well now: try again.
        if let poison = failure.position?.rawValue, poison - 1 > generation.position {
            guard try await move(lease, poison - 1 - generation.position).outcome == "moved" else { return }
        }
        try await show(failure, generation, lease)
    }

    private func show(_ failure: ProjectionFailure, _ generation: Generation, _ lease: Lease) async throws {
        try await pool.withTransaction { connection in
            guard try await connection.holds(lease) else { return }
            try await connection.query(Statement.recordFailure, failure.parameters(generation.id))
        }
        logger.error(
            "projection stands still until it is mended", metadata: metadata.merging(["failure": "\(failure)"]) { $1 })
    }

    // MARK: Building

    /// Makes sure that there is something to serve, by the definition on disk if it is the first or was asked for, and goes on
    /// with what was interrupted, also later on.
    private func build() async {
        var (failures, suspects) = (0, 0)
        var isServed = false
        var seen: String?
        while !Task.isCancelled {
            do {
                if isServed { seen = try await takeOver(ifStillAt: seen) } else { isServed = try await buildNext() }
                (failures, suspects) = (0, 0)
            } catch {
                if Task.isCancelled { return }
                failures += 1
                suspects = (error as? PostgresError)?.mayBeTheFold == true ? suspects + 1 : 0
                if suspects >= Self.suspectsMax { await giveUp(building: error) }
                logger.error(
                    "projection not built",
                    metadata: metadata.merging(["error": "\(error)", "attempt": "\(failures)"]) { $1 })
            }
            // Sleeping fails only when cancelled, which the loop sees.
            try? await ContinuousClock().sleep(
                for: isServed && failures == 0 ? Self.lookInterval : backoff(after: max(1, failures)))
        }
    }

    /// Shows why what is being built gets no further; it then waits for `retry`. If that cannot be noted, the next failure is.
    private func giveUp(building error: any Error) async {
        do {
            try await pool.withTransaction { connection in
                guard let generation = try await connection.generation(of: definition.name, "building") else { return }
                try await connection.query(
                    Statement.recordFailure, ProjectionFailure(reason: "\(error)").parameters(generation.id))
            }
        } catch {
            logger.warning("failure not noted", metadata: metadata.merging(["error": "\(error)"]) { $1 })
        }
    }

    /// Takes further what was at the same point at the last look; answers where it is now, nil if nothing is being built.
    private func takeOver(ifStillAt seen: String?) async throws -> String? {
        guard let row = try await pool.query(Statement.findIdleBuild, [.text(definition.name)]).first else {
            return nil
        }
        let point = try row.string("point")
        guard point == seen else { return point }
        let begun = try await pool.withTransaction { try await $0.generation(of: definition.name, "building") }
        guard let begun else { return nil }
        logger.info("projection rebuild goes on", metadata: metadata)
        try await builder.finish(begun)
        return nil
    }

    /// True once nothing is left to build.
    private func buildNext() async throws -> Bool {
        let (live, begun) = try await pool.withTransaction { connection in
            (
                try await connection.generation(of: definition.name, "live"),
                try await connection.generation(of: definition.name, "building")
            )
        }
        if let begun, begun.isMade(by: definition) || live != nil {
            if begun.phase == "held" { return live != nil }
            // It waits for `retry`, or for another definition.
            guard begun.failure == nil else { return false }
            logger.info("projection rebuild goes on", metadata: metadata)
            try await builder.finish(begun)
        } else if let live {
            guard !live.isMade(by: definition) else { return true }
            logger.notice("projection definition changed", metadata: metadata)
            guard rebuildChanged else { return true }
            try await builder.rebuild(definition, RebuildOptions())
        } else {
            logger.info("projection is built for the first time", metadata: metadata)
            try await builder.rebuild(definition, RebuildOptions())
        }
        return true
    }

    /// 1, 2, 4 … seconds, at most a minute, and up to half of it less, so that replicas do not try in step.
    private func backoff(after failures: Int) -> Duration {
        let full = min(Self.backoffMax, backoffMin * (1 << min(failures - 1, 6)))
        return full * Double.random(in: 0.5...1)
    }

    private func report(_ move: Move) {
        let dimensions = [("view", definition.name)]
        if move.outcome == "idle" || move.outcome == "moved" || move.outcome == "failed" {
            Gauge(label: "deploycenter_projection_lag_events", dimensions: dimensions).record(max(0, move.lag))
            Gauge(label: "deploycenter_projection_failed", dimensions: dimensions).record(
                move.outcome == "failed" ? 1 : 0)
        }
    }

    private var metadata: Logger.Metadata {
        ["projection.view": "\(definition.name)", "projection.digest": "\(definition.digest.prefix(8))"]
    }
}
