/// Runs all tasks of one simulation on the thread that turns it, one piece between two suspensions at a time, in an order that a seed
/// decides: the same seed gives the same story.
///
/// Sound as `Sendable`: only the one thread that runs `turn` and what it runs ever touch it.
final class SeededExecutor: TaskExecutor, @unchecked Sendable {
    private var waiting: [UnownedJob] = []
    private var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    func enqueue(_ job: consuming ExecutorJob) { waiting.append(UnownedJob(job)) }

    /// Runs one piece of work; false if none waits.
    func turn() -> Bool {
        guard !waiting.isEmpty else { return false }
        // Mostly the oldest, so that stories stay near what happens; sometimes any.
        let index = random.next() % 4 == 0 ? Int(random.next() % UInt64(waiting.count)) : 0
        waiting.remove(at: index).runSynchronously(on: asUnownedTaskExecutor())
        return true
    }
}
