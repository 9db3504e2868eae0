import Application
import EventSourcing
import Postgres
import PostgresEventStore
import ProcessManagers
import TestSupport
import Testing

@Suite struct `Effects` {
    static let start = Timestamp(microseconds: 1_800_000_000_000_000)

    static func effect(_ id: String, due: Timestamp = start) -> NewEffect {
        NewEffect(id: id, stream: Facts.customer("a"), payload: ["do": .string(id)], due: due)
    }

    private func withEffects(
        _ effects: [NewEffect], _ body: (PostgresEffectStore, PostgresEventStore) async throws -> Void
    ) async throws {
        try await withStore { store, database in
            let list = PostgresEffectStore(pool: database.pool, clock: .callers)
            #expect(try await list.advance("p", from: .start, to: Position(1), adding: effects))
            try await body(list, store)
        }
    }

    private static func claimed(
        _ systems: Set<OutsideSystem>, from list: PostgresEffectStore
    ) async throws -> Set<String> {
        let claimed = try await list.claim(by: "w", of: systems, limit: 9, now: start, leaseSeconds: 30)
        return Set(claimed.map(\.lease.effectID))
    }

    @Test func `are claimed by the systems that they keep busy`() async throws {
        let effects = OutsideSystem.allCases.map { system in
            NewEffect(
                id: system.rawValue, stream: Facts.customer("a"), payload: [:], due: Self.start,
                target: EffectTarget(system))
        }
        try await withEffects(effects) { list, _ in
            let some = try await Self.claimed([.gitHub, .none], from: list)
            #expect(some == ["github", "none"])
            let noMore = try await Self.claimed([.gitHub], from: list)
            #expect(noMore.isEmpty)
            let nothing = try await Self.claimed([], from: list)
            #expect(nothing.isEmpty)
            let rest = try await Self.claimed(Set(OutsideSystem.allCases), from: list)
            #expect(rest == ["aws_efs", "aws_s3", "aws_route53", "argocd"])
        }
    }

