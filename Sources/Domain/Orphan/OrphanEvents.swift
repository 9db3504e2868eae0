package import EventSourcing

/// Facts about one thing outside that no deployment wants.
package enum OrphanEvent: Equatable, Sendable {
    case removalRequested(OrphanRemovalRequested)
    case removed(OrphanRemoved)
}

/// Somebody wants it gone.
package struct OrphanRemovalRequested: Codable, Equatable, Sendable {
    package let kind: ResourceKind
    package let identity: String
    /// File system, region, hosted zone, repository or project.
    package let container: String
    /// What it said about whose it was.
    package let deployment: ID<Deployment>
    package let release: Int?
    /// Why nobody wants it, by the events at that time.
    package let finding: OrphanFinding
    /// Whether data may go with it.
    package let withData: Bool
    package let reason: String
    package let requestedBy: Actor

    package init(
        kind: ResourceKind, identity: String, container: String, deployment: ID<Deployment>, release: Int?,
        finding: OrphanFinding, withData: Bool, reason: String, requestedBy: Actor
    ) {
        self.kind = kind
        self.identity = identity
        self.container = container
        self.deployment = deployment
        self.release = release
        self.finding = finding
        self.withData = withData
        self.reason = reason
        self.requestedBy = requestedBy
    }
}

/// It is gone.
package struct OrphanRemoved: Codable, Equatable, Sendable {
    package let deployment: ID<Deployment>
    /// What was read that proves it.
    package let evidence: String

    package init(deployment: ID<Deployment>, evidence: String) {
        self.deployment = deployment
        self.evidence = evidence
    }
}

/// Why something outside is wanted by nobody.
package enum OrphanFinding: String, Codable, CaseIterable, Sendable {
    /// No event tells of the deployment that it names.
    case unknownDeployment = "unknown_deployment"
    /// The deployment has ended, and this is not what it keeps.
    case deploymentEnded = "deployment_ended"
    /// The deployment has another one in its place, of a later release.
    case olderRelease = "older_release"
    /// The deployment goes on, and no event of it tells of this.
    case notOnRecord = "not_on_record"
}
