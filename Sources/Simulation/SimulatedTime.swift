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
    private var agenda = Agenda()
    /// What is not in here any more was cancelled or woken, though the agenda still names it.
    private var waiting: [Int: Due] = [:]
    private var lastTicket = 0
    private var naps: [Int] = []

    /// Throws if the task is cancelled meanwhile.
    func sleep(_ duration: Duration) async throws {
        lastTicket += 1
        try await wait(duration, ticket: lastTicket)
    }

    /// A sleep that `wake` ends.
    func nap(_ duration: Duration) async throws {
        lastTicket += 1
        naps.append(lastTicket)
        try await wait(duration, ticket: lastTicket)
    }

    func wake() {
        for ticket in naps {
            if case .sleeper(let continuation) = waiting.removeValue(forKey: ticket) { continuation.resume() }
        }
        naps.removeAll(keepingCapacity: true)
    }

    private func wait(_ duration: Duration, ticket: Int) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled { return continuation.resume(throwing: CancellationError()) }
                waiting[ticket] = .sleeper(continuation)
                agenda.add(ticket, at: now + duration)
            }
        } onCancel: {
            // Cancelled from within the simulation, and so on its thread.
            if case .sleeper(let continuation) = waiting.removeValue(forKey: ticket) {
                continuation.resume(throwing: CancellationError())
            }
        }
    }

    /// Has something happen later, whoever asked for it.
    func happens(after duration: Duration, _ event: @escaping () -> Void) {
        lastTicket += 1
        waiting[lastTicket] = .event(event)
        agenda.add(lastTicket, at: now + duration)
    }

    /// Goes on to what is due next; false if nothing is, or only after `end`.
    func jump(notAfter end: Timestamp) -> Bool {
        while let next = agenda.first, next.at <= end {
            agenda.removeFirst()
            guard let due = waiting.removeValue(forKey: next.ticket) else { continue }
            now = max(now, next.at)
            switch due {
            case .sleeper(let continuation): continuation.resume()
            case .event(let event): event()
            }
            return true
        }
        return false
    }
}

/// What is due when, the next first; of several at one time the one that asked first. A binary heap.
private struct Agenda {
    struct Entry: Comparable {
        let at: Timestamp
        let ticket: Int

        static func < (left: Entry, right: Entry) -> Bool {
            left.at == right.at ? left.ticket < right.ticket : left.at < right.at
        }
    }

    private var entries: [Entry] = []
    var first: Entry? { entries.first }

    mutating func add(_ ticket: Int, at time: Timestamp) {
        entries.append(Entry(at: time, ticket: ticket))
        var index = entries.count - 1
        while index > 0, entries[index] < entries[(index - 1) / 2] {
            entries.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    mutating func removeFirst() {
        entries.swapAt(0, entries.count - 1)
        entries.removeLast()
        var index = 0
        while true {
            let children = (2 * index + 1)..<min(2 * index + 3, max(entries.count, 2 * index + 1))
            guard let least = children.min(by: { entries[$0] < entries[$1] }), entries[least] < entries[index]
            else { return }
            entries.swapAt(index, least)
            index = least
        }
    }
}
