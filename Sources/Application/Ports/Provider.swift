/// How far one call to the outside got: done, or to be asked again later.
package enum Progress<Value: Sendable & Equatable>: Sendable, Equatable {
    case done(Value)
    /// Not an error: the other side is still at it. `continuation` comes back with the next call.
    case pending(observation: String, continuation: String?, pollAfter: Duration)
}

/// What to do after a call to the outside did not succeed. Texts name no secret.
package enum ProviderError: Error, Equatable, Sendable {
    /// Not possible now, for a reason of this one thing's: try it again, not before `after` if the other side named a time.
    case retryable(reason: String, after: Duration?)
    /// The other side has had enough of all of us: nobody asks it before `after`, or for a while where it named no time.
    case throttled(reason: String, after: Duration?)
    /// The other side is broken or cannot be reached, for whatever is asked: try again, and do not let everybody find out.
    case unavailable(reason: String, after: Duration?)
    /// Repeating will not help: the request, the rights or the other side's state must change.
    case refused(reason: String)
}

extension ProviderError {
    package var reason: String {
        switch self {
        case .retryable(let reason, _), .throttled(let reason, _), .unavailable(let reason, _), .refused(let reason):
            reason
        }
    }

    /// When to try again at the earliest, where the other side named a time.
    package var after: Duration? {
        switch self {
        case .retryable(_, let after), .throttled(_, let after), .unavailable(_, let after): after
        case .refused: nil
        }
    }

    /// Whether another try may go better.
    package var isPassing: Bool { if case .refused = self { false } else { true } }
}

/// Proof that something is gone: what was read, and what it answered.
package struct Absence: Codable, Equatable, Sendable {
    package let evidence: String

    package init(_ evidence: String) { self.evidence = evidence }
}

/// Written on everything that is made outside, so that it can be told who made it and why.
package struct Ownership: Hashable, Sendable {
    package let deployment: String
    package let customer: String
    package let release: Int

    package init(deployment: String, customer: String, release: Int) {
        self.deployment = deployment
        self.customer = customer
        self.release = release
    }

    package static let customerKey = "deploycenter:customer"
    package static let deploymentKey = "deploycenter:deployment"
    package static let releaseKey = "deploycenter:release"

    /// The same for AWS tags, Kubernetes-like labels excepted.
    package var tags: [(key: String, value: String)] {
        [
            (Self.customerKey, customer), (Self.deploymentKey, deployment), (Self.releaseKey, String(release)),
        ]
    }
}

/// What something outside says about whose it is. What was made long ago, or changed by others, may say less than is written now.
package struct OwnershipMarks: Codable, Hashable, Sendable {
    package let deployment: String
    package let customer: String?
    package let release: Int?

    package init(deployment: String, customer: String?, release: Int?) {
        self.deployment = deployment
        self.customer = customer
        self.release = release
    }

    /// nil where there is no tag of ours.
    package init?(tags: [String: String]) {
        guard let deployment = tags[Ownership.deploymentKey] else { return nil }
        self.init(
            deployment: deployment, customer: tags[Ownership.customerKey],
            release: tags[Ownership.releaseKey].flatMap { Int($0) })
    }
}
