import EventSourcing

/// A Kubernetes cluster that applications can be deployed to, with the AWS things that belong to it.
package enum Cluster: Decider {
    package enum State: Equatable, Sendable {
        case unknown
        case open(Description)
        case cordoned(Description)
        case retired
    }

    /// Everything that a deployment must know of the cluster it goes to.
    package struct Description: Codable, Equatable, Sendable {
        /// The cluster's name or API server URL in Argo CD.
        package let destination: String
        package let region: String
        /// EFS file system on which access points are made.
        package let fileSystem: String
        /// Route 53 hosted zone and the domain that it serves, without the dot at the end.
        package let hostedZone: String
        package let zoneDomain: String
        /// DNS name of the load balancer to which applications' names point.
        package let ingressHostname: String
        package let labels: [String: String]

        package init(
            destination: String, region: String, fileSystem: String, hostedZone: String, zoneDomain: String,
            ingressHostname: String, labels: [String: String] = [:]
        ) {
            self.destination = destination
            self.region = region
            self.fileSystem = fileSystem
            self.hostedZone = hostedZone
            self.zoneDomain = zoneDomain
            self.ingressHostname = ingressHostname
            self.labels = labels
        }
    }

    package enum Command: Equatable, Sendable {
        case register(Description)
        case cordon(reason: String)
        case uncordon
        case retire(reason: String)
    }

    package enum Rejection: Error, Equatable, Sendable {
        case unknown
        case alreadyRegistered
        case isRetired
    }

    package static let initialState = State.unknown

    package static func decide(_ command: Command, in state: State) throws(Rejection) -> [ClusterEvent] {
        switch (command, state) {
        case (.register(let description), .unknown): [.registered(description)]
        case (.register(let description), .open(let current)) where description == current: []
        case (.register, .open), (.register, .cordoned): throw .alreadyRegistered

        case (_, .unknown): throw .unknown
        case (.retire, .retired): []
        case (_, .retired): throw .isRetired

        case (.cordon(let reason), .open): [.cordoned(.init(reason: reason))]
        case (.cordon, .cordoned), (.uncordon, .open): []
        case (.uncordon, .cordoned): [.uncordoned]

        case (.retire(let reason), .open), (.retire(let reason), .cordoned): [.retired(.init(reason: reason))]
        }
    }

    package static func evolve(_ state: inout State, with event: ClusterEvent) {
        switch (event, state) {
        case (.registered(let description), _): state = .open(description)
        case (.cordoned, .open(let description)): state = .cordoned(description)
        case (.uncordoned, .cordoned(let description)): state = .open(description)
        case (.retired, _): state = .retired
        case (.cordoned, _), (.uncordoned, _): break  // No decision leads here.
        }
    }
}
