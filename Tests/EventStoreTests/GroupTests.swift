import Application
import EventSourcing
import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `A group of appends` {
    private static let k = CommandIdentity(actor: "ana", key: "k", digest: "d")

    @Test func `answers each of them, and what failed leaves nothing`() async throws {
        try await withStore { store, database in
            _ = try await store.append(Facts.append(["first", "second"], to: "y", expecting: .any, command: Self.k))
            let effects = PostgresEffectStore(pool: database.pool, clock: .callers)
            _ = try await effects.advance("p", from: .start, to: Position(2), adding: [Effects.effect("e1")])
            let lease = try #require(
                try await effects.claim(by: "w", limit: 1, now: Effects.start, leaseSeconds: 60).first
            ).lease
            let lost = EffectLease(effectID: lease.effectID, token: lease.token + 1)
            let new = CommandIdentity(actor: "ana", key: "new", digest: "d")
            let refused = CommandIdentity(actor: "ana", key: "refused", digest: "d")
            let answers = try await group(
                on: database,
                [
                    Facts.append(["x"], to: "a", expecting: .noStream, command: new),
                    Facts.append(["x"], to: "y", expecting: .exactly(1), command: refused),
                    Facts.append(["x"], to: "y", expecting: .any, command: Self.k),
                    Facts.append(
                        ["x"], to: "y", expecting: .any,
                        command: CommandIdentity(actor: "ana", key: "k", digest: "other")
                    ),
                    Facts.append(["x", "x"], to: "b", expecting: .noStream, completing: lost),
                    Facts.append(["x"], to: "a", expecting: .exactly(1), completing: lease),
                    Facts.append(["x"], to: "a", expecting: .any, completing: lease),
                    Facts.append(["x"], to: "a", expecting: .any, command: new),
                    Facts.append([], to: "a", expecting: .exactly(2)),
                    Facts.append([], to: "c", expecting: .exists),
                ])
            #expect(answers[0] == .appended(Position(3), versions: [1]))
            #expect(answers[1] == .conflict(Facts.customer("y"), actual: 2))
            #expect(try answers[2].outcome(of: Facts.append([], to: "y", expecting: .any)).position == Position(2))
            #expect(answers[3] == .keyReused)
            #expect(answers[4] == .leaseLost)
            #expect(answers[5] == .appended(Position(4), versions: [2]))
            #expect(answers[6] == .leaseLost)
            let repeated = try answers[7].outcome(of: Facts.append([], to: "a", expecting: .any))
            #expect(
                repeated == AppendOutcome(position: Position(3), versions: ["customer-a": 1], isRepetition: true))
            #expect(answers[8] == .appended(Position(4), versions: [2]))
            #expect(answers[9] == .conflict(Facts.customer("c"), actual: 0))
            #expect(try await store.head() == Position(4))
            #expect(
                try await store.events(after: .start, categories: [], limit: 9).map(\.position.rawValue) == [
                    1, 2, 3, 4,
                ])
            #expect(try await store.outcome(of: refused) == nil)
            #expect(try await effects.openCount() == 0)
        }
    }

    @Test func `shows the second what the first did to their stream`() async throws {
        try await withStore { _, database in
            let answers = try await group(
                on: database,
                [
                    Facts.append(["1", "2"], to: "a", expecting: .noStream),
                    Facts.append(["x"], to: "a", expecting: .noStream),
                    Facts.append(["3"], to: "a", expecting: .exactly(2)),
                    Facts.append(["4"], to: "a", expecting: .exists),
                ])
            #expect(
                answers == [
                    .appended(Position(2), versions: [2]), .conflict(Facts.customer("a"), actual: 2),
                    .appended(Position(3), versions: [3]), .appended(Position(4), versions: [4]),
                ])
        }
    }

    @Test func `drops nothing that may be appended to any version`() async throws {
        try await withStore { store, database in
            let answers = try await group(
                on: database,
                (1...20).flatMap { number in
                    [
                        Facts.append(["\(number)"], to: "a", expecting: .any),
                        Facts.append(["x"], to: "a", expecting: .exactly(1_000)),
                    ]
                })
            let versions = answers.compactMap { if case .appended(_, let versions) = $0 { versions[0] } else { nil } }
            #expect(versions == Array(1...20))
            #expect(try await store.events(of: Facts.customer("a"), from: 1).map(\.streamVersion) == Array(1...20))
        }
    }

    @Test func `refuses what depends on a stream that moved within it`() async throws {
        try await withStore { store, database in
            func dependent(_ id: String, on version: ExpectedVersion) -> Append {
                Append(
                    [
                        StreamAppend(Facts.customer(id), expected: .noStream, events: [Facts.event("x")]),
                        StreamAppend(Facts.customer("read"), expected: version, events: []),
                    ], metadata: Facts.metadata)
            }
            let answers = try await group(
                on: database,
                [
                    dependent("a", on: .noStream), Facts.append(["x"], to: "read", expecting: .noStream),
                    dependent("b", on: .noStream), dependent("c", on: .exactly(1)),
                ])
            #expect(
                answers == [
                    .appended(Position(1), versions: [1, 0]), .appended(Position(2), versions: [1]),
                    .conflict(Facts.customer("read"), actual: 1), .appended(Position(3), versions: [1, 1]),
                ])
            #expect(try await store.events(of: Facts.customer("b"), from: 1).isEmpty)
        }
    }

    /// Random groups against a log in memory that does one append after the other.
    @Test func `does what its appends would have done one by one`() async throws {
        var random = SeededRandom(for: "a group of appends does what its appends would have done one by one")
        try await withStore { store, database in
            var log = LogInMemory()
            for _ in 1...40 {
                let appends = (0..<Int.random(in: 1...8, using: &random)).map { _ in log.randomAppend(&random) }
                let expected = appends.map { log.append($0) }
                #expect(try await group(on: database, appends).map(Answer.init) == expected)
            }
            #expect(try await store.head().rawValue == Int64(log.count))
            let events = try await store.events(after: .start, categories: [], limit: 1_000)
            #expect(events.map(\.position.rawValue) == Array(1...Int64(log.count)))
        }
    }

    private func group(on database: TestDatabase, _ appends: [Append]) async throws -> [AppendAnswer] {
        try await database.pool.withConnection { try await AppendGroup(appends).append(on: $0) }
    }
}
