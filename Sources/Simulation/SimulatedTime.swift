import EventSourcing

/// The clock of a simulation: it stands still while anybody has something to do, and then jumps to what is due next.
///
/// Sound as `Sendable`: only the thread of the simulation touches it.
final class SimulatedTime: @unchecked Sendable {
    private enum Due {
        case sleeper(CheckedContinuation<Void, any Error>)
        case event(() -> Void)
    }

    private(set) var now = Timestamp(microseconds: 1_795_000_000_000_000)
    private var waiting: [Int: (at: Timestamp, due: Due)] = [:]
    private var lastTicket = 0
    private var naps: Set<Int> = []

    /// Throws if the task is cancelled meanwhile.
    func sleep(_ duration: Duration) async throws {
        lastTicket += 1
        try await wait(duration, ticket: lastTicket)
    }

    /// A sleep that `wake` ends.
    func nap(_ duration: Duration) async throws {
        lastTicket += 1
        let ticket = lastTicket
        naps.insert(ticket)
        defer { naps.remove(ticket) }
        try await wait(duration, ticket: ticket)
    }

    func wake() {
        for ticket in naps.sorted() {
            if case .sleeper(let continuation) = waiting.removeValue(forKey: ticket)?.due { continuation.resume() }
        }
        naps = []
    }

    private func wait(_ duration: Duration, ticket: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                waiting[ticket] = (now + duration, .sleeper(continuation))
            }
        } onCancel: {
            // Cancelled from within the simulation, and so on its thread.
            if case .sleeper(let continuation) = waiting.removeValue(forKey: ticket)?.due {
                continuation.resume(throwing: CancellationError())
            }
        }
    }

    /// Has something happen later, whoever asked for it.
    func happens(after duration: Duration, _ event: @escaping () -> Void) {
        lastTicket += 1
        waiting[lastTicket] = (now + duration, .event(event))
    }

    /// Goes on to what is due next; false if nothing is, or only after `end`.
    func jump(notAfter end: Timestamp) -> Bool {
        // Of several at one time the one that asked first: a dictionary has no order that a seed gives again.
        guard let next = waiting.min(by: { ($0.value.at, $0.key) < ($1.value.at, $1.key) }), next.value.at <= end
        else { return false }
        now = max(now, next.value.at)
        switch waiting.removeValue(forKey: next.key)?.due {
        case .sleeper(let continuation): continuation.resume()
        case .event(let event): event()
        case nil: break
        }
        return true
    }
}
