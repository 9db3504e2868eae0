/// What a caller of the pool gets when it is its turn.
enum PoolTurn: Sendable {
    case connection(PostgresConnection, restedSince: ContinuousClock.Instant)
    /// A place in the pool: open a connection yourself.
    case permission
    case refused(PostgresError)

    var isRefused: Bool {
        if case .refused = self { true } else { false }
    }
}

/// Who waits for a connection, which connections rest, and how many there are; decides who gets what.
struct PoolQueue {
    typealias Waiter = CheckedContinuation<PoolTurn, Never>

    private let size: Int
    private var resting: [(connection: PostgresConnection, since: ContinuousClock.Instant)] = []
    /// Which connection did some work last. A hint: the object may be gone, and another one in its place.
    private var homes: [String: ObjectIdentifier] = [:]
    /// Lent, resting or being opened.
    private var count = 0
    private var waiting: [(ticket: Int, waiter: Waiter)] = []
    private var lastTicket = 0
    private(set) var isClosed = false

    init(size: Int) { self.size = size }

    /// A turn at once, or nil if the caller has to wait. Nobody overtakes those who wait.
    ///
    /// Work that has a name gets the connection that did it last, if that rests, and other work leaves that one alone if it can.
    mutating func take(for work: String? = nil) -> PoolTurn? {
        if isClosed { return .refused(.cannotConnect(reason: "the pool is closed")) }
        guard waiting.isEmpty else { return nil }
        if let index = restingHome(of: work) ?? resting.lastIndex(where: { !isHome($0.connection) }) {
            let (connection, since) = resting.remove(at: index)
            return .connection(connection, restedSince: since)
        }
        if count < size {
            count += 1
            return .permission
        }
        return resting.popLast().map { .connection($0.connection, restedSince: $0.since) }
    }

    private func restingHome(of work: String?) -> Int? {
        guard let work, let home = homes[work] else { return nil }
        return resting.lastIndex { ObjectIdentifier($0.connection) == home }
    }

    private func isHome(_ connection: PostgresConnection) -> Bool {
        homes.values.contains(ObjectIdentifier(connection))
    }

    mutating func ticket() -> Int {
        lastTicket += 1
        return lastTicket
    }

    mutating func wait(_ ticket: Int, _ waiter: Waiter) { waiting.append((ticket, waiter)) }

    mutating func leave(_ ticket: Int) -> Waiter? {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return waiting.remove(at: index).waiter
    }

    /// Takes back a connection, or the place of one that is gone, and passes it on to whoever has waited longest.
    mutating func giveBack(
        _ connection: PostgresConnection?, after work: String? = nil
    ) -> (waiter: Waiter, turn: PoolTurn)? {
        if let work { homes[work] = connection.map { ObjectIdentifier($0) } }
        if !isClosed, !waiting.isEmpty {
            let waiter = waiting.removeFirst().waiter
            return (waiter, connection.map { .connection($0, restedSince: .now) } ?? .permission)
        }
        if let connection, !isClosed { resting.append((connection, .now)) } else { count -= 1 }
        return nil
    }

    mutating func close() -> (resting: [PostgresConnection], waiting: [Waiter]) {
        isClosed = true
        defer {
            count -= resting.count
            resting = []
            waiting = []
        }
        return (resting.map(\.connection), waiting.map(\.waiter))
    }
}
