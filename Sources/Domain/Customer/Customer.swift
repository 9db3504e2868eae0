package import EventSourcing

/// A company or department for which applications are deployed: who it is, where its applications go, whether it may deploy.
package enum Customer: Decider {
    package enum State: Equatable, Sendable {
        case unknown
        case active(Details, route: ID<Cluster>?)
        case suspended(Details, route: ID<Cluster>?)
        case removed
    }

    /// What people know a customer by.
    package struct Details: Codable, Equatable, Sendable {
        package let name: String
        package let contactName: String?
        package let contactEmail: String?
        /// How much the customer means, in the company's own words: `gold`. Absent in events from before there were tiers.
        package let tier: String?

        /// What is about the contact and not about the customer.
        static let personal = ["contactName", "contactEmail"]

        package init(name: String, contactName: String? = nil, contactEmail: String? = nil, tier: String? = nil) {
            self.name = name
            self.contactName = contactName
            self.contactEmail = contactEmail
            self.tier = tier
        }
    }

    package enum Command: Equatable, Sendable {
        case create(Details)
        case changeDetails(Details)
        case route(to: ID<Cluster>)
        case suspend(reason: String)
        case reinstate
        case remove(reason: String)
    }

    package enum Rejection: Error, Equatable, Sendable {
        case unknown
        case alreadyExists
        case isSuspended
        case isRemoved
    }

    package static let initialState = State.unknown

    package static func decide(_ command: Command, in state: State) throws(Rejection) -> [CustomerEvent] {
        switch (command, state) {
        case (.create(let details), .unknown): [.created(details)]
        case (.create(let details), .active(let current, _)) where details == current: []
        case (.create, .active), (.create, .suspended): throw .alreadyExists

        case (_, .unknown): throw .unknown
        case (.remove, .removed): []
        case (_, .removed): throw .isRemoved

        case (.changeDetails(let details), .active(let current, _)),
            (.changeDetails(let details), .suspended(let current, _)):
            details == current ? [] : [.detailsChanged(details)]

        case (.route(let cluster), .active(_, let current)):
            cluster == current ? [] : [.routed(.init(cluster: cluster))]
        case (.route, .suspended): throw .isSuspended

        case (.suspend(let reason), .active): [.suspended(.init(reason: reason))]
        case (.suspend, .suspended), (.reinstate, .active): []
        case (.reinstate, .suspended): [.reinstated]

        case (.remove(let reason), .active), (.remove(let reason), .suspended): [.removed(.init(reason: reason))]
        }
    }

    package static func evolve(_ state: inout State, with event: CustomerEvent) {
        switch (event, state) {
        case (.created(let details), _): state = .active(details, route: nil)
        case (.detailsChanged(let details), .active(_, let route)): state = .active(details, route: route)
        case (.detailsChanged(let details), .suspended(_, let route)): state = .suspended(details, route: route)
        case (.routed(let fact), .active(let details, _)): state = .active(details, route: fact.cluster)
        case (.suspended, .active(let details, let route)): state = .suspended(details, route: route)
        case (.reinstated, .suspended(let details, let route)): state = .active(details, route: route)
        case (.removed, _): state = .removed
        case (.detailsChanged, _), (.routed, _), (.suspended, _), (.reinstated, _): break  // No decision leads here.
        }
    }
}
