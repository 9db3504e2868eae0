/// Facts about one cluster.
package enum ClusterEvent: Equatable, Sendable {
    case registered(Cluster.Description)
    case cordoned(ClusterCordoned)
    case uncordoned
    case retired(ClusterRetired)
}

/// No new deployment goes to the cluster; what runs there goes on running.
package struct ClusterCordoned: Codable, Equatable, Sendable {
    package let reason: String

    package init(reason: String) { self.reason = reason }
}

/// The cluster is gone for good.
package struct ClusterRetired: Codable, Equatable, Sendable {
    package let reason: String

    package init(reason: String) { self.reason = reason }
}
