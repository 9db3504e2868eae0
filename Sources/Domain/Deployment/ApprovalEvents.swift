package import EventSourcing

/// A release is wanted that somebody else has to approve first: nothing is made for it until then.
package struct ApprovalRequested: Codable, Equatable, Sendable {
    /// The number that the release will have, or would have had.
    package let number: Int
    package let cause: ReleaseRequested.Cause
    /// As in ``ReleaseRequested``.
    package let of: Int?
    package let release: Release
    package let requestedBy: Actor
    /// What was planned, and is to be approved: `sha256:…`.
    package let digest: String
    /// The part of the policy that asks for the approval: `environment=production`.
    package let rule: String
    package let expiresAt: Timestamp
    /// From the request until `expiresAt`.
    package let validSeconds: Int

    package init(_ request: ReleaseRequested, _ terms: ApprovalTerms) {
        number = request.number
        cause = request.cause
        of = request.of
        release = request.release
        requestedBy = request.requestedBy
        digest = terms.digest
        rule = terms.rule
        expiresAt = terms.expiresAt
        validSeconds = terms.validSeconds
    }

    /// The request that an approval makes of it.
    package var request: ReleaseRequested {
        ReleaseRequested(number: number, cause: cause, of: of, release: release, requestedBy: requestedBy)
    }
}

/// What an approval is about, why it is asked for, and until when.
package struct ApprovalTerms: Equatable, Sendable {
    package let digest: String
    package let rule: String
    package let expiresAt: Timestamp
    package let validSeconds: Int

    package init(digest: String, rule: String, expiresAt: Timestamp, validSeconds: Int) {
        self.digest = digest
        self.rule = rule
        self.expiresAt = expiresAt
        self.validSeconds = validSeconds
    }
}

/// Somebody else than the one who asked wants the release too.
package struct ReleaseApproved: Codable, Equatable, Sendable {
    package let number: Int
    package let digest: String
    package let approvedBy: Actor
    package let reason: String

    package init(number: Int, digest: String, approvedBy: Actor, reason: String) {
        self.number = number
        self.digest = digest
        self.approvedBy = approvedBy
        self.reason = reason
    }
}

/// Somebody else than the one who asked does not want the release.
package struct ReleaseRejected: Codable, Equatable, Sendable {
    package let number: Int
    package let rejectedBy: Actor
    package let reason: String

    package init(number: Int, rejectedBy: Actor, reason: String) {
        self.number = number
        self.rejectedBy = rejectedBy
        self.reason = reason
    }
}

/// The release is not wanted any more, before anybody decided.
package struct ApprovalWithdrawn: Codable, Equatable, Sendable {
    package let number: Int
    package let withdrawnBy: Actor
    package let reason: String

    package init(number: Int, withdrawnBy: Actor, reason: String) {
        self.number = number
        self.withdrawnBy = withdrawnBy
        self.reason = reason
    }
}

/// Nobody decided in time.
package struct ApprovalExpired: Codable, Equatable, Sendable {
    package let number: Int

    package init(number: Int) { self.number = number }
}
