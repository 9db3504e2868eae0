package import EventSourcing

/// Everything that follows the log, in one list: the views and the process managers.
package protocol Subscriptions: Sendable {
    func subscriptions() async throws(SubscriptionError) -> [SubscriptionStatus]

    /// Lets a subscription that stands still try again; `nothingFailed` if it does not.
    func retry(_ name: String) async throws(SubscriptionError)
}

/// How one follower of the log is doing.
package struct SubscriptionStatus: Codable, Equatable, Sendable {
    /// `projection:<view>` or `process:<name>`.
    package let name: String
    package let kind: Kind
    /// Every event up to here has had its effect.
    package let position: Position
    package let lag: Int64
    /// The process that follows now, by its lease; nil if none does, or if replicas take turns.
    package let holder: String?
    package let state: State
    package let failure: SubscriptionFailure?

    package enum Kind: String, Codable, Sendable {
        case view
        case process
    }

    package enum State: String, Codable, Sendable {
        /// It has had every event.
        case live
        case catchingUp
        /// It stands still until somebody mends it: nothing is skipped.
        case failed
    }

    package init(
        name: String, kind: Kind, position: Position, lag: Int64, holder: String?, state: State,
        failure: SubscriptionFailure?
    ) {
        self.name = name
        self.kind = kind
        self.position = position
        self.lag = lag
        self.holder = holder
        self.state = state
        self.failure = failure
    }
}

/// What a subscription cannot get over.
package struct SubscriptionFailure: Codable, Equatable, Sendable {
    /// The event that cannot be handled: everything before it is. Nil if it is not about one event.
    package let position: Position?
    package let reason: String

    package init(position: Position?, reason: String) {
        self.position = position
        self.reason = reason
    }
}

/// What whoever looks after subscriptions must react to.
package enum SubscriptionError: Error, Equatable, Sendable {
    case unknown(String, known: [String])
    /// It follows already.
    case nothingFailed(String)
    case cancelled
    case unavailable(reason: String)
}

extension SubscriptionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknown(let name, let known):
            "there is no subscription \(name); there are \(known.joined(separator: ", "))."
        case .nothingFailed(let name): "\(name) does not stand still."
        case .cancelled: "it was cancelled."
        case .unavailable(let reason): "the database cannot be used now: \(reason)"
        }
    }
}
