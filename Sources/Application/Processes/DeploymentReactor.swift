import Domain
package import EventSourcing
import Metrics
package import ProcessManagers

/// Feeds the log to the deployment process and stores the effects that it names, in the same transaction as how far it got.
package struct DeploymentReactor: Sendable {
    package static let process = "deployment"

    let events: any EventStore
    let effects: any EffectStore
    let patience: Patience

    package init(events: any EventStore, effects: any EffectStore, patience: Patience = .standard) {
        self.events = events
        self.effects = effects
        self.patience = patience
    }

    /// Reacts to everything up to the head of the log. Several replicas may do so at once: one of them wins each page.
    ///
    /// An event that it cannot read stops it there, with all before it done: nothing is skipped, and what was named goes on. It answers
    /// where that is. What is recorded of it is a notice that stops nobody: a replica of a newer build tries the same event, and the
    /// notice goes when one has gone past it.
    @discardableResult
    package func catchUp(pageSize: Int = 200) async throws(EventStoreError) -> Position? {
        let noted = try await effects.failure(of: Self.process)
        tell(isFailed: noted != nil)
        while true {
            let from = try await effects.checkpoint(of: Self.process)
            let page: [RecordedEvent]
            do throws(EventStoreError) {
                page = try await events.events(after: from, categories: ["deployment"], limit: pageSize)
            } catch .archived(let upTo) {
                return try await stop(Stop(position: Position(from.rawValue + 1), archivedUpTo: upTo))
            }
            guard let last = page.last else {
                // What was noted before this reading is in the way no longer, and nothing is left to go past it with.
                if let position = noted?.position, position > from {
                    _ = try await effects.advance(Self.process, from: from, to: position, adding: [])
                }
                return nil
            }
            let (named, stopped) = try await self.effects(of: page)
            let end = stopped.map { Position($0.position.rawValue - 1) } ?? last.position
            if end > from { _ = try await effects.advance(Self.process, from: from, to: end, adding: named) }
            if let stopped { return try await stop(stopped) }
            // A page that was not full was the last: what came since comes with the next wake-up.
            guard page.count == pageSize else { return nil }
        }
    }

    private func stop(_ stop: Stop) async throws(EventStoreError) -> Position {
        try await effects.stop(Self.process, at: stop.position, because: stop.reason)
        tell(isFailed: true)
        return stop.position
    }

    private func tell(isFailed: Bool) {
        Gauge(label: "deploycenter_process_failed", dimensions: [("process", Self.process)]).record(isFailed ? 1 : 0)
    }

    /// An event that cannot be handled.
    private struct Stop {
        let position: Position
        let reason: String

        init(position: Position, reason: String) {
            self.position = position
            self.reason = reason
        }

        init(position: Position, archivedUpTo: Position) {
            self.init(
                position: position,
                reason: "the events up to position \(archivedUpTo) are in archive files: `deploycenter store restore`")
        }
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
                named += self.effects(of: event, recorded, in: state)
            } catch .unreadable(let unreadable, let position) {
                return (
                    named, Stop(position: recorded.position, reason: "the event at position \(position): \(unreadable)")
                )
            } catch .archived(let upTo) {
                return (named, Stop(position: recorded.position, archivedUpTo: upTo))
            }
        }
        return (named, nil)
    }

    /// The effects of one event, each with an id that a repetition gives again.
    private func effects(
        of event: DeploymentEvent, _ recorded: RecordedEvent, in state: Deployment.State
    ) -> [NewEffect] {
        DeploymentProcess.react(to: event, in: state).enumerated().map { index, effect in
            let delaySeconds = patience.scaled(seconds: effect.delaySeconds)
            return NewEffect(
                id: "\(recorded.stream)/\(recorded.streamVersion)/\(index)", stream: recorded.stream,
                payload: effect.payload, due: recorded.recordedAt + .seconds(delaySeconds),
                delaySeconds: delaySeconds, target: EffectTarget(of: effect, in: state))
        }
    }
}
