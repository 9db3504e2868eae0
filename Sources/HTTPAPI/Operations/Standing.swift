import Application
import EventSourcing
import Metrics

/// How the log and all that follows it are doing, for readiness and metrics.
struct Standing: Sendable {
    let head: Position
    let followers: [Follower]
    let notary: AuditStatus
    /// How the outside systems are; one that is out of order stops nobody here.
    let circuits: [CircuitStatus]
    let parked: Int

    /// A subscription, or a view that is still to become one.
    struct Follower: Sendable {
        let name: String
        let state: State
        let position: Position
        let lag: Int64
        let failedAt: Position?
        /// Whether it can be asked, if it is a view.
        var isServed = true

        enum State: String, CaseIterable, Sendable {
            case live, catchingUp, failed
            /// A view is built for the first time: nothing of it can be asked yet.
            case building
        }
    }

    init(
        head: Position, subscriptions: [SubscriptionStatus], views: [ProjectionStatus], notary: AuditStatus,
        circuits: [CircuitStatus], parked: Int
    ) {
        self.circuits = circuits
        self.parked = parked
        self.head = head
        self.notary = notary
        let unserved = views.filter { $0.generation == nil }
        followers = unserved.map(Follower.init) + subscriptions.map(Follower.init)
    }

    /// Everything can be asked, and nothing stands still.
    var isWell: Bool {
        followers.allSatisfy { $0.state != .failed && $0.state != .building } && notary.alarm == nil
    }
}

extension Standing.Follower {
    fileprivate init(_ status: SubscriptionStatus) {
        let state: State =
            switch status.state {
            case .live: .live
            case .catchingUp: .catchingUp
            case .failed: .failed
            }
        self.init(
            name: status.name, state: state, position: status.position, lag: status.lag,
            failedAt: status.failure?.position)
    }

    fileprivate init(_ view: ProjectionStatus) {
        self.init(
            name: "projection:\(view.view)", state: view.state == .failed ? .failed : .building,
            position: view.position, lag: view.lag, failedAt: view.failure?.position, isServed: false)
    }
}

extension Backend {
    /// Asked for when the metrics are, so that every replica says the same, and nothing of what is gone.
    func followerMetrics() async -> [UInt8] {
        let registry = PrometheusRegistry()
        func record(_ label: String, _ value: some BinaryInteger, _ dimensions: [(String, String)] = []) {
            Gauge(label: label, dimensions: dimensions, factory: registry).record(value)
        }
        do {
            let standing = try await standing()
            record("store.reachable", 1)
            record("log.head.position", standing.head.rawValue)
            record("log.signed.tree.size", standing.notary.treeSize)
            record("log.alarm", standing.notary.alarm == nil ? 0 : 1)
            record("process.parked.streams", standing.parked)
            for circuit in standing.circuits {
                let dimensions = [("circuit", circuit.circuit)]
                record("circuit.passing", circuit.isPassing ? 1 : 0, dimensions)
                record("circuit.effects.waiting", circuit.waiting, dimensions)
                record("circuit.effects.working", circuit.working, dimensions)
            }
            for (witness, size) in standing.notary.witnessed {
                record("log.witnessed.tree.size", size, [("witness", witness)])
            }
            for follower in standing.followers {
                let dimensions = [("subscription", follower.name)]
                record("subscription.position", follower.position.rawValue, dimensions)
                record("subscription.lag.events", follower.lag, dimensions)
                record("subscription.failed", follower.state == .failed ? 1 : 0, dimensions)
                guard follower.name.hasPrefix("projection:") else { continue }
                let view = String(follower.name.dropFirst("projection:".count))
                record("view.served", follower.isServed ? 1 : 0, [("view", view)])
            }
            await recordStuck { record($0, $1, $2) }
        } catch {
            // What this process counts itself is worth an answer all the same.
            record("store.reachable", 0)
        }
        return registry.exposition()
    }
}
