import Application
import EventSourcing
import Logging
import ProcessManagers

/// One run of a replica, from its start to its death: every call of the product to the outside goes through it, and may be where it
/// ends, where the other side fails, or where others overtake it.
///
/// Sound as `Sendable`: only the thread of the simulation touches it.
final class SimulatedReplica: @unchecked Sendable {
    let name: String
    let log: SimulatedLog
    let world: SimulatedWorld
    let faults: Faults
    /// How far its clock is from the right one.
    let skew: Duration
    private let judge: Judge
    /// For whose work a call is made.
    @TaskLocal private static var effect: String?
    private(set) var isDead = false
    /// As a machine that is out of memory, or a debugger, has it.
    private var standsStillUntil: Timestamp?
    var time: SimulatedTime { world.time }

    /// How likely a call fails, in percent, and until when.
    struct Faults {
        var percent: Int
        var refusedPercent: Int
        var until: Timestamp
    }

    init(name: String, log: SimulatedLog, world: SimulatedWorld, judge: Judge, faults: Faults, skew: Duration) {
        self.name = name
        self.log = log
        self.world = world
        self.judge = judge
        self.faults = faults
        self.skew = skew
    }

    /// From here on nothing of it happens any more; what is on its way to the outside arrives.
    func kill() { isDead = true }

    func standStill(for duration: Duration) { standsStillUntil = time.now + duration }

    /// Alive, and on time for so long that whatever it works on is its own.
    var isSteady: Bool { !isDead && standsStillUntil.map { $0 + .seconds(60) < time.now } ?? true }

    var surroundings: Surroundings {
        Surroundings(
            now: { [self] in time.now + skew }, sleep: { [self] in try await sleep($0) },
            randomBits: { [self] in world.random.next() })
    }

    func run(_ execution: StepExecution) async {
        let leaseSeconds = 30
        let reactor = DeploymentReactor(events: self, effects: self)
        let runner = EffectRunner(
            events: self, effects: self, execution: execution, surroundings: surroundings, leaseSeconds: leaseSeconds,
            logger: Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() })
        await withDiscardingTaskGroup { group in
            while !isDead {
                do throws(EventStoreError) {
                    try await reactor.catchUp(pageSize: 1 + world.number(below: 20))
                    let now = surroundings.now()
                    for claimed in try await claim(by: name, limit: 4, now: now, leaseSeconds: leaseSeconds) {
                        group.addTask { [self] in
                            judge.begins(claimed.lease.effectID, by: self)
                            await Self.$effect.withValue(claimed.lease.effectID) {
                                await runner.run(claimed, claimedAt: now)
                            }
                            judge.ends(claimed.lease.effectID, by: self)
                        }
                    }
                } catch {
                    // As the worker does: the next round tries again.
                }
                let due = log.nextDue.map { $0 - surroundings.now() } ?? .seconds(60)
                let isBusy = log.checkpoint < log.head || due < .milliseconds(50)
                do { try await time.nap(isBusy ? .milliseconds(20) : min(due, .seconds(60))) } catch { return }
            }
            group.cancelAll()
        }
    }

    // MARK: Calls to the outside

    /// One call of an adapter, as long as it takes and as it may fail. `apply` is what the other side does with it.
    func call<Value: Sendable>(
        _ apply: @escaping () throws(ProviderError) -> Value
    ) async throws(ProviderError) -> Value {
        // On its way a request goes on while its sender stands still. One that stood still just before would be late, and nothing of ours
        // could stop it: the time between looking at the lease and sending is left out.
        try await pass(world.seconds(0...1), onWire: true)
        if time.now < faults.until, world.chance(faults.percent) {
            switch world.number(below: 6) {
            case 0: throw .retryable(reason: "connection refused", after: nil)
            case 1:
                let wait = world.seconds(1...90)
                if let effect = Self.effect { judge.asks(effect, of: self, until: time.now + wait) }
                throw .retryable(reason: "429", after: wait)
            case 2:
                // The other side did it, but nobody learns.
                _ = try apply()
                throw .retryable(reason: "connection reset", after: nil)
            case 3:
                // No answer; it is done, sooner or later, or not at all.
                if world.chance(60) {
                    time.happens(after: world.seconds(0...15)) {
                        // Nobody is there who could be told that it was refused.
                        _ = try? apply()
                    }
                }
                try await pass(.seconds(3600))
                throw .retryable(reason: "no answer", after: nil)
            case 4:
                try await pass(world.seconds(0...22), onWire: true)
            default:
                // Twice, as a proxy repeats it.
                _ = try apply()
            }
        }
        if time.now < faults.until, world.number(below: 1000) < faults.refusedPercent { throw .refused(reason: "403") }
        let value = try apply()
        try await pass(world.seconds(0...1))
        return value
    }

    private func sleep(_ duration: Duration) async throws {
        try await time.sleep(duration)
        while let standsStillUntil, standsStillUntil > time.now { try await time.sleep(standsStillUntil - time.now) }
    }

    /// Throws when the caller gave up, or is dead.
    private func pass(_ duration: Duration, onWire: Bool = false) async throws(ProviderError) {
        do {
            if onWire { try await time.sleep(duration) } else { try await sleep(duration) }
        } catch {
            throw .retryable(reason: "cancelled", after: nil)
        }
        if isDead { throw .retryable(reason: "dead", after: nil) }
    }

    // MARK: The database

    /// One statement: a dead replica sends none, and may not hear the answer of its last.
    func statement<Value>(_ work: () throws(EventStoreError) -> Value) async throws(EventStoreError) -> Value {
        try await reachDatabase()
        let value = try work()
        try await reachDatabase()
        return value
    }

    private func reachDatabase() async throws(EventStoreError) {
        do {
            try await sleep(.milliseconds(world.number(below: 8)))
        } catch {
            throw .cancelled
        }
        if isDead { throw .cancelled }
        if time.now < faults.until, world.number(below: 1000) < 3 { throw .unavailable(reason: "connection lost") }
    }
}
