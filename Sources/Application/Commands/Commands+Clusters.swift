package import Domain
package import EventSourcing

extension Commands {
    @discardableResult
    package func registerCluster(
        _ id: ID<Cluster>, _ description: Cluster.Description, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(Cluster.self, on: .cluster(id), .register(description), context) { refusal(id, $0) }
    }

    @discardableResult
    package func cordonCluster(
        _ id: ID<Cluster>, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(Cluster.self, on: .cluster(id), .cordon(reason: reason), context) { refusal(id, $0) }
    }

    @discardableResult
    package func uncordonCluster(
        _ id: ID<Cluster>, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(Cluster.self, on: .cluster(id), .uncordon, context) { refusal(id, $0) }
    }

    @discardableResult
    package func retireCluster(
        _ id: ID<Cluster>, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(Cluster.self, on: .cluster(id), .retire(reason: reason), context) { refusal(id, $0) }
    }

    /// The cluster and its stream's version, if it takes new deployments.
    func openCluster(
        _ id: ID<Cluster>
    ) async throws(CommandError) -> (description: Cluster.Description, version: Int) {
        let (state, version) = try await storing { () throws(EventStoreError) in
            try await load(Cluster.self, .cluster(id))
        }
        switch state {
        case .open(let description): return (description, version)
        case .cordoned:
            throw .refused(
                Refusal(
                    .unusable, "cluster.cordoned", "The cluster \(id) is cordoned and takes no new deployments.",
                    whatToDo: "Choose another cluster, or ask an admin to uncordon it."))
        case .unknown: throw .refused(refusal(id, .unknown, asReference: true))
        case .retired: throw .refused(refusal(id, .isRetired, asReference: true))
        }
    }

    /// `asReference` is for a command about something else that only names the cluster.
    func refusal(_ id: ID<Cluster>, _ rejection: Cluster.Rejection, asReference: Bool = false) -> Refusal {
        switch rejection {
        case .unknown:
            Refusal(
                asReference ? .unusable : .notFound, "cluster.unknown", "There is no cluster \(id).",
                whatToDo: "Check the name, or register the cluster first.")
        case .alreadyRegistered:
            Refusal(
                .conflict, "cluster.exists", "There is a cluster \(id) already, with another description.",
                whatToDo: "Choose another name, or retire the existing cluster.")
        case .isRetired:
            Refusal(
                asReference ? .unusable : .conflict, "cluster.retired", "The cluster \(id) is retired.",
                whatToDo: "Choose another cluster: a retired one does not come back.")
        }
    }
}
