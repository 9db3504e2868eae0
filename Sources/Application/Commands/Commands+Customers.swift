package import Domain
package import EventSourcing
import JSONSchema

extension Commands {
    @discardableResult
    package func createCustomer(
        _ id: ID<Customer>, _ details: Customer.Details, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(Customer.self, on: .customer(id), .create(details), context) { refusal(id, $0) }
    }

    @discardableResult
    package func changeCustomerDetails(
        _ id: ID<Customer>, _ details: Customer.Details, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(Customer.self, on: .customer(id), .changeDetails(details), context) { refusal(id, $0) }
    }

    /// Sends the customer's future deployments to a cluster, which must be open.
    @discardableResult
    package func routeCustomer(
        _ id: ID<Customer>, to cluster: ID<Cluster>, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        _ = try await openCluster(cluster)
        return try await run(Customer.self, on: .customer(id), .route(to: cluster), context) { refusal(id, $0) }
    }

    @discardableResult
    package func suspendCustomer(
        _ id: ID<Customer>, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(Customer.self, on: .customer(id), .suspend(reason: reason), context) { refusal(id, $0) }
    }

    @discardableResult
    package func reinstateCustomer(
        _ id: ID<Customer>, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(Customer.self, on: .customer(id), .reinstate, context) { refusal(id, $0) }
    }

    @discardableResult
    package func removeCustomer(
        _ id: ID<Customer>, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(Customer.self, on: .customer(id), .remove(reason: reason), context) { refusal(id, $0) }
    }

    func refusal(_ id: ID<Customer>, _ rejection: Customer.Rejection) -> Refusal {
        switch rejection {
        case .unknown:
            Refusal(
                .notFound, "customer.unknown", "There is no customer \(id).",
                whatToDo: "Check the id, or create the customer first.")
        case .alreadyExists:
            Refusal(
                .conflict, "customer.exists", "There is a customer \(id) already, with other details.",
                whatToDo: "Choose another id, or change the details of the existing customer.")
        case .isSuspended:
            Refusal(
                .conflict, "customer.suspended", "The customer \(id) is suspended.",
                whatToDo: "Ask an admin to reinstate the customer.")
        case .isRemoved:
            Refusal(
                .conflict, "customer.removed", "The customer \(id) was removed.",
                whatToDo: "Create a customer with another id: the id of a removed one is not used again.")
        }
    }
}
