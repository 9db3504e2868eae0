import EventSourcing
import Synchronization

/// A clock that a test moves.
final class TestClock: Sendable {
    private let time = Mutex(Timestamp(microseconds: 1_795_000_000_000_000))

    func now() -> Timestamp { time.withLock { $0 } }

    func advance(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}
