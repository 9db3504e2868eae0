import Application
import Domain
import EventSourcing
import Templating

/// Everything that one story has: replicas that come and go, people, and the systems outside.
///
/// Sound as `Sendable`: only the thread of the simulation touches it.
final class Stage: @unchecked Sendable {
    let time: SimulatedTime
    let world: SimulatedWorld
    let log: SimulatedLog
    let judge: Judge
    private(set) var isOver = false
    var random: SplitMix64
    private var replicas: [Int: SimulatedReplica] = [:]
    let faultsEnd: Timestamp
    private let memory: RenderMemory
    /// How often something still happens to a replica just when an event has been written.
    private var accidentsLeft = 0
    /// How often somebody still cancels just when an event has been written.
    private var cancelsLeft = 0

    init(
        time: SimulatedTime, world: SimulatedWorld, random: SplitMix64, isTelling: Bool, memory: RenderMemory,
        log: SimulatedLog
    ) {
        self.time = time
        self.world = world
        self.random = random
        self.log = log
        self.memory = memory
        judge = Judge(log: log, world: world, isTelling: isTelling)
        faultsEnd = time.now + .seconds(3600)
    }

    func number(below limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

    func play() async {
        submitTemplates()
        let faults = SimulatedReplica.Faults(
            percent: [0, 2, 10, 30][number(below: 4)], refusedPercent: [0, 0, 2, 20][number(below: 4)], until: faultsEnd
        )
        let accidents = number(below: 6)
        accidentsLeft = number(below: 6)
        cancelsLeft = number(below: 3)
        judge.onCommit = { [unowned self] in
            haveAccident()
            changeMind(of: $0)
        }
        let strangers = max(0, number(below: 6) - 3)
        judge.isFairWeather = faults.percent == 0 && faults.refusedPercent == 0 && strangers == 0
        await withTaskGroup(of: Bool.self) { group in
            for slot in 0..<1 + number(below: 3) {
                let skew = Duration.milliseconds(number(below: 3000) - 1500)
                group.addTask {
                    await self.keepAlive(slot, faults, skew: skew)
                    return false
                }
            }
            group.addTask {
                await self.watch()
                return false
            }
            group.addTask {
                await self.harm(times: accidents)
                return false
            }
            group.addTask {
                await self.meddle(times: strangers)
                return false
            }
            group.addTask {
                await self.livePeople()
                await self.mend()
                return true
            }
            while let isEnd = await group.next(), !isEnd {}
            isOver = true
            for replica in replicas.values { replica.kill() }
            group.cancelAll()
        }
    }

    func pause(_ range: ClosedRange<Int>) async -> Bool {
        let milliseconds = range.lowerBound * 1000 + number(below: (range.upperBound - range.lowerBound) * 1000 + 1)
        do {
            try await time.sleep(.milliseconds(milliseconds))
            return true
        } catch {
            return false
        }
    }

    private func watch() async { while await pause(100...100) { judge.checkTimes() } }

    // MARK: Replicas

    private func keepAlive(_ slot: Int, _ faults: SimulatedReplica.Faults, skew: Duration) async {
        var life = 0
        while !isOver {
            life += 1
            let replica = SimulatedReplica(
                name: "r\(slot).\(life)", log: log, world: world, judge: judge, faults: faults, skew: skew)
            replicas[slot] = replica
            let providers = Providers(
                files: replica, objects: replica, names: replica, repository: replica, delivery: replica)
            await replica.run(
                StepExecution(
                    providers: providers,
                    conventions: Conventions(
                        bucketPrefix: "dc", project: "customers", secretStore: "vault", stableSeconds: 10),
                    templates: TemplateLibrary(store: replica) { [memory] (source, input) throws(TemplateProblems) in
                        try memory.render(source, input)
                    }))
            guard await pause(1...20) else { return }
        }
    }

    private func harm(times: Int) async {
        for _ in 0..<times {
            guard await pause(0...120) else { return }
            harmSomebody()
        }
    }

    private func haveAccident() {
        guard accidentsLeft > 0, number(below: 12) == 0 else { return }
        accidentsLeft -= 1
        time.happens(after: .milliseconds(number(below: 2) * number(below: 1500))) { [weak self] in
            self?.harmSomebody()
        }
    }

    private func changeMind(of id: String) {
        guard cancelsLeft > 0, number(below: 24) == 0 else { return }
        cancelsLeft -= 1
        time.happens(after: .milliseconds(number(below: 2500))) { [weak self] in
            self?.ask(ID(id), .cancel(reason: "changed my mind", by: "ana"))
        }
    }

    /// Kills a replica, or has it stand still for longer than its leases.
    private func harmSomebody() {
        guard let replica = replicas.keys.sorted().randomElement(using: &random).flatMap({ replicas[$0] }) else {
            return
        }
        if number(below: 3) == 0 {
            judge.note("\(replica.name) stands still")
            replica.standStill(for: .seconds(20 + number(below: 100)))
        } else {
            judge.note("kill -9 of \(replica.name)")
            replica.kill()
            time.wake()
        }
    }

    /// Somebody syncs an application by hand while we look whether it is healthy.
    private func meddle(times: Int) async {
        for _ in 0..<times {
            guard await pause(30...400) else { return }
            for (id, state) in judge.states.sorted(by: { $0.key < $1.key })
            where state.isProvisioning && state.run.steps[.health] == .running {
                judge.note("a stranger syncs \(id)")
                world.strangerSyncs(id)
            }
        }
    }
}
