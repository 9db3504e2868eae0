import Postgres
import Synchronization

/// Puts the appends that wait while a transaction runs into the next one, so that the lock of the log's head and the commit are
/// paid once for all of them. Nobody waits for company: a lone append goes at once.
///
/// Whoever comes first leads: it sends its own append and those that wait, hands out the answers, and passes the lead on.
final class AppendGroups: Sendable {
    typealias Answer = Result<AppendAnswer, PostgresError>

    /// A group ends before it has more: a larger one gains little, and its first members wait longer for the last.
    private static let eventsMax = 512
    private static let bytesMax = 4 << 20
    /// Callers who wait beyond this are told so at once, which keeps memory bounded when the database stands still.
    private static let waitingMax = 10_000

    private enum Turn: Sendable {
        case answered(Answer)
        case lead
    }

    private struct Member: Sendable {
        let ticket: Int
        let request: AppendRequest
        let turn: CheckedContinuation<Turn, Never>
    }

    private struct State {
        var waiting: [Member] = []
        var isLed = false
        var lastTicket = 0
        /// Members whose callers went away when it was too late to take them out of `waiting`.
        var left: Set<Int> = []
        /// Types and versions that are in the log for certain, so that their list need not be looked at.
        var known: Set<AppendRequest.StoredShape> = []
        var log = KnownLog()
    }

    private let pool: PostgresPool
    private let partitions: EventPartitions
    private let state = Mutex(State())

    init(pool: PostgresPool) {
        self.pool = pool
        self.partitions = EventPartitions(pool: pool)
    }

    /// Cancellation counts until the append is on its way.
    func append(_ request: AppendRequest) async throws(PostgresError) -> AppendAnswer {
        let isFirst = state.withLock { state in
            defer { state.isLed = true }
            return !state.isLed
        }
        if isFirst { return try await lead(request).get() }
        switch await waitForTurn(request) {
        case .answered(let answer): return try answer.get()
        case .lead: return try await lead(request).get()
        }
    }

