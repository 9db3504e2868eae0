package import Logging
package import Postgres
import ServiceLifecycle

/// Sees to it that the log never runs out of partitions: makes them ahead of need, while everybody reads and writes.
package struct EventPartitions: Service {
    private let pool: PostgresPool
    private let logger: Logger
    private let positionsPerPartition: Int
    private let partitionsAhead: Int
    private let interval: Duration

    /// At 20,000 events a second, two partitions of the default size are filled in a quarter of an hour.
    package init(
        pool: PostgresPool, positionsPerPartition: Int = 10_000_000, partitionsAhead: Int = 2,
        interval: Duration = .seconds(60), logger: Logger = Logger(label: "deploycenter.partitions")
    ) {
        precondition(positionsPerPartition > 0 && partitionsAhead >= 0, "A partition holds at least one position")
        self.pool = pool
        self.positionsPerPartition = positionsPerPartition
        self.partitionsAhead = partitionsAhead
        self.interval = interval
        self.logger = logger
    }

    /// Makes what is missing and answers how many partitions that were. Several replicas may call it at once.
    @discardableResult
    package func makeAhead() async throws(PostgresError) -> Int {
        let rows = try await pool.query(
            Statement.makeEventPartitions, [.int8(Int64(positionsPerPartition)), .int8(Int64(partitionsAhead))])
        return try rows.first?.int("made") ?? 0
    }

    /// Looks again and again until the process ends. A database that does not answer is asked again the next time.
    package func run() async throws {
        // Ends by cancellation only, which is no failure.
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do throws(PostgresError) {
                    let made = try await makeAhead()
                    if made > 0 { logger.info("partitions of the log made ahead", metadata: ["count": "\(made)"]) }
                } catch {
                    logger.error("no partitions made ahead", metadata: ["error": "\(error)"])
                }
                try await ContinuousClock().sleep(for: interval)
            }
        }
    }
}
