import Synchronization

/// Passes one wake-up on to everybody who waits, over one listening connection however many they are.
final class WakeUpSubscribers: Sendable {
    private let waiting = Mutex<(next: Int, continuations: [Int: AsyncStream<Void>.Continuation])>((0, [:]))

    /// Wake-ups that come while the subscriber is busy become one.
    func subscribe() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = waiting.withLock { state in
            state.next += 1
            state.continuations[state.next] = continuation
            return state.next
        }
        continuation.onTermination = { [weak self] _ in
            self?.waiting.withLock { _ = $0.continuations.removeValue(forKey: number) }
        }
        return stream
    }

    func wake() {
        for continuation in waiting.withLock({ Array($0.continuations.values) }) { continuation.yield() }
    }
}
