package import EventSourcing

/// How a live application has been for a while, as far as Argo CD says anything clear.
package struct LiveCondition: Equatable, Sendable {
    package let health: Health?
    package let sync: Sync?

    package enum Health: Equatable, Sendable {
        case well(since: Timestamp)
        /// `resource` as `kind/name`.
        case degraded(status: String, resource: String?, message: String, since: Timestamp)
    }

    package enum Sync: Equatable, Sendable {
        case inSync(since: Timestamp)
        /// `resources` as `kind/name`.
        case drifted(resources: [String], since: Timestamp)
    }

    package init(health: Health?, sync: Sync?) {
        self.health = health
        self.sync = sync
    }
}

extension Deployment {
    /// What began and what ended. A release in progress judges its application itself: a rollout looks like an illness.
    static func decideCondition(
        _ seen: LiveCondition, in state: State
    ) throws(Rejection) -> [DeploymentEvent] {
        let number: Int
        switch (state.phase, state.liveRelease) {
        case (.live, let live?), (.awaitingApproval, let live?): number = live
        case (.unknown, _): throw .unknown
        case (.provisioning, _), (.compensating, _): throw .releaseInProgress(state.run.number)
        default: throw .notLive
        }
        var events: [DeploymentEvent] = []
        switch seen.health {
        case .degraded(let status, let resource, let message, let since) where state.degradation == nil:
            events.append(
                .becameDegraded(
                    .init(number: number, status: status, resource: resource, message: message, since: since)))
        case .well(let since) where state.degradation != nil:
            events.append(.recovered(.init(number: number, by: .observation, since: since)))
        case .degraded, .well, nil: break
        }
        switch seen.sync {
        case .drifted(let resources, let since) where state.drift == nil:
            events.append(
                .drifted(
                    .init(
                        number: number, resources: Array(resources.prefix(Drifted.resourcesMax)),
                        moreResources: max(0, resources.count - Drifted.resourcesMax), since: since)))
        case .inSync(let since) where state.drift != nil:
            events.append(.reconciled(.init(number: number, by: .observation, since: since)))
        case .drifted, .inSync, nil: break
        }
        return events
    }

    /// Adds before the end of a release what that proves: what had been wrong is not any more.
    static func endingConditions(_ events: [DeploymentEvent], in state: State) -> [DeploymentEvent] {
        guard state.degradation != nil || state.drift != nil else { return events }
        return events.flatMap { event -> [DeploymentEvent] in
            guard case .wentLive(let fact) = event else { return [event] }
            var ends: [DeploymentEvent] = []
            if state.degradation != nil {
                ends.append(.recovered(.init(number: fact.number, by: .release, since: nil)))
            }
            if state.drift != nil { ends.append(.reconciled(.init(number: fact.number, by: .release, since: nil))) }
            return ends + [event]
        }
    }

    static func evolveCondition(_ state: inout State, with event: DeploymentEvent) {
        switch event {
        case .becameDegraded(let fact): state.degradation = fact
        case .recovered: state.degradation = nil
        case .drifted(let fact): state.drift = fact
        case .reconciled: state.drift = nil
        default: break
        }
    }
}