    @Test func `come with the checkpoint or not at all`() async throws {
        try await withEffects([Self.effect("e1")]) { list, _ in
            #expect(try await list.checkpoint(of: "p") == Position(1))
            #expect(try await list.checkpoint(of: "another") == .start)
            let late = try await list.advance("p", from: .start, to: Position(2), adding: [Self.effect("e2")])
            #expect(!late)
            #expect(try await list.checkpoint(of: "p") == Position(1))
            #expect(try await list.openCount() == 1)
            #expect(
                try await list.advance(
                    "p", from: Position(1), to: Position(2), adding: [Self.effect("e1"), Self.effect("e3")]))
            #expect(try await list.openCount() == 2)
        }
    }

    @Test func `are added by one of many replicas that reacted to the same events`() async throws {
        try await withStore { _, database in
            let list = PostgresEffectStore(pool: database.pool, clock: .callers)
            let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
                for replica in 1...6 {
                    group.addTask {
                        try await list.advance("p", from: .start, to: Position(3), adding: [Self.effect("r\(replica)")])
                    }
                }
                return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(wins == 1)
            #expect(try await list.openCount() == 1)
        }
    }

    @Test func `are claimed when they are due, by one worker each`() async throws {
        let now = Self.start + .seconds(10)
        let due = (1...20).map { Self.effect("e\($0)") }
        try await withEffects(due + [Self.effect("later", due: now + .seconds(1))]) { list, _ in
            let claims = try await withThrowingTaskGroup(of: [ClaimedEffect].self) { group in
                for worker in 1...4 {
                    group.addTask { try await list.claim(by: "w\(worker)", limit: 7, now: now, leaseSeconds: 30) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(claims.map(\.lease.effectID)).count == claims.count)
            let rest = try await list.claim(by: "w5", limit: 100, now: now, leaseSeconds: 30)
            #expect(Set((claims + rest).map(\.lease.effectID)) == Set(due.map(\.id)))
            #expect(claims.count + rest.count == due.count)
            let claimed = try #require((claims + rest).first { $0.lease.effectID == "e7" })
            #expect(claimed.payload == ["do": "e7"])
            #expect(claimed.stream == Facts.customer("a"))
            #expect((claimed.failures, claimed.continuation, claimed.lease.token) == (0, nil, 1))
            #expect(try await list.nextDue() == now + .seconds(1))
        }
    }

    @Test func `are taken over when a lease has ended, and the old holder can do nothing more`() async throws {
        try await withEffects([Self.effect("e1")]) { list, store in
            let old = try #require(try await list.claim(by: "w1", limit: 1, now: Self.start, leaseSeconds: 30).first)
            let within = try await list.claim(by: "w2", limit: 1, now: Self.start + .seconds(29), leaseSeconds: 30)
            #expect(within.isEmpty)
            let later = Self.start + .seconds(30)
            let new = try #require(try await list.claim(by: "w2", limit: 1, now: later, leaseSeconds: 30).first)
            #expect(new.lease == EffectLease(effectID: "e1", token: 2))
            let postponement = Postponement(at: later, due: later, failures: 1, continuation: nil, reason: "no")
            await #expect(throws: EventStoreError.leaseLost(old.lease)) {
                try await list.postpone(old.lease, postponement)
            }
            await #expect(throws: EventStoreError.leaseLost(old.lease)) {
                try await list.end(old.lease, at: later, because: "done")
            }
            await #expect(throws: EventStoreError.leaseLost(old.lease)) {
                try await store.append(Facts.append(["late"], to: "a", expecting: .any, completing: old.lease))
            }
            #expect(try await store.head() == .start)
            _ = try await store.append(Facts.append(["done"], to: "a", expecting: .any, completing: new.lease))
            #expect(try await list.openCount() == 0)
            #expect(try await store.head() == Position(1))
        }
    }

    @Test func `go by the database's clock, however wrong the clocks of workers are`() async throws {
        try await withStore { _, database in
            let list = PostgresEffectStore(pool: database.pool)
            #expect(
                try await list.advance(
                    "p", from: .start, to: Position(1), adding: [Self.effect("e", due: currentTime())]))
            let (slow, fast) = (currentTime() + .seconds(-3_600), currentTime() + .seconds(3_600))
            let claimed = try #require(try await list.claim(by: "slow", limit: 1, now: slow, leaseSeconds: 30).first)
            #expect(claimed.due <= claimed.claimedAt)
            #expect(claimed.claimedAt - currentTime() < .seconds(600))
            #expect(try await list.claim(by: "fast", limit: 1, now: fast, leaseSeconds: 30).isEmpty)
            let wait = Duration.seconds(600)
            try await list.postpone(
                claimed.lease, Postponement(at: slow, due: slow + wait, failures: 0, continuation: nil, reason: "wait"))
            let due = try #require(try await list.nextDue())
            #expect(due >= claimed.claimedAt + wait && due <= claimed.claimedAt + wait * 2)
            #expect(try await list.claim(by: "fast", limit: 1, now: fast, leaseSeconds: 30).isEmpty)
        }
    }

    @Test func `are worked on after an append that holds them, and not by somebody who has lost them`() async throws {
        try await withEffects([Self.effect("e1"), Self.effect("e2")]) { list, store in
            let later = Self.start + .seconds(30)
            let old = try await list.claim(by: "w1", limit: 2, now: Self.start, leaseSeconds: 30).map(\.lease)
            func append(_ name: String, holding lease: EffectLease) -> Append {
                var append = Facts.append([name], to: name, expecting: .any)
                append.holding = lease
                return append
            }
            _ = try await store.append(append("begun", holding: try #require(old.first)))
            #expect(try await list.openCount() == 2)
            let new = try #require(try await list.claim(by: "w2", limit: 1, now: later, leaseSeconds: 30).first?.lease)
            let lost = try #require(old.first { $0.effectID == new.effectID })
            let kept = try #require(old.first { $0.effectID != new.effectID })
            // In one group or one after the other: whoever holds nothing, or still holds his, is not harmed.
            let outcomes = await withTaskGroup(of: String?.self) { group in
                for (name, lease) in [("late", lost), ("kept", kept), ("new", new)] {
                    group.addTask {
                        do throws(EventStoreError) {
                            _ = try await store.append(append(name, holding: lease))
                            return name
                        } catch {
                            return error == .leaseLost(lease) ? "\(name) lost" : "\(error)"
                        }
                    }
                }
                return await group.reduce(into: Set()) { if let outcome = $1 { $0.insert(outcome) } }
            }
            #expect(outcomes == ["late lost", "kept", "new"])
            #expect(try await store.head() == Position(3))
            try await list.end(new, at: later, because: "nothing left to do")
            await #expect(throws: EventStoreError.leaseLost(new)) {
                try await store.append(append("ended", holding: new))
            }
        }
    }

    @Test func `that ended cannot end again`() async throws {
        try await withEffects([Self.effect("e1"), Self.effect("e2")]) { list, store in
            let claims = try await list.claim(by: "w", limit: 2, now: Self.start, leaseSeconds: 30)
            let (first, second) = (try #require(claims.first).lease, try #require(claims.last).lease)
            _ = try await store.append(Facts.append(["done"], to: "a", expecting: .any, completing: first))
            await #expect(throws: EventStoreError.leaseLost(first)) {
                try await store.append(Facts.append(["done"], to: "a", expecting: .any, completing: first))
            }
            try await list.end(second, at: Self.start, because: "nothing left to do")
            await #expect(throws: EventStoreError.leaseLost(second)) {
                try await list.end(second, at: Self.start, because: "again")
            }
            #expect(try await store.head() == Position(1))
            #expect(try await list.nextDue() == nil)
        }
    }

    @Test func `stay open when the append that would end them conflicts`() async throws {
        try await withEffects([Self.effect("e1")]) { list, store in
            let claimed = try #require(try await list.claim(by: "w", limit: 1, now: Self.start, leaseSeconds: 30).first)
            await #expect(throws: EventStoreError.versionConflict(Facts.customer("a"), actual: 0)) {
                try await store.append(Facts.append(["x"], to: "a", expecting: .exactly(5), completing: claimed.lease))
            }
            #expect(try await list.openCount() == 1)
            _ = try await store.append(Facts.append(["x"], to: "a", expecting: .exactly(0), completing: claimed.lease))
            #expect(try await list.openCount() == 0)
        }
    }

    @Test func `that are postponed come back when due, with what was left for them`() async throws {
        try await withEffects([Self.effect("e1")]) { list, _ in
            let claimed = try #require(try await list.claim(by: "w", limit: 1, now: Self.start, leaseSeconds: 30).first)
            let due = Self.start + .seconds(5)
            try await list.postpone(
                claimed.lease,
                Postponement(at: Self.start, due: due, failures: 3, continuation: ["change": "C1"], reason: "pending"))
            #expect(try await list.nextDue() == due)
            #expect(try await list.claim(by: "w", limit: 1, now: Self.start + .seconds(4), leaseSeconds: 30).isEmpty)
            let again = try #require(try await list.claim(by: "w", limit: 1, now: due, leaseSeconds: 30).first)
            #expect(again.failures == 3)
            #expect(again.continuation == ["change": "C1"])
            #expect(again.createdAt == claimed.createdAt)
        }
    }
}
