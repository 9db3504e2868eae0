package import EventSourcing

/// Facts about one customer.
package enum CustomerEvent: Equatable, Sendable {
    case created(Customer.Details)
    case detailsChanged(Customer.Details)
    case routed(CustomerRouted)
    case suspended(CustomerSuspended)
    case reinstated
    case removed(CustomerRemoved)
}

/// New deployments of the customer go to this cluster unless they name another.
package struct CustomerRouted: Codable, Equatable, Sendable {
    package let cluster: ID<Cluster>

    package init(cluster: ID<Cluster>) { self.cluster = cluster }
}

/// The customer may not deploy until it is reinstated; what runs goes on running.
package struct CustomerSuspended: Codable, Equatable, Sendable {
    package let reason: String

    package init(reason: String) { self.reason = reason }
}

/// The customer is gone for good.
package struct CustomerRemoved: Codable, Equatable, Sendable {
    package let reason: String

    package init(reason: String) { self.reason = reason }
}

/// The payload of a fact that says everything by its name.
package struct Nothing: Codable, Equatable, Sendable {
    package init() {}
}
