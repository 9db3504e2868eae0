package import Domain
package import EventSourcing

/// What is there and what should be, side by side: pure.
package struct OrphanComparison: Equatable, Sendable {
    /// What is there and wanted by nobody, by kind and name.
    package let orphans: [OrphanItem]
    /// What is on record and not there.
    package let missing: [MissingItem]

    /// Of the kinds in `read` everything that is there is in `found`; of others nothing is said.
    package init(
        found: [FoundResource], read: Set<ResourceKind>, deployments: [ID<Deployment>: Deployment.State]
    ) {
        orphans = found.compactMap { resource in
            Self.finding(resource, deployments).map { OrphanItem(resource, $0) }
        }.sorted { $0.id.rawValue < $1.id.rawValue }
        let there = Set(found.map(\.id))
        missing = deployments.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { id, state in
            ResourceKind.allCases.compactMap { kind in
                guard read.contains(kind), !state.isInFlight(kind), let record = state.onRecord(kind, of: id),
                    !there.contains(kind.id(of: record.identity))
                else { return nil }
                return MissingItem(kind: kind, identity: record.identity, deployment: id, release: record.release)
            }
        }
    }

    /// Why nobody wants it; nil for what is wanted, is worked on, or is not ours.
    package static func finding(
        _ resource: FoundResource, _ deployments: [ID<Deployment>: Deployment.State]
    ) -> (finding: OrphanFinding, marks: OwnershipMarks)? {
        guard let marks = resource.marks else { return nil }
        let id = ID<Deployment>(marks.deployment)
        guard let state = deployments[id], state.phase != .unknown else { return (.unknownDeployment, marks) }
        let record = state.onRecord(resource.kind, of: id)
        if record?.identity == resource.identity || state.isInFlight(resource.kind) { return nil }
        if state.hasEnded { return (.deploymentEnded, marks) }
        if let record, let release = marks.release, release < record.release { return (.olderRelease, marks) }
        return (.notOnRecord, marks)
    }
}

/// Something that is there and wanted by nobody.
package struct OrphanItem: Encodable, Equatable, Sendable {
    package let id: ID<FoundResource>
    package let system: String
    package let kind: ResourceKind
    package let identity: String
    package let container: String
    package let deployment: String
    package let customer: String?
    package let release: Int?
    package let finding: OrphanFinding
    package let explanation: String
    package let holdsData: Bool

    init(_ resource: FoundResource, _ found: (finding: OrphanFinding, marks: OwnershipMarks)) {
        id = resource.id
        system = resource.kind.system
        kind = resource.kind
        identity = resource.identity
        container = resource.container
        deployment = found.marks.deployment
        customer = found.marks.customer
        release = found.marks.release
        finding = found.finding
        holdsData = resource.kind.holdsData
        let owner = found.marks.deployment
        explanation =
            switch found.finding {
            case .unknownDeployment: "It names a deployment \(owner) that no event tells of."
            case .deploymentEnded: "The deployment \(owner) has ended and does not keep it."
            case .olderRelease: "The deployment \(owner) has another one in its place, of a later release."
            case .notOnRecord: "No event of the deployment \(owner) tells that it is there."
            }
    }
}

/// Something that is on record and not there.
package struct MissingItem: Encodable, Equatable, Sendable {
    package let id: ID<FoundResource>
    package let system: String
    package let kind: ResourceKind
    package let identity: String
    package let deployment: String
    package let release: Int

    package init(kind: ResourceKind, identity: String, deployment: ID<Deployment>, release: Int) {
        id = kind.id(of: identity)
        system = kind.system
        self.kind = kind
        self.identity = identity
        self.deployment = deployment.rawValue
        self.release = release
    }
}
