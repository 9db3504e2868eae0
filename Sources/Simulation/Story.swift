import Application
import Domain
import EventSourcing
import Templating

/// One simulated life of some deployments: several replicas that die and come back, people who change their minds, and systems that
/// fail, all decided by one seed.
package struct Story: Sendable {
    package let seed: UInt64
    package private(set) var complaints: [String] = []
    package private(set) var timeline: [String] = []
    package private(set) var events = 0

    /// Runs it to its end; without `isTelling` there is no timeline, which takes a third of the time.
    package init(seed: UInt64, isTelling: Bool = true) { self.init(seed: seed, isTelling: isTelling, RenderMemory()) }

    init(seed: UInt64, isTelling: Bool, _ memory: RenderMemory) {
        self.seed = seed
        var random = SplitMix64(seed: seed)
        let executor = SeededExecutor(seed: random.next())
        let time = SimulatedTime()
        let stage = Stage(
            time: time, world: SimulatedWorld(time: time, seed: random.next()), random: random, isTelling: isTelling,
            memory: memory,
            log: SimulatedLog(time: time, storesText: isTelling || seed % 16 == 0, readsText: seed % 16 == 0))
        let end = time.now + .seconds(8 * 3600)
        let play = Task(executorPreference: executor) { await stage.play() }
        while executor.turn() || (!stage.isOver && time.jump(notAfter: end)) {}
        if !stage.isOver { stage.judge.complainOfTheEnd("it does not end") }
        play.cancel()
        while executor.turn() {}
        complaints = stage.judge.complaints
        timeline = stage.judge.timeline
        events = stage.log.events.count
    }
}

/// Everything that one story has.
///
/// Sound as `Sendable`: only the thread of the simulation touches it.
private final class Stage: @unchecked Sendable {
    let time: SimulatedTime
    let world: SimulatedWorld
    let log: SimulatedLog
    let judge: Judge
    private(set) var isOver = false
    private var random: SplitMix64
    private var replicas: [Int: SimulatedReplica] = [:]
    private let faultsEnd: Timestamp
    private let memory: RenderMemory

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

    private func number(below limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

    func play() async {
        submitTemplate()
        let faults = SimulatedReplica.Faults(
            percent: [0, 2, 10, 30][number(below: 4)], refusedPercent: [0, 0, 2, 20][number(below: 4)], until: faultsEnd
        )
        let kills = number(below: 6)
        judge.isFairWeather = faults.percent == 0 && faults.refusedPercent == 0
        await withTaskGroup(of: Bool.self) { group in
            for slot in 0..<1 + number(below: 3) {
                let skew = Duration.milliseconds(number(below: 3000) - 1500)
                group.addTask {
                    await self.keepAlive(slot, faults, skew: skew)
                    return false
                }
            }
            group.addTask {
                await self.kill(times: kills)
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

    private func livePeople() async {
        await withDiscardingTaskGroup { group in
            for number in 0..<1 + number(below: 2) { group.addTask { await self.people(of: "shop\(number)") } }
        }
    }

    private func pause(_ range: ClosedRange<Int>) async -> Bool {
        let milliseconds = range.lowerBound * 1000 + number(below: (range.upperBound - range.lowerBound) * 1000 + 1)
        do {
            try await time.sleep(.milliseconds(milliseconds))
            return true
        } catch {
            return false
        }
    }

    // MARK: Replicas

    private func keepAlive(_ slot: Int, _ faults: SimulatedReplica.Faults, skew: Duration) async {
        var life = 0
        while !isOver {
            life += 1
            let replica = SimulatedReplica(name: "r\(slot).\(life)", log: log, world: world, faults: faults, skew: skew)
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

    private func kill(times: Int) async {
        for _ in 0..<times {
            guard await pause(0...120), let slot = replicas.keys.sorted().randomElement(using: &random) else { return }
            judge.note("kill -9 of \(replicas[slot]?.name ?? "nobody")")
            replicas[slot]?.kill()
            time.wake()
        }
    }

    // MARK: People

    private func people(of name: String) async {
        let id = ID<Deployment>("akme-\(name)-production")
        let needs = Release.Needs(
            accessPoint: number(below: 2) == 0 ? .init(uid: 101, gid: 101) : nil, bucket: number(below: 2) == 0)
        func release(_ workers: Int64) -> Release { Shop.release(name, workers: workers, needs: needs) }
        guard await pause(0...30) else { return }
        ask(id, .request(release(1), by: "ana"))
        for wish in 0..<number(below: 5) {
            guard await pause(0...[5, 60, 300, 900][number(below: 4)]) else { return }
            switch number(below: 8) {
            case 0, 1: ask(id, .cancel(reason: "changed my mind", by: "ana"))
            case 2: ask(id, .retry(by: "ana"))
            case 3: ask(id, .rollBack(to: 1, by: "ana"))
            case 4: ask(id, .decommission(removeData: number(below: 2) == 0, reason: "not needed", by: "ana"))
            case 5: ask(id, .request(release(Int64(wish)), by: "ana"))
            default: ask(id, .change(release(2 + Int64(wish)), by: "ana"))
            }
        }
    }

    /// What a command does that comes in by another replica's API: decided and appended in one go, or refused.
    private func ask(_ id: ID<Deployment>, _ command: Deployment.Command) {
        let state = judge.states[id.rawValue] ?? Deployment.initialState
        let events: [DeploymentEvent]
        do throws(Deployment.Rejection) {
            events = try Deployment.decide(command, in: state)
        } catch {
            return judge.note("\(id) refused: \(error)")
        }
        if number(below: 8) == 0, case .requested(let fact)? = events.first, fact.cause != .rollback {
            // A release that never becomes healthy: told by its number, which is in its files.
            world.breaks(id.rawValue, release: fact.number)
        }
        append(events.map(\.stored), to: .deployment(id), expected: log.events(of: .deployment(id)).count)
    }

    private func append(_ forms: [StoredForm], to stream: StreamName, expected: Int) {
        let events = forms.map { form in
            NewEvent(id: EventID("00000000-0000-7000-8000-\(random.next() % 0xFFFF_FFFF)"), form: form)
        }
        do throws(EventStoreError) {
            _ = try log.append(
                Append(
                    [StreamAppend(stream, expected: .exactly(expected), events: events)],
                    metadata: EventMetadata(actor: "ana", correlationID: "c", source: "api")))
        } catch {
            judge.complainOfTheEnd("people cannot append: \(error)")
        }
    }

    private func submitTemplate() {
        append([TemplateEvent.submitted(Shop.template).stored], to: .template("shop"), expected: 0)
    }

    /// Once nothing fails any more: what could not be taken back is asked for again until it is, and all must come to an end.
    private func mend() async {
        repeat { guard await pause(60...60) else { return } } while time.now < faultsEnd
        world.emptyBuckets()
        for _ in 0..<120 {
            for (id, state) in judge.states.sorted(by: { $0.key < $1.key }) {
                switch state.phase {
                case .compensationIncomplete, .decommissionIncomplete: ask(ID(id), .retry(by: "ana"))
                default: break
                }
                world.emptyBuckets()
            }
            if log.nextDue == nil, log.checkpoint == log.head { break }
            guard await pause(60...60) else { return }
        }
        judge.checkEnd()
    }
}
