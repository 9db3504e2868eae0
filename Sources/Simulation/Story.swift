import EventSourcing

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
        if !stage.isOver { stage.judge.complain("it does not end") }
        play.cancel()
        while executor.turn() {}
        complaints = stage.judge.complaints
        timeline = stage.judge.timeline
        events = stage.log.events.count
    }
}
