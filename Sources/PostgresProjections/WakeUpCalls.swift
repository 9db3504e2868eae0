import Synchronization

/// Passes one stream of wake-ups on to all who listen now. One that nobody has heard yet is as good as ten.
final class WakeUpCalls: Sendable {
    private let bells = Mutex<(last: Int, ringing: [Int: AsyncStream<Void>.Continuation])>((0, [:]))

    /// Rings at once, for there may be something already.
    func listen() -> AsyncStream<Void> {
        let (hints, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = bells.withLock { bells in
            bells.last += 1
            bells.ringing[bells.last] = bell
            return bells.last
        }
        bell.onTermination = { [weak self] _ in self?.leave(number) }
        bell.yield()
        return hints
    }

    func ring() {
        for bell in bells.withLock({ Array($0.ringing.values) }) { bell.yield() }
    }

    private func leave(_ number: Int) { bells.withLock { $0.ringing[number] = nil } }
}
