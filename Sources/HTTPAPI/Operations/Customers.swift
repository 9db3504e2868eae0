import Application
import Domain
import EventSourcing
import HTTPTypes

extension Backend {
    var customers: [Operation] {
        [
            .list(
                "listCustomers", "/api/v1/customers", .customers, "List customers", schema: "CustomerPage",
                parameters: Parameter.filters(of: .customers)
            ) { try await page(.customers, $0) },
            .item(
                "getCustomer", "/api/v1/customers/{customer}", .customers, "Show a customer", schema: "Customer",
                parameters: [.customer]
            ) { call in
                let id = try call.required("customer")
                return try await row(.customers, key: id, call, missing: .missing("customer", id))
            },
        ]
    }

    var customerCommands: [Operation] {
        [
            .command(
                "createCustomer", .post, "/api/v1/customers", .customers, "Create a customer", role: .deployer,
                body: .init(
                    schema: "CustomerCreation",
                    example: ["id": "acme", "name": "Acme Ltd", "contactEmail": "it@acme.example"]), success: .made
            ) { call in
                let id = ID<Customer>(try call.text("id"))
                let receipt = try await commands.createCustomer(id, try call.customerDetails(), try call.context())
                return .receipt(receipt, .made, at: "/api/v1/customers/\(id)")
            },
            .command(
                "changeCustomerDetails", .put, "/api/v1/customers/{customer}", .customers,
                "Change a customer's details", "The details are replaced as a whole.", role: .deployer,
                parameters: [.customer],
                body: .init(schema: "CustomerDetails", example: ["name": "Acme Group", "contactName": "Ana"])
            ) { call in
                .receipt(
                    try await commands.changeCustomerDetails(
                        call.id("customer", of: Customer.self), try call.customerDetails(), try call.context()))
            },
            .command(
                "routeCustomer", .put, "/api/v1/customers/{customer}/cluster", .customers,
                "Route a customer to a cluster", "Deployments that exist stay where they are.", role: .deployer,
                parameters: [.customer], body: .init(schema: "CustomerRoute", example: ["cluster": "prod-eu-1"])
            ) { call in
                .receipt(
                    try await commands.routeCustomer(
                        call.id("customer", of: Customer.self), to: ID(try call.text("cluster")), try call.context()))
            },
            .command(
                "suspendCustomer", .post, "/api/v1/customers/{customer}/suspend", .customers, "Suspend a customer",
                "It may not deploy until it is reinstated; what runs goes on running.", role: .admin,
                parameters: [.customer], body: .reason("payment is overdue")
            ) { call in
                .receipt(
                    try await commands.suspendCustomer(
                        call.id("customer", of: Customer.self), reason: try call.text("reason"), try call.context()))
            },
            .command(
                "reinstateCustomer", .post, "/api/v1/customers/{customer}/reinstate", .customers,
                "Reinstate a customer", role: .admin, parameters: [.customer]
            ) { call in
                .receipt(
                    try await commands.reinstateCustomer(call.id("customer", of: Customer.self), try call.context()))
            },
            .command(
                "removeCustomer", .post, "/api/v1/customers/{customer}/remove", .customers, "Remove a customer",
                "For good: the id is never used again.", role: .admin, parameters: [.customer],
                body: .reason("the contract has ended")
            ) { call in
                .receipt(
                    try await commands.removeCustomer(
                        call.id("customer", of: Customer.self), reason: try call.text("reason"), try call.context()))
            },
        ]
    }
}

extension Operation.Body {
    static func reason(_ example: String) -> Operation.Body {
        Operation.Body(schema: "Reason", example: ["reason": .string(example)])
    }
}

extension Call {
    fileprivate func customerDetails() throws(Problem) -> Customer.Details {
        Customer.Details(
            name: try text("name"), contactName: body["contactName"]?.string,
            contactEmail: body["contactEmail"]?.string,
            tier: body["tier"]?.string)
    }
}

extension Problem {
    static func missing(_ kind: String, _ id: String) -> Problem {
        Problem(
            .notFound, "\(kind).unknown", "There is no \(kind) \(id.prefix(200)).",
            whatToDo: "Look it up in the list. If it was made a moment ago, send its position as `after`.")
    }
}
