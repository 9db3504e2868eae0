/// Beats when something may have to be done: at once, whenever `wakeUps` says so, and at least every `interval`, which is the
/// net under lost wake-ups. Beats that come while work is under way become one.
package struct Pulse: Sendable {
    package let beats: AsyncStream<Void>
    private let beat: AsyncStream<Void>.Continuation

    package init() {
        (beats, beat) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        beat.yield()
    }

    package func now() { beat.yield() }

    /// Ends `beats` after the one that waits.
    package func stop() { beat.finish() }

    /// Forwards wake-ups and the ticks of the clock until cancelled.
    package func drive(by wakeUps: AsyncStream<Void>, every interval: Duration) async {
        await withTaskGroup { group in
            group.addTask { for await _ in wakeUps { beat.yield() } }
            group.addTask {
                // Sleeping fails only when cancelled, and then there is nothing left to do.
                while (try? await ContinuousClock().sleep(for: interval)) != nil { beat.yield() }
            }
            await group.waitForAll()
        }
        beat.finish()
    }
}
