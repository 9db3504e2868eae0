import Application
import EventSourcing
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `A command with a key` {
    let command = CommandIdentity(actor: "ana", key: "k1", digest: "d1")

    @Test func `that is repeated answers the first outcome and appends nothing`() async throws {
        try await withStore { store, _ in
            #expect(try await store.outcome(of: command) == nil)
            let first = try await store.append(Facts.append(["one"], to: "a", expecting: .noStream, command: command))
            _ = try await store.append(Facts.append(["two"], to: "a", expecting: .any))
            let second = try await store.append(Facts.append(["one"], to: "a", expecting: .noStream, command: command))
            #expect(second == AppendOutcome(position: first.position, versions: first.versions, isRepetition: true))
            #expect(try await store.outcome(of: command) == second)
            #expect(try await store.head() == Position(2))
        }
    }

    @Test func `is refused when it asks for something else`() async throws {
        try await withStore { store, _ in
            _ = try await store.append(Facts.append(["one"], to: "a", expecting: .any, command: command))
            let other = CommandIdentity(actor: "ana", key: "k1", digest: "d2")
            await #expect(throws: EventStoreError.idempotencyKeyReused(key: "k1")) {
                try await store.append(Facts.append(["one"], to: "a", expecting: .any, command: other))
            }
            await #expect(throws: EventStoreError.idempotencyKeyReused(key: "k1")) {
                try await store.outcome(of: other)
            }
            #expect(try await store.head() == Position(1))
        }
    }

    @Test func `is another command for another actor`() async throws {
        try await withStore { store, _ in
            _ = try await store.append(Facts.append(["one"], to: "a", expecting: .any, command: command))
            let bo = CommandIdentity(actor: "bo", key: "k1", digest: "d2")
            let outcome = try await store.append(Facts.append(["two"], to: "a", expecting: .any, command: bo))
            #expect(outcome.position == Position(2) && !outcome.isRepetition)
        }
    }

    @Test func `keeps its key when it conflicts`() async throws {
        try await withStore { store, _ in
            await #expect(throws: EventStoreError.versionConflict(Facts.customer("a"), actual: 0)) {
                try await store.append(Facts.append(["one"], to: "a", expecting: .exactly(3), command: command))
            }
            let outcome = try await store.append(
                Facts.append(["one"], to: "a", expecting: .exactly(0), command: command))
            #expect(!outcome.isRepetition)
        }
    }

    @Test func `is sent again when nobody heard what became of it, and happens once`() async throws {
        try await withStore { store, database in
            let append = Facts.append(["one"], to: "a", expecting: .noStream, command: command)
            let unheard = try await database.pool.breakingAppend { await Self.fate(of: append, in: store) }
            guard case .failure(.outcomeUnknown) = unheard else {
                Issue.record("it says \(unheard)")
                return
            }
            let second = try await store.append(append)
            let third = try await store.append(append)
            #expect(third.position == second.position && third.isRepetition)
            #expect(try await store.head() == Position(1))
        }
    }

    private static func fate(
        of append: Append, in store: PostgresEventStore
    ) async -> Result<AppendOutcome, EventStoreError> {
        do throws(EventStoreError) {
            return .success(try await store.append(append))
        } catch {
            return .failure(error)
        }
    }

    @Test func `runs once, however many send it at the same time`() async throws {
        try await withStore { store, _ in
            let outcomes = try await withThrowingTaskGroup(of: AppendOutcome.self) { group in
                for _ in 1...8 {
                    group.addTask {
                        try await store.append(Facts.append(["one"], to: "a", expecting: .any, command: command))
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { !$0.isRepetition } == 1)
            #expect(outcomes.allSatisfy { $0.position == Position(1) && $0.versions == ["customer-a": 1] })
            #expect(try await store.head() == Position(1))
        }
    }
}
