package import Domain
package import EventSourcing

/// Says what is there of one kind outside, and whose it says it is.
package protocol Inventory: Sendable {
    var kind: ResourceKind { get }

    /// Everything of this kind in these places that could be ours. What cannot be read is an error: nothing is left out in silence.
    func contents(of places: Set<Place>) async throws(ProviderError) -> [FoundResource]

    /// Whose the thing is, by what only DeployCenter writes; nil if that is not to be found on it.
    func proof(of resource: FoundResource) async throws(ProviderError) -> OwnershipMarks?
}

extension Inventory {
    package func proof(of resource: FoundResource) async throws(ProviderError) -> OwnershipMarks? { resource.marks }
}

/// Where deployments of one cluster have their things in AWS.
package struct Place: Hashable, Sendable {
    package let region: String
    package let fileSystem: String
    package let hostedZone: String

    package init(region: String, fileSystem: String, hostedZone: String) {
        self.region = region
        self.fileSystem = fileSystem
        self.hostedZone = hostedZone
    }

    init(_ cluster: Cluster.Description) {
        self.init(region: cluster.region, fileSystem: cluster.fileSystem, hostedZone: cluster.hostedZone)
    }
}

/// Something that is there, as its system tells it.
package struct FoundResource: Hashable, Sendable {
    package let kind: ResourceKind
    /// What its owner calls it: access point id, bucket, domain name, the deployment's part of a folder, application.
    package let identity: String
    /// File system, region, hosted zone, repository or project.
    package let container: String
    /// nil for what no region has.
    package let region: String?
    /// What it says about whose it is; nil where it says nothing.
    package let marks: OwnershipMarks?
    /// The token that an access point was made with, or the target of a name.
    package let detail: String?

    package init(
        kind: ResourceKind, identity: String, container: String, region: String? = nil, marks: OwnershipMarks?,
        detail: String? = nil
    ) {
        self.kind = kind
        self.identity = identity
        self.container = container
        self.region = region
        self.marks = marks
        self.detail = detail
    }

    /// Tells things of all kinds apart.
    package var id: ID<FoundResource> { kind.id(of: identity) }
}
