import EventSourcing
package import Logging
package import ProcessManagers
import ServiceLifecycle
import Synchronization

/// Keeps the deployment process going: reacts to new events, and works on the effects that are due.
///
/// Any number of replicas may run it: pages of events are taken by one of them each, effects under leases. On a graceful
/// shutdown it takes no more and ends what it has begun; after a kill the leases run out and another worker goes on.
package struct DeploymentWorker: Service {
    let reactor: DeploymentReactor
    let runner: EffectRunner
    let events: any EventStore
    let effects: any EffectStore
    let surroundings: Surroundings
    let configuration: Configuration
    let logger: Logger

    /// Effects of some systems that are taken apart from the others, so many at the same time.
    package struct Lane: Sendable {
        let systems: Set<OutsideSystem>
        let concurrency: Int
        /// Whether it is this worker's turn.
        let isOpen: @Sendable () -> Bool

        package init(
            _ systems: some Sequence<OutsideSystem>, concurrency: Int, isOpen: @escaping @Sendable () -> Bool = { true }
        ) {
            self.systems = Set(systems)
            self.concurrency = concurrency
            self.isOpen = isOpen
        }
    }

    package struct Configuration: Sendable {
        /// Tells workers apart in the leases.
        package let name: String
        package let lanes: [Lane]
        /// Longer than any attempt, so that a lease is lost only by a worker that died or hangs.
        package let leaseSeconds: Int
        /// The net under lost wake-ups, and how late an effect can be.
        package let interval: Duration
        /// How long the process is not tried again after an event that this build cannot read: until then a replica of a newer build,
        /// or an operator, may have got it past that.
        package let retryInterval: Duration
        package let patience: Patience
        package let holdSeconds: Int

        package init(
            name: String, lanes: [Lane] = [Lane(OutsideSystem.allCases, concurrency: 16)], leaseSeconds: Int = 30,
            interval: Duration = .milliseconds(250),
            retryInterval: Duration = .seconds(5), patience: Patience = .standard,
            holdSeconds: Int = Deadlines.holdSeconds
        ) {
            self.holdSeconds = holdSeconds
            self.name = name
            self.lanes = lanes
            self.leaseSeconds = leaseSeconds
            self.interval = interval
            self.retryInterval = retryInterval
            self.patience = patience
        }
    }

    package init(
        events: any EventStore, effects: any EffectStore, execution: StepExecution, surroundings: Surroundings,
        configuration: Configuration, logger: Logger
    ) {
        self.reactor = DeploymentReactor(events: events, effects: effects, patience: configuration.patience)
        self.runner = EffectRunner(
            events: events, effects: effects, execution: execution, surroundings: surroundings,
            patience: configuration.patience, leaseSeconds: configuration.leaseSeconds,
            holdSeconds: configuration.holdSeconds, logger: logger)
        self.events = events
        self.effects = effects
        self.surroundings = surroundings
        self.configuration = configuration
        self.logger = logger
    }

    package func run() async throws {
        let (news, pulse) = (Pulse(), Pulse())
        let lanes = configuration.lanes.map { ($0, ActiveCount()) }
        await withDiscardingTaskGroup { group in
            group.addTask {
                await cancelWhenGracefulShutdown {
                    await news.drive(by: events.wakeUps(), every: configuration.interval)
                }
            }
            group.addTask {
                await react(to: news, thenBeat: pulse)
                pulse.stop()
            }
            for await _ in pulse.beats {
                for (lane, active) in lanes where lane.isOpen() {
                    let now = surroundings.now()
                    for claimed in await claimDue(of: lane.systems, lane.concurrency - active.value, at: now) {
                        active.add(1)
                        group.addTask {
                            let wait = await runner.run(claimed, claimedAt: now)
                            active.add(-1)
                            pulse.now()
                            if let wait, wait < Self.exactWaitMax { await beat(pulse, after: wait) }
                        }
                    }
                }
            }
        }
    }

    /// What is due later than this need not be taken at the very moment: the next beat of the clock will do.
    private static let exactWaitMax = Duration.seconds(30)

    private func beat(_ pulse: Pulse, after wait: Duration) async {
        await cancelWhenGracefulShutdown {
            // Sleeping fails only when cancelled, and then there is nothing to be on time for.
            try? await surroundings.sleep(wait)
        }
        pulse.now()
    }

    /// Reacts to what is new, and lets what follows from it be taken at once.
    private func react(to news: Pulse, thenBeat pulse: Pulse) async {
        var nextReaction = ContinuousClock.now
        for await _ in news.beats {
            if ContinuousClock.now >= nextReaction, await !react() {
                nextReaction = .now + configuration.retryInterval
            }
            pulse.now()
        }
    }

    /// Reacts to everything new; false if it stands before an event that it cannot read. A failure of the log is told and tried again
    /// at the next beat.
    private func react() async -> Bool {
        do throws(EventStoreError) {
            return try await reactor.catchUp() == nil
        } catch {
            tell(error)
            return true
        }
    }

    /// Takes what is due, whatever becomes of the reactions.
    private func claimDue(of systems: Set<OutsideSystem>, _ limit: Int, at now: Timestamp) async -> [ClaimedEffect] {
        guard limit > 0 else { return [] }
        do throws(EventStoreError) {
            return try await effects.claim(
                by: configuration.name, of: systems, limit: limit, now: now,
                leaseSeconds: configuration.leaseSeconds)
        } catch {
            tell(error)
            return []
        }
    }

    private func tell(_ error: EventStoreError) {
        if case .cancelled = error { return }
        logger.error("the deployment process cannot go on", metadata: ["error": "\(error)"])
    }
}

/// How many effects are being worked on: a reference, so that the tasks can share it.
private final class ActiveCount: Sendable {
    private let count = Mutex(0)

    var value: Int { count.withLock { $0 } }

    func add(_ change: Int) { count.withLock { $0 += change } }
}
