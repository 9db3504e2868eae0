package import EventSourcing

/// Facts about one domain name.
package enum DomainNameEvent: Equatable, Sendable {
    case claimed(DomainNameClaimed)
    case released(DomainNameReleased)
}

/// The name belongs to this deployment from now on.
package struct DomainNameClaimed: Codable, Equatable, Sendable {
    package let deployment: ID<Deployment>

    package init(deployment: ID<Deployment>) { self.deployment = deployment }
}

/// The deployment does not need the name any more.
package struct DomainNameReleased: Codable, Equatable, Sendable {
    package let deployment: ID<Deployment>

    package init(deployment: ID<Deployment>) { self.deployment = deployment }
}