    private func waitForTurn(_ request: AppendRequest) async -> Turn {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        // Once the handler is gone nobody adds the ticket any more.
        defer { state.withLock { if !$0.left.isEmpty { $0.left.remove(ticket) } } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn = state.withLock { state -> Turn? in
                    if Task.isCancelled { return .answered(.failure(.cancelled)) }
                    if !state.isLed {  // The leader left in between.
                        state.isLed = true
                        return .lead
                    }
                    if state.waiting.count >= Self.waitingMax { return .answered(.failure(.poolExhausted)) }
                    state.waiting.append(Member(ticket: ticket, request: request, turn: continuation))
                    return nil
                }
                if let turn { continuation.resume(returning: turn) }
            }
        } onCancel: {
            let member = state.withLock { state -> Member? in
                guard let index = state.waiting.firstIndex(where: { $0.ticket == ticket }) else {
                    state.left.insert(ticket)
                    return nil
                }
                return state.waiting.remove(at: index)
            }
            member?.turn.resume(returning: .answered(.failure(.cancelled)))
        }
    }

    private func lead(_ own: AppendRequest) async -> Answer {
        let others = state.withLock { Self.takeGroup(from: &$0.waiting, beside: own) }
        var answers = await send([own] + others.map(\.request))
        let ownAnswer = answers.removeFirst()
        let unasked = putBackUnasked(answers, of: others)
        for (member, answer) in zip(others, answers) where !unasked.contains(member.ticket) {
            member.turn.resume(returning: .answered(answer))
        }
        // After the answers: whoever appends again at once comes before the next leader in the executor's queue, and into its group.
        passOn()
        return ownAnswer
    }

    private static func takeGroup(from waiting: inout [Member], beside own: AppendRequest) -> [Member] {
        var (events, bytes) = (own.shapes.count, own.byteCount)
        let end = waiting.firstIndex { member in
            events += max(1, member.request.shapes.count)
            bytes += member.request.byteCount
            return events > eventsMax || bytes > bytesMax
        }
        let taken = Array(waiting[..<(end ?? waiting.endIndex)])
        waiting.removeFirst(taken.count)
        return taken
    }

    /// Members are sent in their leader's task, and its cancellation is not theirs: nothing of them was written, and they go to the
    /// next leader, unless their own callers went away as well.
    private func putBackUnasked(_ answers: [Answer], of members: [Member]) -> Set<Int> {
        guard answers.contains(.failure(.cancelled)) else { return [] }
        return state.withLock { state in
            let unasked = zip(members, answers)
                .filter { $1 == .failure(.cancelled) && !state.left.contains($0.ticket) }
                .map(\.0)
            state.waiting.insert(contentsOf: unasked, at: 0)
            return Set(unasked.map(\.ticket))
        }
    }

    private func passOn() {
        let next = state.withLock { state -> Member? in
            if state.waiting.isEmpty {
                state.isLed = false
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.turn.resume(returning: .lead)
    }

    /// One answer per request. An error of the server undoes the whole group, so its members are then sent one by one.
    private func send(_ requests: [AppendRequest]) async -> [Answer] {
        do throws(PostgresError) {
            return try await call(requests).map { .success($0) }
        } catch {
            if requests.count == 1, error.sqlstate == "SV005" { return [.success(.leaseLost)] }
            guard requests.count > 1, case .server = error else { return requests.map { _ in .failure(error) } }
            var answers: [Answer] = []
            for request in requests { answers += await send([request]) }
            return answers
        }
    }

    private func call(_ requests: [AppendRequest]) async throws(PostgresError) -> [AppendAnswer] {
        let (hasNewShapes, placed) = state.withLock { state in
            let hasNewShapes = requests.contains { $0.shapes.contains { !state.known.contains($0) } }
            return (hasNewShapes, hasNewShapes ? nil : state.log.placed(requests))
        }
        if let placed, let answers = try await append(placed, requests) { return answers }
        let group = AppendGroup(requests: requests, hasNewShapes: hasNewShapes)
        let rows = try await write(group.statement, group.parameters())
        let answers = try group.answers(rows)
        guard let row = rows.first else { return answers }
        let (head, recordedAt) = (try row.int64("head"), try row.timestamptz("recorded_at"))
        state.withLock { $0.log.learn(requests, answers, from: head, recordedAt: recordedAt) }
        if hasNewShapes { learnShapes(of: requests, answers) }
        return answers
    }

    /// Nil if somebody else has appended meanwhile; then nothing happened.
    private func append(
        _ placed: PlacedAppends, _ requests: [AppendRequest]
    ) async throws(PostgresError) -> [AppendAnswer]? {
        let (statement, parameters) = placed.call
        guard let recordedAt = try await write(statement, parameters).first?.optionalTimestamptz(0) else {
            state.withLock { $0.log.forget() }
            return nil
        }
        let answers = placed.answers
        state.withLock { $0.log.learn(requests, answers, from: placed.end.position, recordedAt: recordedAt) }
        return answers
    }

    /// Others depend on the statement, so no single caller can cancel it.
    private func write(_ statement: String, _ parameters: [PostgresValue]) async throws(PostgresError) -> PostgresRows {
        do throws(PostgresError) {
            return try await pool.query(statement, parameters, isCancellable: false)
        } catch {
            guard error.isMissingPartition else { throw error }
            try await partitions.makeAhead()
            return try await pool.query(statement, parameters, isCancellable: false)
        }
    }

    private func learnShapes(of requests: [AppendRequest], _ answers: [AppendAnswer]) {
        state.withLock { state in
            for (request, answer) in zip(requests, answers) {
                if case .appended = answer { state.known.formUnion(request.shapes) }
            }
        }
    }
}

extension PostgresError {
    /// Postgres reports a row for which there is no partition as a check that fails, without a constraint's name.
    fileprivate var isMissingPartition: Bool { sqlstate == "23514" && constraint == nil }
}
