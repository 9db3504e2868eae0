import Postgres
import Synchronization

/// Puts the appends that wait while a transaction runs into the next one, so that the lock of the log's head and the commit are
/// paid once for all of them. Nobody waits for company: a lone append goes at once.
///
/// Whoever comes first leads: it sends its own append and those that wait, hands out the answers, and passes the lead on.
final class AppendGroups: Sendable {
    typealias Answer = Result<String, PostgresError>

    /// Beyond this, a larger group gains little, and its first members wait longer for the last.
    private static let sizeMax = 64

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
    }

    private let pool: PostgresPool
    private let state = Mutex(State())

    init(pool: PostgresPool) { self.pool = pool }

    /// The answer of `append_events`. Cancellation counts until the append is on its way.
    func append(_ request: AppendRequest) async throws(PostgresError) -> String {
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
        defer { state.withLock { _ = $0.left.remove(ticket) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn = state.withLock { state -> Turn? in
                    if Task.isCancelled { return .answered(.failure(.cancelled)) }
                    if !state.isLed {  // The leader left in between.
                        state.isLed = true
                        return .lead
                    }
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
        let others = state.withLock { state in
            let taken = Array(state.waiting.prefix(Self.sizeMax - 1))
            state.waiting.removeFirst(taken.count)
            return taken
        }
        var answers = await send([own] + others.map(\.request))
        let ownAnswer = answers.removeFirst()
        handOut(answers, to: others)
        passOn()
        return ownAnswer
    }

    /// Members are sent in their leader's task, and its cancellation is not theirs: nothing of them was written, and they go to the
    /// next leader, unless their own callers went away as well.
    private func handOut(_ answers: [Answer], to members: [Member]) {
        let answered = state.withLock { state in
            var answered: [(Member, Answer)] = []
            var unasked: [Member] = []
            for (member, answer) in zip(members, answers) {
                let isUnasked = answer == .failure(.cancelled) && !state.left.contains(member.ticket)
                if isUnasked { unasked.append(member) } else { answered.append((member, answer)) }
            }
            state.waiting.insert(contentsOf: unasked, at: 0)
            return answered
        }
        for (member, answer) in answered { member.turn.resume(returning: .answered(answer)) }
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
            let rows = try await pool.query(
                Statement.append, [.jsonb(try AppendRequest.json(requests))], isCancellable: false)
            let answers = try rows.map { row throws(PostgresError) in Answer.success(try row.string("outcome")) }
            guard answers.count == requests.count else {
                throw .decoding(column: "outcome", reason: "\(answers.count) answers to \(requests.count) appends")
            }
            return answers
        } catch {
            guard requests.count > 1, case .server = error else { return requests.map { _ in .failure(error) } }
            var answers: [Answer] = []
            for request in requests { answers += await send([request]) }
            return answers
        }
    }
}
