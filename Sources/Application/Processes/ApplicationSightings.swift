package import Domain
package import EventSourcing

/// What was seen of one application look after look, until it has held for long enough to be a fact.
package struct ApplicationSightings: Equatable, Sendable {
    private var health: Spell?
    private var sync: Spell?

    /// How long it has been good, or bad, without a break.
    private struct Spell: Equatable, Sendable {
        let isGood: Bool
        let since: Timestamp

        func isRipe(at now: Timestamp, _ stable: Duration) -> Bool { now - since >= stable }
    }

    package init() {}

    package mutating func see(_ sketch: ApplicationSketch, at now: Timestamp) {
        health = Self.next(health, Self.isWell(sketch.health), at: now)
        // What is being synced is on its way to what Git declares.
        let isAtWork = sketch.operationPhase == "Running" || sketch.operationPhase == "Terminating"
        sync = Self.next(sync, isAtWork ? nil : Self.isInSync(sketch.syncStatus), at: now)
    }

    /// Nil where the words say neither: a rollout goes on, somebody suspended it, Argo CD does not know.
    private static func isWell(_ health: String) -> Bool? {
        switch health {
        case "Healthy": true
        case "Degraded", "Missing": false
        default: nil
        }
    }

    private static func isInSync(_ status: String) -> Bool? {
        switch status {
        case "Synced": true
        case "OutOfSync": false
        default: nil
        }
    }

    /// An unclear sight ends what was good, but not what was bad: pods that crash again and again look hopeful in between.
    private static func next(_ spell: Spell?, _ isGood: Bool?, at now: Timestamp) -> Spell? {
        guard let isGood else { return spell?.isGood == true ? nil : spell }
        return spell?.isGood == isGood ? spell : Spell(isGood: isGood, since: now)
    }

    /// Whether both have been good for long enough.
    package func isSettled(at now: Timestamp, _ stable: Duration) -> Bool {
        [health, sync].allSatisfy { $0?.isGood == true && $0?.isRipe(at: now, stable) == true }
    }

    /// When what is not ripe yet will be.
    package func ripensAt(_ stable: Duration, after now: Timestamp) -> Timestamp? {
        [health, sync].compactMap { $0.map { $0.since + stable } }.filter { $0 > now }.min()
    }

    /// What has held for long enough, and holds in `seen`, with the words that it has for it; nil if that is nothing.
    package func condition(
        at now: Timestamp, _ stable: Duration, in seen: ApplicationObservation
    ) -> LiveCondition? {
        var (ripeHealth, ripeSync): (LiveCondition.Health?, LiveCondition.Sync?)
        if let health, health.isRipe(at: now, stable), Self.isWell(seen.health) == health.isGood {
            ripeHealth = health.isGood ? .well(since: health.since) : Self.degraded(seen, since: health.since)
        }
        if let sync, sync.isRipe(at: now, stable), Self.isInSync(seen.syncStatus) == sync.isGood {
            ripeSync =
                sync.isGood
                ? .inSync(since: sync.since) : .drifted(resources: seen.outOfSyncResources, since: sync.since)
        }
        guard ripeHealth != nil || ripeSync != nil else { return nil }
        return LiveCondition(health: ripeHealth, sync: ripeSync)
    }

    private static func degraded(_ seen: ApplicationObservation, since: Timestamp) -> LiveCondition.Health {
        // `kind/name: message`; neither a kind nor a name has a colon.
        let culprit = seen.unhealthyResources.first?.split(separator: ": ", maxSplits: 1).map(String.init) ?? []
        return .degraded(
            status: seen.health, resource: culprit.first,
            message: culprit.dropFirst().first ?? seen.healthMessage ?? "", since: since)
    }
}

extension ApplicationObservation {
    /// As much as a sketch says: without messages and resources.
    package init(_ sketch: ApplicationSketch) {
        self.init(
            syncStatus: sketch.syncStatus, syncRevision: "", health: sketch.health, healthMessage: nil, operation: nil,
            errors: [], unhealthyResources: [], reconciledAt: nil)
    }
}
