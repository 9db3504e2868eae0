import Domain
package import EventSourcing
import Metrics
package import ProcessManagers
import Synchronization

/// Feeds the log to the deployment process and stores the effects that it names, in the same transaction as how far it got.
package struct DeploymentReactor: Sendable {
    package static let process = "deployment"

    let events: any EventStore
    let effects: any EffectStore
    let patience: Patience
    /// The parked streams that this build cannot handle either.
    private let hopeless = HopelessStreams()
    /// As they were when it last read them: it reads each event once.
    private let known = KnownDeployments()

    package init(events: any EventStore, effects: any EffectStore, patience: Patience = .standard) {
        self.events = events
        self.effects = effects
        self.patience = patience
    }

    /// Reacts to everything up to the head of the log. Several replicas may do so at once: one of them wins each page.
    ///
    /// A stream with an event that this build cannot read is parked there: the process goes on with the others, and what it named
    /// before goes on too. A replica of a newer build takes the stream back as soon as it sees it. Only events that are not in the log
    /// any more stop the process; it answers where that is, and notes it until somebody has gone past it.
    @discardableResult
    package func catchUp(pageSize: Int = 200) async throws(EventStoreError) -> Position? {
        while true {
            let standing = try await effects.standing(of: Self.process)
            let from = standing.checkpoint
            tell(isFailed: standing.failure != nil)
            let parked = try await takeBack(standing.parked, at: from)
            Gauge(label: "deploycenter_parked_streams", dimensions: [("process", Self.process)]).record(parked.count)
            let page: [RecordedEvent]
            do throws(EventStoreError) {
                page = try await events.events(after: from, categories: ["deployment"], limit: pageSize)
            } catch .archived(let upTo) {
                return try await stop(Stop(position: Position(from.rawValue + 1), archivedUpTo: upTo))
            }
            guard let last = page.last else {
                // What was noted before this reading is in the way no longer, and nothing is left to go past it with.
                if let position = standing.failure?.position, position > from {
                    _ = try await effects.advance(Self.process, from: from, to: position, adding: [])
                }
                return nil
            }
            var reading = Reading(skipping: Set(parked.map(\.stream)))
            try await read(page, &reading)
            let end = reading.stop.map { Position($0.position.rawValue - 1) } ?? last.position
            if end > from {
                _ = try await effects.advance(Self.process, reading.advance(from: from, to: end))
            }
            if let stopped = reading.stop { return try await stop(stopped) }
            // A page that was not full was the last: what came since comes with the next wake-up.
            guard page.count == pageSize else { return nil }
        }
    }

    /// Tries a parked stream again, whatever this build made of it before; false if it is parked still.
    package func resume(_ stream: StreamName) async throws(EventStoreError) -> Bool {
        for _ in 1...Self.conflictsMax {
            guard let parked = try await effects.parked(by: Self.process).first(where: { $0.stream == stream }) else {
                return true
            }
            let checkpoint = try await effects.checkpoint(of: Self.process)
            switch try await resume(parked, at: checkpoint) {
            case .resumed: return true
            case .parked: return false
            case .outdated: continue
            }
        }
        throw .unavailable(reason: "the process moves on too fast to take \(stream) back")
    }

    static let conflictsMax = 50

    private enum Resumption { case resumed, parked, outdated }

    /// Takes back the streams that this build can handle, and answers the others.
    private func takeBack(
        _ parked: [ParkedStream], at checkpoint: Position
    ) async throws(EventStoreError) -> [ParkedStream] {
        var rest: [ParkedStream] = []
        for one in parked {
            // Another replica may be faster in going on or in taking back: the next turn sees what is parked then.
            if !hopeless.contains(one), try await resume(one, at: checkpoint) == .resumed { continue }
            rest.append(one)
        }
        return rest
    }

    private func resume(
        _ parked: ParkedStream, at checkpoint: Position
    ) async throws(EventStoreError) -> Resumption {
        var reading = Reading(skipping: [])
        let owed = try await events.events(of: parked.stream, from: parked.version)
        try await read(owed.filter { $0.position <= checkpoint }, &reading)
        guard reading.parking.isEmpty, reading.stop == nil else {
            hopeless.insert(parked)
            return .parked
        }
        return try await effects.resume(parked, of: Self.process, at: checkpoint, adding: reading.named)
            ? .resumed : .outdated
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

    /// What some events come to.
    private struct Reading {
        let skipping: Set<StreamName>
        var named: [NewEffect] = []
        var parking: [StreamName: ParkedStream] = [:]
        var skipped: Set<StreamName> = []
        var ended: Set<StreamName> = []
        var stop: Stop?

        init(skipping: Set<StreamName>) { self.skipping = skipping }

        func advance(from: Position, to: Position) -> ProcessAdvance {
            var advance = ProcessAdvance(from: from, to: to, effects: named)
            advance.parking = parking.values.sorted { $0.position < $1.position }
            advance.skipping = skipped
            advance.hastening = ended
            return advance
        }
    }

    /// Reads a page up to the first event that is not in the log any more.
    private func read(_ page: [RecordedEvent], _ reading: inout Reading) async throws(EventStoreError) {
        for recorded in page where reading.parking[recorded.stream] == nil {
            guard !reading.skipping.contains(recorded.stream) else {
                reading.skipped.insert(recorded.stream)
                continue
            }
            do throws(EventStoreError) {
                try await read(recorded, &reading)
            } catch .unreadable(let unreadable, let position) {
                reading.parking[recorded.stream] = ParkedStream(
                    stream: recorded.stream, version: recorded.streamVersion, position: recorded.position,
                    reason: "the event at position \(position): \(unreadable)")
            } catch .archived(let upTo) {
                return reading.stop = Stop(position: recorded.position, archivedUpTo: upTo)
            }
        }
    }

    private func read(_ recorded: RecordedEvent, _ reading: inout Reading) async throws(EventStoreError) {
        // What was read here may be ahead, where another replica went on with the page or a stream is taken back.
        let recalled = known.recall(recorded.stream).flatMap { $0.version < recorded.streamVersion ? $0 : nil }
        var deployment = recalled ?? KnownDeployment()
        if deployment.version + 1 < recorded.streamVersion {
            let missing = try await events.events(of: recorded.stream, from: deployment.version + 1)
            for past in missing where past.streamVersion < recorded.streamVersion {
                deployment.take(try DeploymentEvent(past), past.id, past.metadata)
            }
        }
        let event = try DeploymentEvent(recorded)
        let before = deployment.state
        deployment.take(event, recorded.id, recorded.metadata)
        known.keep(deployment, of: recorded.stream)
        let state = deployment.state
        reading.named += effects(of: event, recorded, in: state)
        // What was to be done has nothing more to do, and what watched its deadlines nothing more to watch.
        if (before.isProvisioning && !state.isProvisioning) || (before.isUndoing && !state.isUndoing) {
            reading.ended.insert(recorded.stream)
        }
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

/// The parked streams that were tried in vain since this process began: a newer build, or an operator, tries them anew.
private final class HopelessStreams: Sendable {
    private let streams = Mutex<Set<ParkedStream>>([])

    func contains(_ stream: ParkedStream) -> Bool { streams.withLock { $0.contains(stream) } }
    func insert(_ stream: ParkedStream) { streams.withLock { _ = $0.insert(stream) } }
}
