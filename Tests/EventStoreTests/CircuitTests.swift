import Application
import EventSourcing
import Postgres
import PostgresEventStore
import ProcessManagers
import TestSupport
import Testing

@Suite struct `Circuits` {
    static let start = Effects.start

    static func effect(
        _ id: String, _ system: OutsideSystem = .argoCD, cluster: String = "frankfurt", customer: String = "akme",
        after seconds: Int = 0
    ) -> NewEffect {
        NewEffect(
            id: id, stream: Facts.customer(customer), payload: ["do": .string(id)], due: start + .seconds(seconds),
            target: EffectTarget(system, region: "eu", cluster: cluster, customer: customer))
    }

    private static func withCircuits(
        _ effects: [NewEffect], _ limits: [OutsideSystem: SystemLimits] = [:],
        _ body: (PostgresEffectStore) async throws -> Void
    ) async throws {
        try await withStore { _, database in
            let list = PostgresEffectStore(pool: database.pool, limits: limits, clock: .callers)
            #expect(try await list.advance("p", from: .start, to: Position(1), adding: effects))
            try await body(list)
        }
    }

    private static func claim(
        _ list: PostgresEffectStore, _ limit: Int, at seconds: Int = 100, lease: Int = 30
    ) async throws -> [ClaimedEffect] {
        try await list.claim(by: "w", limit: limit, now: start + .seconds(seconds), leaseSeconds: lease)
    }

    private static func report(
        _ list: PostgresEffectStore, _ finding: CircuitReport.Finding, of effect: String,
        at seconds: Int = 100, circuit: String = "argocd/frankfurt"
    ) async throws {
        try await list.report(
            CircuitReport(circuit: circuit, effectID: effect, at: start + .seconds(seconds), finding: finding))
    }

    // MARK: Fairness

    @Test func `give every customer a turn before anybody has a second one`() async throws {
        let flood = (1...500).map { Self.effect("flood\($0)", customer: "flood") }
        let others = (1...5).map { Self.effect("other\($0)", customer: "other\($0)", after: 50) }
        try await Self.withCircuits(flood + others) { list in
            let claimed = try await Self.claim(list, 16)
            #expect(claimed.count == 16)
            #expect(claimed.count { $0.lease.effectID.hasPrefix("other") } == 5)
        }
    }

    @Test func `reach in rounds every one of more customers than are looked at at once`() async throws {
        let flood = (1...300).map { Self.effect("flood\($0)", customer: "flood") }
        let others = (1...150).map { Self.effect("other\($0)", customer: "other\($0)", after: 50) }
        try await Self.withCircuits(flood + others) { list in
            var served: Set<String> = []
            for _ in 1...6 { served.formUnion(try await Self.claim(list, 64).map(\.stream.id)) }
            #expect(served.count == 151)
        }
    }

    // MARK: Limits

