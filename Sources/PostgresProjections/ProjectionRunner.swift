package import Logging
package import Postgres
package import PostgresLeases
import ServiceLifecycle

/// Keeps every view up with the log: a loop per view, so that a fold that fails stops its own view only.
///
/// Any number of replicas may run this. A lease per view says who folds it; its token is checked in the transaction that writes rows and
/// position, so that one who has lost it writes nothing.
package struct ProjectionRunner: Service {
    private let pool: PostgresPool
    private let definitions: [ProjectionDefinition]
    private let wakeUps: @Sendable () -> AsyncStream<Void>
    private let logger: Logger
    private let leases: PostgresLeases
    private let pollInterval: Duration
    private let rebuildChanged: Bool
    private let batchMax: Int64
    private let memory: RebuildMemory
    private let backoffMin: Duration

    /// - Parameters:
    ///   - wakeUps: yields when there may be new events; a hint only, for the log is looked at every `pollInterval` too.
    ///   - leases: under a name of this process; nil for one made up.
    ///   - rebuildChanged: whether a view whose definition on disk is another one than the served one is rebuilt at start;
    ///     otherwise it goes on by the definition that it was built with until somebody asks for a rebuild.
    ///   - batchMax: positions folded in one transaction while following.
    ///   - memory: what a rebuild may use.
    ///   - backoffMin: the pause after a first failure; it doubles with each.
    package init(
        pool: PostgresPool, definitions: [ProjectionDefinition], wakeUps: @escaping @Sendable () -> AsyncStream<Void>,
        logger: Logger, leases: PostgresLeases? = nil, pollInterval: Duration = .seconds(1),
        rebuildChanged: Bool = false,
        batchMax: Int64 = 1_000, memory: RebuildMemory = .standard, backoffMin: Duration = .seconds(1)
    ) {
        self.pool = pool
        self.definitions = definitions
        self.wakeUps = wakeUps
        self.logger = logger
        self.leases =
            leases
            ?? PostgresLeases(
                pool: pool, holder: "projections-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))",
                logger: logger)
        self.pollInterval = pollInterval
        self.rebuildChanged = rebuildChanged
        self.batchMax = batchMax
        self.memory = memory
        self.backoffMin = backoffMin
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { await follow() }
    }

    private func follow() async {
        let calls = WakeUpCalls()
        let turns = FoldTurns()
        await withTaskGroup(of: Void.self) { group in
            for definition in definitions {
                let follower = ProjectionFollower(
                    definition: definition, pool: pool, logger: logger, rebuildChanged: rebuildChanged,
                    batchMax: batchMax, memory: memory, turns: turns, backoffMin: backoffMin)
                group.addTask {
                    await leases.whileHeld("projection:\(definition.name)") { lease in
                        await follower.run(lease, hints: calls.listen())
                    }
                }
            }
            group.addTask { for await _ in wakeUps() { calls.ring() } }
            group.addTask {
                // Sleeping fails only when cancelled.
                while (try? await ContinuousClock().sleep(for: pollInterval)) != nil { calls.ring() }
            }
        }
    }
}
