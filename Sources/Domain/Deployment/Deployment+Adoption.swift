extension Deployment {
    /// Puts something on record that is there, bears the deployment's name, and was not on record: the next release uses it, and a
    /// decommission that removes data removes it. Only of what holds data: anything else is better removed and made anew.
    static func decideAdoption(_ wanted: ResourceAdopted, in state: State) throws(Rejection) -> [DeploymentEvent] {
        switch state.phase {
        case .live, .failed, .cancelled, .decommissioned: break
        case .held: throw .releaseHeld(state.run.number)
        case .unknown: throw .unknown
        case .compensationIncomplete, .decommissionIncomplete: throw .compensationIncomplete(state.remaining)
        case .awaitingApproval, .notApproved, .provisioning, .compensating, .decommissioning:
            throw .releaseInProgress(state.run.number)
        }
        let isElsewhere =
            wanted.kind == .accessPoint && wanted.container != state.lastRelease?.target.fileSystem
        let present: String? =
            switch wanted.kind {
            case .accessPoint: state.resources.accessPoint?.value
            case .bucket: state.resources.bucket?.value
            case .name, .folder, .application: throw .notAdoptable(wanted.kind, instead: nil)
            }
        if present == wanted.identity { return [] }
        if present != nil || isElsewhere { throw .notAdoptable(wanted.kind, instead: present) }
        return [.resourceAdopted(wanted)]
    }

    static func evolveAdopted(_ state: inout State, with fact: ResourceAdopted) {
        switch fact.kind {
        case .accessPoint: state.resources.accessPoint = .init(value: fact.identity, release: fact.number)
        case .bucket: state.resources.bucket = .init(value: fact.identity, release: fact.number)
        case .name, .folder, .application: break
        }
    }
}

/// Something that was there without being on record is the deployment's from now on.
package struct ResourceAdopted: Codable, Equatable, Sendable {
    /// The release that made it, by its mark.
    package let number: Int
    package let kind: ResourceKind
    package let identity: String
    /// File system or region.
    package let container: String
    package let reason: String
    package let adoptedBy: Actor

    package init(
        number: Int, kind: ResourceKind, identity: String, container: String, reason: String, adoptedBy: Actor
    ) {
        self.number = number
        self.kind = kind
        self.identity = identity
        self.container = container
        self.reason = reason
        self.adoptedBy = adoptedBy
    }
}
