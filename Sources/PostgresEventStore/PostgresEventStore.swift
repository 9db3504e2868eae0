package import Application
import EventSourcing
package import Postgres

/// The log in Postgres. A function of the database checks and writes each append under the lock of the log's head; appends that come
/// while a transaction runs share the next one.
package final class PostgresEventStore: EventStore {
    let pool: PostgresPool
    package let vault: PersonalVault
    private let groups: AppendGroups
    private let subscribers = WakeUpSubscribers()

    package init(pool: PostgresPool, vault: PersonalVault) {
        self.pool = pool
        self.vault = vault
        self.groups = AppendGroups(pool: pool)
    }

    package func append(_ append: Append) async throws(EventStoreError) -> AppendOutcome {
        let sealed = try await vault.sealed(append)
        let request: AppendRequest
        do throws(PostgresError) { request = try AppendRequest(sealed) } catch { throw EventStoreError(error) }
        let answer: AppendAnswer
        do throws(PostgresError) {
            answer = try await groups.append(request)
        } catch {
            switch error {
            // It was sent, and nobody heard, or could read, what became of it. A server that was told to stop need not have been reached.
            case .connectionLost, .timedOut, .decoding: throw .outcomeUnknown(reason: error.description)
            default: throw EventStoreError(error)
            }
        }
        let outcome = try answer.outcome(of: append)
        if !outcome.isRepetition { subscribers.wake() }
        return outcome
    }

    package func outcome(of command: CommandIdentity) async throws(EventStoreError) -> AppendOutcome? {
        let (digest, text): (String, String)
        do throws(PostgresError) {
            guard
                let row = try await pool.query(
                    Statement.commandOutcome, [.text(command.actor), .text(command.key)]
                ).first
            else { return nil }
            (digest, text) = (try row.string("digest"), try row.string("outcome"))
        } catch {
            throw EventStoreError(error)
        }
        guard digest == command.digest else { throw .idempotencyKeyReused(key: command.key) }
        return try AppendAnswer.first(text)
    }

    package func wakeUps() -> AsyncStream<Void> { subscribers.subscribe() }

    /// Passes on what other processes append to everyone who waits for wake-ups, until it is cancelled. Run it once; without it only
    /// this process's own appends wake.
    package func listen() async {
        for await _ in pool.notifications(channel: "deploycenter_events") { subscribers.wake() }
    }
}

extension EventStoreError {
    /// What the database said, as what a caller of the log can do about it.
    init(_ error: PostgresError) {
        switch error {
        case .cancelled: self = .cancelled
        // Raised by `require_available`, which says how far the archives go.
        case .server("SV003", _, let detail?, _, _): self = .archived(upTo: Position(Int64(detail) ?? 0))
        case .server, .connectionLost, .cannotConnect, .poolExhausted, .timedOut, .decoding:
            self = .unavailable(reason: error.description)
        }
    }
}
