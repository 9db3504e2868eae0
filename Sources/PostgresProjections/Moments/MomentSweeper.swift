package import Logging
package import Postgres
import ServiceLifecycle

/// Drops moments of the past that nobody asks for any more, also when nobody asks for others.
package struct MomentSweeper: Service {
    private let builder: MomentBuilder
    private let interval: Duration

    package init(
        pool: PostgresPool, settings: MomentSettings = MomentSettings(), interval: Duration = .seconds(60),
        logger: Logger
    ) {
        builder = MomentBuilder(pool: pool, settings: settings, logger: logger)
        self.interval = interval
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await builder.evict()
                // Sleeping fails only when cancelled, which the loop sees.
                try? await ContinuousClock().sleep(for: interval)
            }
        }
    }

    /// Once, now.
    package func sweep() async { await builder.evict() }
}
