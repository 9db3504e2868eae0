import Domain
import EventSourcing
import Foundation
import TestSupport
import Testing

@Suite struct `Any sequence of commands` {
    @Test func `keeps the laws of deciders for customers`() throws {
        try checkLaws(of: Customer.self, "customers") { random in
            let details = [Customer.Details(name: "A"), .init(name: "B", contactEmail: "b@example.com")]
            return switch Int.random(in: 0..<6, using: &random) {
            case 0: .create(details.one(using: &random))
            case 1: .changeDetails(details.one(using: &random))
            case 2: .route(to: ["frankfurt", "paris"].one(using: &random))
            case 3: .suspend(reason: "unpaid")
            case 4: .reinstate
            default: .remove(reason: "gone")
            }
        }
    }

    @Test func `keeps the laws of deciders for clusters`() throws {
        try checkLaws(of: Cluster.self, "clusters") { random in
            switch Int.random(in: 0..<8, using: &random) {
            case 0...1: .register(Past.frankfurt)
            case 2...3: .cordon(reason: "upgrade")
            case 4...6: .uncordon
            default: .retire(reason: "replaced")
            }
        }
    }

    @Test func `keeps the laws of deciders for domain names`() throws {
        try checkLaws(of: DomainName.self, "domain names") { random in
            let deployment: ID<Deployment> = ["akme-shop-production", "bolt-shop-production"].one(using: &random)
            return .random(using: &random) ? .claim(by: deployment) : .release(by: deployment)
        }
    }

    @Test func `keeps the laws of deciders for data subjects`() throws {
        try checkLaws(of: DataSubject.self, "data subjects") { random in
            let keys = ["k1", "k2", "k3", "k4"].filter { _ in .random(using: &random) }
            return .forget("customer:akme", keys: keys, reason: "asked")
        }
    }

    @Test func `keeps the laws of deciders for templates`() throws {
        try checkLaws(of: Template.self, "templates") { random in
            let version = ["1.0.0", "1.1.0", "2.0.0"].one(using: &random)
            let person: Actor = ["ana", "bo"].one(using: &random)
            return switch Int.random(in: 0..<4, using: &random) {
            case 0:
                .submit(
                    .init(
                        version: version, title: "t", description: "d", files: [:],
                        digest: ["d1", "d2"].one(using: &random), submittedBy: person))
            case 1: .approve(version: version, by: person)
            case 2: .reject(version: version, by: person, reason: "r")
            default: .deprecate(version: version, reason: "r")
            }
        }
    }

    /// An accepted command changes nothing when repeated, a stored fact is read back, and a history may be folded in parts.
    private func checkLaws<Rules: Decider>(
        of rules: Rules.Type, _ name: String, _ command: (inout SeededRandom) -> Rules.Command
    ) throws where Rules.State: Equatable {
        var random = SeededRandom(for: "keeps the laws of deciders for \(name)")
        let comment: Comment = "SEED=\(random.seed)"
        for _ in 0..<200 {
            var state = Rules.initialState
            var history: [Rules.Event] = []
            for _ in 0..<30 {
                let command = command(&random)
                guard let events = try? Rules.decide(command, in: state) else { continue }  // Refused.
                for event in events {
                    Rules.evolve(&state, with: event)
                    #expect(try event.readBack() == event, comment)
                }
                history += events
                #expect(try Rules.decide(command, in: state) == [], comment)
            }
            let cut = Int.random(in: 0...history.count, using: &random)
            let half = Rules.fold(history[..<cut])
            #expect(Rules.fold(history[cut...], from: half) == state, comment)
        }
    }
}

extension StorableEvent {
    /// The event after a journey through JSON.
    func readBack() throws -> Self {
        let form = stored
        return try Self(
            form.type, version: form.schemaVersion, payload: JSONBytes(try JSONEncoder().encode(form.payload)))
    }
}

extension Array {
    /// One of the elements, of which there is at least one.
    func one(using random: inout SeededRandom) -> Element { self[Int.random(in: indices, using: &random)] }
}
