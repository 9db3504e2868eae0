/// Says who sent a bearer token.
package protocol TokenVerification: Sendable {
    /// The person or machine that the token stands for, if its issuer, audience, times, type and signature are right.
    func verify(token: String) async throws(TokenRejection) -> Principal
}

/// Who acts, as the identity provider says it.
package struct Principal: Equatable, Sendable {
    /// The provider's immutable subject.
    package let subject: String
    package let username: String
    package let displayName: String?
    package let roles: Set<Role>

    package init(subject: String, username: String, displayName: String?, roles: Set<Role>) {
        self.subject = subject
        self.username = username
        self.displayName = displayName
        self.roles = roles
    }

    /// An admin may do what a deployer may, and a deployer what a viewer may.
    package func mayAct(as role: Role) -> Bool { roles.contains { $0 >= role } }
}

/// What somebody may do: viewers read, deployers deploy, admins also manage templates, clusters and views.
package enum Role: String, Codable, CaseIterable, Comparable, Sendable {
    case viewer, deployer, admin

    package static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .deployer: 1
        case .admin: 2
        }
    }
}

/// Why a token was not accepted. No case carries the token.
package enum TokenRejection: Error, Equatable, Sendable {
    /// The token is past its time: log in again.
    case expired
    /// The token cannot be trusted or is not meant for us: the reason says which check failed.
    case invalid(reason: String)
    /// The identity provider's keys cannot be had: try again later.
    case issuerUnavailable(reason: String)
}
