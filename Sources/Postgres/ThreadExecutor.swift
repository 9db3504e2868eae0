import Glibc
import Synchronization

/// Gives an actor a thread of its own, so that libpq may wait for the server without holding a thread of the shared pool.
/// The thread ends with the executor.
final class ThreadExecutor: SerialExecutor {
    private let jobs = JobQueue()

    init() {
        let queue = Unmanaged.passRetained(jobs)
        var thread = pthread_t()
        let failure = pthread_create(&thread, nil, { runJobs($0) }, queue.toOpaque())
        precondition(failure == 0, "No thread left for a database connection")
        pthread_detach(thread)
    }

    deinit { jobs.finish() }

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.append(UnownedJob(job), for: self)
    }
}

private func runJobs(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let context else { return nil }
    let jobs = Unmanaged<JobQueue>.fromOpaque(context).takeRetainedValue()
    while let next = jobs.next() {
        next.job.runSynchronously(on: next.executor.asUnownedSerialExecutor())
    }
    return nil
}

/// What waits for the thread. Each job keeps the executor alive until it has run, as the runtime looks at it afterwards.
private final class JobQueue: Sendable {
    struct Entry {
        let job: UnownedJob
        let executor: ThreadExecutor
    }

    private struct State {
        var waiting: [Entry] = []
        var isFinished = false
    }

    private let state = Mutex(State())
    private let wakeUp = WakeUp()

    func append(_ job: UnownedJob, for executor: ThreadExecutor) {
        state.withLock { $0.waiting.append(Entry(job: job, executor: executor)) }
        wakeUp.signal()
    }

    func finish() {
        state.withLock { $0.isFinished = true }
        wakeUp.signal()
    }

    /// Waits for the next job; nil after the end.
    func next() -> Entry? {
        while true {
            let (entry, isFinished) = state.withLock { state -> (Entry?, Bool) in
                state.waiting.isEmpty ? (nil, state.isFinished) : (state.waiting.removeFirst(), false)
            }
            if let entry { return entry }
            if isFinished { return nil }
            wakeUp.wait()
        }
    }
}
