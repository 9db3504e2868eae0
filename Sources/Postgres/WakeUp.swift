import CLibPQ
import Glibc
import Synchronization

/// Wakes a thread that sleeps in `poll` or `read`: an eventfd.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() {
        descriptor = dc_eventfd()
        precondition(descriptor >= 0, "No file descriptor left for an eventfd")
    }

    deinit { close(descriptor) }

    func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// Forgets the signals so far.
    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }

    func wait() {
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&descriptors, 1, -1)
        clear()
    }
}

/// One caller's wish to stop, seen by the connection's thread between two steps.
final class Cancellation: Sendable {
    private let requested = Atomic(false)
    private let wakeUp: WakeUp

    init(_ wakeUp: WakeUp) { self.wakeUp = wakeUp }

    var isRequested: Bool { requested.load(ordering: .acquiring) }

    func request() {
        requested.store(true, ordering: .releasing)
        wakeUp.signal()
    }
}
