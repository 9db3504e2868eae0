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
        }
    }

    private func effects(of page: [RecordedEvent]) async throws(EventStoreError) -> [NewEffect] {
        var histories: [StreamName: [RecordedEvent]] = [:]
        var named: [NewEffect] = []
        for recorded in page {
            let history: [RecordedEvent]
            if let known = histories[recorded.stream] {
                history = known
            } else {
                history = try await events.events(of: recorded.stream, from: 1)
                histories[recorded.stream] = history
            }
            named += try Self.effects(of: recorded, after: history)
        }
        return named
    }

    /// The effects of one event, given its stream's history, which may reach beyond it.
    static func effects(
        of recorded: RecordedEvent, after history: [RecordedEvent]
    ) throws(EventStoreError) -> [NewEffect] {
        var state = Deployment.initialState
        for past in history where past.streamVersion <= recorded.streamVersion {
            Deployment.evolve(&state, with: try DeploymentEvent(past))
        }
        let event = try DeploymentEvent(recorded)
        return DeploymentProcess.react(to: event, in: state).enumerated().map { index, effect in
            NewEffect(
                id: "\(recorded.stream)/\(recorded.streamVersion)/\(index)", stream: recorded.stream,
                payload: effect.payload, due: recorded.recordedAt + .seconds(effect.delaySeconds))
        }
    }
}
