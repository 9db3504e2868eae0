import Domain
import EventSourcing
import Synchronization

/// Deployments as they were when last read or written here, so that the next look reads only what came since.
///
/// What is known is a fold of events that are in the log for ever: it can be behind, never wrong. An append on top of it names its version.
final class KnownDeployments: Sendable {
    private let known = Mutex<[StreamName: KnownDeployment]>([:])

    /// Some kilobytes each. More begin anew: what is needed soon is read soon.
    private static let countMax = 2000

    /// The deployment as it is known here; nil if it is not.
    func recall(_ stream: StreamName) -> KnownDeployment? { known.withLock { $0[stream] } }

    /// The deployment as it is now.
    func read(_ stream: StreamName, from events: any EventStore) async throws(EventStoreError) -> KnownDeployment {
        var deployment = recall(stream) ?? KnownDeployment()
        let news = try await events.events(of: stream, from: deployment.version + 1)
        for recorded in news { deployment.take(try DeploymentEvent(recorded), recorded.id, recorded.metadata) }
        keep(deployment, of: stream)
        return deployment
    }

    func keep(_ deployment: KnownDeployment, of stream: StreamName) {
        known.withLock { known in
            // Of two who worked side by side the one who knows more is right.
            if let other = known[stream], other.version >= deployment.version { return }
            if known.count >= Self.countMax { known = [:] }
            known[stream] = deployment
        }
    }
}

/// The fold of a deployment's events, and what of each is needed to say why something is done.
struct KnownDeployment: Sendable {
    private(set) var state = Deployment.initialState
    /// By stream version, from 1 on.
    private var causes: [(id: EventID, correlationID: String)] = []
    /// Who wished what is done now: the last one that is not a process.
    private(set) var requestedBy = "unknown"

    var version: Int { causes.count }

    mutating func take(_ event: DeploymentEvent, _ id: EventID, _ metadata: EventMetadata) {
        Deployment.evolve(&state, with: event)
        causes.append((id, metadata.correlationID))
        // Who approves a release only lets through what somebody else wants.
        if case .requested(let fact) = event {
            requestedBy = fact.requestedBy.subject
        } else if case .intervened = event {
            // Who lends a hand wishes nothing else.
        } else if !metadata.actor.hasPrefix("process:") {
            requestedBy = metadata.actor
        }
    }

    /// The event that an effect's id names; nil if it is of no event here.
    func cause(of effectID: String) -> (id: EventID, correlationID: String)? {
        guard let version = effectID.split(separator: "/").dropFirst().first.flatMap({ Int($0) }),
            causes.indices.contains(version - 1)
        else { return nil }
        return causes[version - 1]
    }
}