    @Test func `let no more pass at a time than their limits say, among all workers`() async throws {
        let effects = ["frankfurt", "dublin", "oslo"].flatMap { cluster in
            (1...20).map { Self.effect("\(cluster)\($0)", cluster: cluster, customer: "c\($0)") }
        }
        let limits = [OutsideSystem.argoCD: SystemLimits(atOnce: 4, atOnceInAll: 9)]
        try await Self.withCircuits(effects, limits) { list in
            let claims = try await withThrowingTaskGroup(of: [ClaimedEffect].self) { group in
                for _ in 1...6 { group.addTask { try await Self.claim(list, 16) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claims.count == 9)
            #expect(Dictionary(grouping: claims, by: \.circuit).values.allSatisfy { $0.count <= 4 })
            let one = try #require(claims.first)
            try await list.end(one.lease, at: Self.start, because: "done")
            #expect(try await Self.claim(list, 16).count == 1)
            // Leases that have run out are in nobody's way.
            #expect(try await Self.claim(list, 16, at: 200).count == 9)
        }
    }

    @Test func `let pass as fast as tokens come back`() async throws {
        let effects = (1...100).map { Self.effect("e\($0)", .awsRoute53, customer: "c\($0 % 7)") }
        let limits = [OutsideSystem.awsRoute53: SystemLimits(perSecond: 2, burst: 10)]
        try await Self.withCircuits(effects, limits) { list in
            let first = try await Self.claim(list, 16)
            #expect(first.count == 10)
            #expect(try await Self.claim(list, 16).isEmpty)
            #expect(try await Self.claim(list, 16, at: 103).count == 6)
            #expect(try await Self.claim(list, 16, at: 103).isEmpty)
            #expect(try await Self.claim(list, 64, at: 1000).count == 10)
        }
    }

    // MARK: Breaking

    @Test func `open after failures in a row of several effects, and let one probe pass at a time`() async throws {
        try await Self.withCircuits((1...30).map { Self.effect("e\($0)") }) { list in
            for attempt in 1...5 {
                try await Self.report(list, .failed(reason: "no answer"), of: "e\(attempt)", at: 100)
            }
            let open = try #require(
                try await list.circuits(at: Self.start + .seconds(100)).first { $0.system == "argocd" })
            #expect(open.state == "open" && open.reason == "no answer" && open.waiting == 30)
            #expect(open.probeAt == Self.start + .seconds(105))
            #expect(try await Self.claim(list, 16, at: 104).isEmpty)
            let probe = try await Self.claim(list, 16, at: 105)
            #expect(probe.count == 1 && probe.allSatisfy(\.isSuspect))
            #expect(try await Self.claim(list, 16, at: 106).isEmpty)

            // It failed too: the next one comes later.
            let first = try #require(probe.first).lease.effectID
            try await Self.report(list, .failed(reason: "no answer"), of: first, at: 106)
            #expect(try await Self.claim(list, 16, at: 115).isEmpty)
            let second = try #require(try await Self.claim(list, 16, at: 116).first)
            try await Self.report(list, .answered, of: second.lease.effectID, at: 117)
            #expect(try await Self.claim(list, 16, at: 117).count == 16)
        }
    }

    @Test func `let another probe pass when a worker died with the last one`() async throws {
        try await Self.withCircuits((1...9).map { Self.effect("e\($0)") }) { list in
            for attempt in 1...5 { try await Self.report(list, .failed(reason: "no"), of: "e\(attempt)", at: 100) }
            #expect(try await Self.claim(list, 16, at: 105, lease: 30).count == 1)
            #expect(try await Self.claim(list, 16, at: 134).isEmpty)
            #expect(try await Self.claim(list, 16, at: 135).count == 1)
        }
    }

    @Test func `let another probe pass at once where the last one did not ask after all`() async throws {
        try await Self.withCircuits((1...9).map { Self.effect("e\($0)") }) { list in
            for attempt in 1...5 { try await Self.report(list, .failed(reason: "no"), of: "e\(attempt)", at: 100) }
            let probe = try #require(try await Self.claim(list, 16, at: 105).first).lease
            try await Self.report(list, .unasked, of: "another", at: 106)
            #expect(try await Self.claim(list, 16, at: 106).isEmpty)
            try await list.end(probe, at: Self.start + .seconds(107), because: "not wanted any more")
            try await Self.report(list, .unasked, of: probe.effectID, at: 107)
            let next = try await Self.claim(list, 16, at: 107)
            #expect(next.count == 1 && next.first?.lease.effectID != probe.effectID)
        }
    }

    @Test func `stay closed for one effect that fails alone, and for failures between answers`() async throws {
        try await Self.withCircuits((1...9).map { Self.effect("e\($0)") }) { list in
            for _ in 1...9 { try await Self.report(list, .failed(reason: "no"), of: "e1") }
            for effect in ["e2", "e3", "e4", "e5", "e6"] {
                try await Self.report(list, .answered, of: "e9")
                try await Self.report(list, .failed(reason: "no"), of: effect)
            }
            #expect(try await Self.claim(list, 16).count == 9)
        }
    }

    @Test func `open one by one where they fail one by one`() async throws {
        let effects = ["frankfurt", "dublin"].flatMap { cluster in
            (1...6).map { Self.effect("\(cluster)\($0)", cluster: cluster) }
        }
        try await Self.withCircuits(effects) { list in
            for attempt in 1...5 { try await Self.report(list, .failed(reason: "no"), of: "frankfurt\(attempt)") }
            let claimed = try await Self.claim(list, 16)
            #expect(claimed.count == 6 && claimed.allSatisfy { $0.circuit == "argocd/dublin" })
        }
    }

    @Test func `are spared for as long as a system asks`() async throws {
        let effects = [Self.effect("a"), Self.effect("b", cluster: "dublin"), Self.effect("c", .gitHub)]
        try await Self.withCircuits(effects) { list in
            let until = Self.start + .seconds(160)
            try await Self.report(list, .throttled(until: until, inAll: .argoCD, reason: "429"), of: "a")
            #expect(try await Self.claim(list, 16, at: 100).map(\.lease.effectID) == ["c"])
            #expect(try await Self.claim(list, 16, at: 159, lease: 1).map(\.lease.effectID) == ["c"])
            #expect(Set(try await Self.claim(list, 16, at: 160).map(\.lease.effectID)) == ["a", "b", "c"])
        }
    }
}
