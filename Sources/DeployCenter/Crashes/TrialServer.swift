import EventSourcing
import Glibc
import HTTPClient
import HTTPTypes
import LocalPostgres
import Subprocess
import Synchronization

/// A server of a trial while it lives, and how it ended.
final class TrialServer: Sendable {
    let admin: APIClient
    let otherAdmin: APIClient
    private let state = Mutex<State>(.starting)

    private enum State {
        case starting
        case running(Int32)
        case ended(TerminationStatus)
    }

    init(admin: APIClient, otherAdmin: APIClient) {
        self.admin = admin
        self.otherAdmin = otherAdmin
    }

    func started(_ process: Int32) { state.withLock { $0 = .running(process) } }

    func ended(_ status: TerminationStatus) { state.withLock { $0 = .ended(status) } }

    var hasEnded: Bool {
        state.withLock { if case .ended = $0 { true } else { false } }
    }

    /// Whether it was killed, and did not end by itself.
    var wasKilled: Bool {
        state.withLock { if case .ended(.signaled(SIGKILL)) = $0 { true } else { false } }
    }

    /// As if it were torn away. One that has ended is left alone: its number may be somebody else's by now.
    func kill() {
        state.withLock { state in
            if case .running(let process) = state { _ = Glibc.kill(process, SIGKILL) }
        }
    }

    func untilReady() async throws {
        try await Trial.until("the server is ready") {
            guard !hasEnded else { throw Failure("the server ended as soon as it was started") }
            return await isReady()
        }
    }

    func isReady() async -> Bool {
        // Not being reachable is an answer.
        let reply = try? await admin.http.send(admin.server.request(.get, ["readyz"]), timeout: .seconds(2))
        return reply?.status == 200
    }

    /// Sends a command until it is accepted, which it may have been already, or the server has ended; false if it has.
    func tell(_ request: TrialRequest) async throws -> Bool {
        var accepted = false
        try await Trial.until("\(request.key) is accepted") {
            if hasEnded { return true }
            guard
                // No answer is no refusal: the server may have died, or not listen yet.
                let answer = try? await admin.send(
                    .post, request.path, query: [], body: request.body, idempotencyKey: request.key)
            else { return false }
            guard answer.isSuccess || answer.status >= 500 else {
                throw Failure("\(request.key) was refused: \(answer.problem)")
            }
            accepted = answer.isSuccess
            return accepted
        }
        return accepted
    }
}

/// A command that is the same however often it is sent.
struct TrialRequest: Sendable {
    let key: String
    let path: [String]
    let body: JSONValue
}

/// Waiting in trials, and ports for them.
enum Trial {
    /// What a trial waited for in vain.
    struct NeverHappened: Error, CustomStringConvertible {
        let what: String
        var description: String { "it never happened that \(what)" }
    }

    /// A free port below those that the kernel gives to connections: a server that is started again finds it free.
    static func port() throws -> Int {
        for _ in 1...1000 {
            let port = Int.random(in: 20_000..<32_000)
            if LoopbackPort(port).isFree { return port }
        }
        throw Failure("no port from 20000 to 32000 is free")
    }

    static func until(_ what: String, seconds: Int = 180, _ isSo: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            if try await isSo() { return }
            try await ContinuousClock().sleep(for: .milliseconds(100))
        }
        throw NeverHappened(what: what)
    }
}
