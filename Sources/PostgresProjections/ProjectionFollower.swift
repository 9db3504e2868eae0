import Application
import Logging
import Metrics
import Postgres

/// Follows the log for one view.
struct ProjectionFollower: Sendable {
    let definition: ProjectionDefinition
    let pool: PostgresPool
    let logger: Logger
    let rebuildChanged: Bool
    let batchMax: Int64

    private static let backoffMax: Duration = .seconds(60)

    private enum Step {
        case moved
        /// Nothing new, or another replica is at it.
        case idle
    }

    /// Reads on at every hint, until the task is cancelled.
    func run(hints: AsyncStream<Void>) async {
        var failures = 0
        var notBefore = ContinuousClock.now
        var isPrepared = false
        for await _ in hints {
            guard ContinuousClock.now >= notBefore else { continue }
            do {
                if !isPrepared {
                    try await prepare()
                    isPrepared = true
                }
                while try await step() == .moved { try Task.checkCancellation() }
                if failures > 0 { logger.notice("projection follows again", metadata: metadata) }
                failures = 0
            } catch {
                if Task.isCancelled { return }
                failures += 1
                notBefore = .now + backoff(after: failures)
                logger.error(
                    "projection stands still",
                    metadata: metadata.merging(["error": "\(error)", "attempt": "\(failures)"]) { $1 })
            }
        }
    }

    /// Makes sure that there is something to serve, by the definition on disk if it is the first or was asked for.
    private func prepare() async throws {
        let live = try await pool.withTransaction { try await $0.generation(of: definition.name, "live") }
        guard let live else {
            try await build()
            return
        }
        guard live.digest != definition.digest else { return }
        logger.notice("projection definition changed", metadata: metadata)
        if rebuildChanged { try await build() }
    }

    private func build() async throws {
        logger.info("projection rebuild began", metadata: metadata)
        try await GenerationBuilder(pool: pool, logger: logger).rebuild(definition)
        logger.info("projection rebuild ended", metadata: metadata)
    }

    /// Folds the next batch; rows and position in one transaction.
    private func step() async throws -> Step {
        var claimed: Generation?
        do {
            return try await pool.withTransaction { connection in
                guard let locked = try await connection.claimLiveGeneration(of: definition.name) else { return .idle }
                let generation = locked.generation
                claimed = generation
                report(lag: locked.head - generation.position)
                guard generation.position < locked.head else { return .idle }
                let target = min(locked.head, generation.position + batchMax)
                try await connection.enter(schema: generation.schema, eventTypes: generation.eventTypes)
                try await connection.fold(generation.fold, from: generation.position, to: target)
                try await connection.advance(generation, to: target)
                report(lag: locked.head - target)
                return .moved
            }
        } catch {
            if let claimed, let reason = foldFailure(error) {
                try await pool.query(Statement.recordFailure, [.int8(claimed.id), .text(reason)])
            }
            throw error
        }
    }

    /// 1, 2, 4 … seconds, at most a minute, and up to half of it less, so that replicas do not try in step.
    private func backoff(after failures: Int) -> Duration {
        let full = min(Self.backoffMax, .seconds(1 << min(failures - 1, 6)))
        return full * Double.random(in: 0.5...1)
    }

    private func report(lag: Int64) {
        Gauge(label: "deploycenter_projection_lag_events", dimensions: [("view", definition.name)]).record(lag)
    }

    private var metadata: Logger.Metadata {
        ["projection.view": "\(definition.name)", "projection.digest": "\(definition.digest.prefix(8))"]
    }
}
