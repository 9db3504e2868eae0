package import Logging
package import Postgres
import ServiceLifecycle

/// Keeps every view up with the log: a loop per view, so that a fold that fails stops its own view only.
///
/// Rows and position of a view are written in one transaction under a lock, so any number of replicas may run this.
package struct ProjectionRunner: Service {
    private let pool: PostgresPool
    private let definitions: [ProjectionDefinition]
    private let wakeUps: @Sendable () -> AsyncStream<Void>
    private let logger: Logger
    private let pollInterval: Duration
    private let rebuildChanged: Bool
    private let batchMax: Int64

    /// - Parameters:
    ///   - wakeUps: yields when there may be new events; a hint only, for the log is looked at every `pollInterval` too.
    ///   - rebuildChanged: whether a view whose definition on disk is another one than the served one is rebuilt at start;
    ///     otherwise it goes on by the definition that it was built with until somebody asks for a rebuild.
    ///   - batchMax: positions folded in one transaction.
    package init(
        pool: PostgresPool, definitions: [ProjectionDefinition], wakeUps: @escaping @Sendable () -> AsyncStream<Void>,
        logger: Logger, pollInterval: Duration = .seconds(1), rebuildChanged: Bool = false, batchMax: Int64 = 1_000
    ) {
        self.pool = pool
        self.definitions = definitions
        self.wakeUps = wakeUps
        self.logger = logger
        self.pollInterval = pollInterval
        self.rebuildChanged = rebuildChanged
        self.batchMax = batchMax
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await follow() }
    }

    private func follow() async {
        let followers = definitions.map { definition in
            ProjectionFollower(
                definition: definition, pool: pool, logger: logger, rebuildChanged: rebuildChanged, batchMax: batchMax)
        }
        await withTaskGroup(of: Void.self) { group in
            var bells: [AsyncStream<Void>.Continuation] = []
            for follower in followers {
                // One hint is as good as ten: what came while a batch was folded asks for one more look.
                let (hints, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                bells.append(bell)
                bell.yield()
                group.addTask { await follower.run(hints: hints) }
            }
            group.addTask { [bells] in
                for await _ in wakeUps() { for bell in bells { bell.yield() } }
            }
            group.addTask { [bells] in
                while !Task.isCancelled {
                    // Sleeping fails only when cancelled, which the loop sees.
                    try? await ContinuousClock().sleep(for: pollInterval)
                    for bell in bells { bell.yield() }
                }
                for bell in bells { bell.finish() }
            }
        }
    }
}
