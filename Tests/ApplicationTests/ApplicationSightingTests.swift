import Application
import Domain
import EventSourcing
import Testing

@Suite struct `What is seen of a live application` {
    private static func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    private static func sketch(
        _ health: String = "Healthy", _ sync: String = "Synced", operation: String? = "Succeeded"
    ) -> ApplicationSketch {
        ApplicationSketch(
            name: "a", deployment: "a", syncStatus: sync, health: health, operationPhase: operation,
            operationStartedAt: nil, isBeingDeleted: false)
    }

    /// Looks ten seconds apart; answers what is true ten seconds after they began for a thing that must hold for ten.
    private func seen(_ sketches: ApplicationSketch...) -> LiveCondition? {
        var sightings = ApplicationSightings()
        for (index, sketch) in sketches.enumerated() { sightings.see(sketch, at: Self.at(Int64(index) * 10)) }
        let last = sketches.last.map { ApplicationObservation($0) }
        return last.flatMap {
            sightings.condition(at: Self.at(Int64(sketches.count - 1) * 10), .seconds(10), in: $0)
        }
    }

    private func degraded(_ status: String = "Degraded", since seconds: Int64) -> LiveCondition.Health {
        .degraded(status: status, resource: nil, message: "", since: Self.at(seconds))
    }

    @Test func `is nothing at the first look`() {
        #expect(seen(Self.sketch("Degraded", "OutOfSync")) == nil)
    }

    @Test(arguments: ["Degraded", "Missing"])
    func `is an illness when it has held`(health: String) {
        #expect(
            seen(Self.sketch(health), Self.sketch(health))
                == LiveCondition(health: degraded(health, since: 0), sync: .inSync(since: Self.at(0))))
    }

    @Test func `is no illness when it was well in between`() {
        #expect(seen(Self.sketch("Degraded"), Self.sketch(), Self.sketch("Degraded"))?.health == nil)
    }

    @Test func `is an illness also where pods look hopeful in between`() {
        let looks = seen(Self.sketch("Degraded"), Self.sketch("Progressing"), Self.sketch("Degraded"))
        #expect(looks?.health == degraded(since: 0))
    }

    @Test(arguments: ["Progressing", "Suspended", "Unknown"])
    func `says nothing of health where Argo CD does not`(health: String) {
        #expect(seen(Self.sketch(health), Self.sketch(health), Self.sketch(health))?.health == nil)
    }

    @Test func `is well again only when that has held without a doubt`() {
        #expect(seen(Self.sketch(), Self.sketch("Progressing"), Self.sketch())?.health == nil)
        #expect(seen(Self.sketch("Progressing"), Self.sketch(), Self.sketch())?.health == .well(since: Self.at(10)))
    }

    @Test func `is a drift when it has held, and none while a sync runs`() {
        #expect(
            seen(Self.sketch("Healthy", "OutOfSync"), Self.sketch("Healthy", "OutOfSync"))?.sync
                == .drifted(resources: [], since: Self.at(0)))
        let running = Self.sketch("Healthy", "OutOfSync", operation: "Running")
        #expect(seen(running, running, running)?.sync == nil)
    }

    @Test func `takes its words from the closer look, and is nothing where that sees otherwise`() {
        var sightings = ApplicationSightings()
        for second in [0, 10] { sightings.see(Self.sketch("Degraded", "OutOfSync"), at: Self.at(Int64(second))) }
        func closely(_ health: String, _ sync: String) -> LiveCondition? {
            sightings.condition(
                at: Self.at(10), .seconds(10),
                in: ApplicationObservation(
                    syncStatus: sync, syncRevision: "c", health: health, healthMessage: nil, operation: nil, errors: [],
                    unhealthyResources: ["Deployment/web: no image: odoo:17", "Pod/web-0: waiting"],
                    outOfSyncResources: ["Deployment/web"], reconciledAt: nil))
        }
        #expect(
            closely("Degraded", "OutOfSync")
                == LiveCondition(
                    health: .degraded(
                        status: "Degraded", resource: "Deployment/web", message: "no image: odoo:17",
                        since: Self.at(0)), sync: .drifted(resources: ["Deployment/web"], since: Self.at(0))))
        #expect(closely("Healthy", "Synced") == nil)
    }

    @Test func `is settled when health and sync have both been good for long enough`() {
        var sightings = ApplicationSightings()
        sightings.see(Self.sketch(), at: Self.at(0))
        #expect(!sightings.isSettled(at: Self.at(9), .seconds(10)))
        #expect(sightings.ripensAt(.seconds(10), after: Self.at(9)) == Self.at(10))
        #expect(sightings.isSettled(at: Self.at(10), .seconds(10)))
        sightings.see(Self.sketch("Healthy", "OutOfSync"), at: Self.at(11))
        #expect(!sightings.isSettled(at: Self.at(30), .seconds(10)))
    }
}
