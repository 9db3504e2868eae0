import Domain
import EventSourcing
import ProcessManagers

/// Feeds the log to the deployment process and stores the effects that it names, in the same transaction as how far it got.
package struct DeploymentReactor: Sendable {
    package static let process = "deployment"

    let events: any EventStore
    let effects: any EffectStore

    package init(events: any EventStore, effects: any EffectStore) {
        self.events = events
        self.effects = effects
    }

    /// Reacts to everything up to the head of the log. Several replicas may do so at once: one of them wins each page.
    package func catchUp(pageSize: Int = 200) async throws(EventStoreError) {
        while true {
            let from = try await effects.checkpoint(of: Self.process)
            let page = try await events.events(after: from, categories: ["deployment"], limit: pageSize)
            guard let last = page.last else { return }
            let named = try await self.effects(of: page)
            _ = try await effects.advance(Self.process, from: from, to: last.position, adding: named)
            // A page that was not full was the last: what came since comes with the next wake-up.
            guard page.count == pageSize else { return }
        }
    }

    private func effects(of page: [RecordedEvent]) async throws(EventStoreError) -> [NewEffect] {
        var states: [StreamName: (state: Deployment.State, version: Int)] = [:]
        var named: [NewEffect] = []
        for recorded in page {
            var (state, version) = states[recorded.stream] ?? (Deployment.initialState, 0)
            if version + 1 < recorded.streamVersion {
                let missing = try await events.events(of: recorded.stream, from: version + 1)
                for past in missing where past.streamVersion < recorded.streamVersion {
                    Deployment.evolve(&state, with: try DeploymentEvent(past))
                }
            }
            let event = try DeploymentEvent(recorded)
            Deployment.evolve(&state, with: event)
            version = recorded.streamVersion
            states[recorded.stream] = (state, version)
            named += Self.effects(of: event, recorded, in: state)
        }
        return named
    }

    /// The effects of one event, each with an id that a repetition gives again.
    private static func effects(
        of event: DeploymentEvent, _ recorded: RecordedEvent, in state: Deployment.State
    ) -> [NewEffect] {
        DeploymentProcess.react(to: event, in: state).enumerated().map { index, effect in
            NewEffect(
                id: "\(recorded.stream)/\(recorded.streamVersion)/\(index)", stream: recorded.stream,
                payload: effect.payload, due: recorded.recordedAt + .seconds(effect.delaySeconds))
        }
    }
}
