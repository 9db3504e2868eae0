import Domain
import EventSourcing
import Metrics
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
    ///
    /// An event that it cannot read stops the process there, with all before it done: nothing is skipped, and what was named goes on.
    package func catchUp(pageSize: Int = 200) async throws(EventStoreError) {
        let failure = try await effects.failure(of: Self.process)
        Gauge(label: "deploycenter_process_failed", dimensions: [("process", Self.process)]).record(
            failure == nil ? 0 : 1)
        guard failure == nil else { return }
        while true {
            let from = try await effects.checkpoint(of: Self.process)
            let page = try await events.events(after: from, categories: ["deployment"], limit: pageSize)
            guard let last = page.last else { return }
            let (named, stop) = try await self.effects(of: page)
            let end = stop.map { Position($0.position.rawValue - 1) } ?? last.position
            if end > from { _ = try await effects.advance(Self.process, from: from, to: end, adding: named) }
            if let stop {
                return try await effects.stop(Self.process, at: stop.position, because: stop.reason)
            }
            // A page that was not full was the last: what came since comes with the next wake-up.
            guard page.count == pageSize else { return }
        }
    }

    /// An event that cannot be handled.
    private struct Stop {
        let position: Position
        let reason: String
    }

    /// The effects of the page, or of what is before the first event that cannot be handled.
    private func effects(
        of page: [RecordedEvent]
    ) async throws(EventStoreError) -> (named: [NewEffect], stop: Stop?) {
        var states: [StreamName: (state: Deployment.State, version: Int)] = [:]
        var named: [NewEffect] = []
        for recorded in page {
            var (state, version) = states[recorded.stream] ?? (Deployment.initialState, 0)
            do throws(EventStoreError) {
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
            } catch .unreadable(let unreadable, let position) {
                return (
                    named, Stop(position: recorded.position, reason: "the event at position \(position): \(unreadable)")
                )
            }
        }
        return (named, nil)
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
