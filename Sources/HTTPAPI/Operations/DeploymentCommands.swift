import Application
import Domain
import EventSourcing
import HTTPTypes

extension Backend {
    var deploymentCommands: [Operation] { releaseCommands + endingCommands }

    private var releaseCommands: [Operation] {
        [
            .command(
                "requestDeployment", .post, "/api/v1/deployments", .deployments, "Deploy an application",
                role: .deployer,
                body: .init(schema: "DeploymentRequest", example: Operation.Body.deploymentExample), success: .begun
            ) { call in
                .begun(
                    try await commands.requestDeployment(
                        try call.deploymentOrder(), plan: call.body["plan"]?.string, try call.context()))
            },
            .command(
                "changeDeployment", .post, "/api/v1/deployments/{deployment}/releases", .deployments,
                "Request another release", "Another size, other parameters or another version of the template.",
                role: .deployer, parameters: [.deployment],
                body: .init(schema: "ReleaseRequest", example: ["templateVersion": "1.1.0"]), success: .begun
            ) { call in
                .begun(
                    try await commands.changeDeployment(
                        call.id("deployment", of: Deployment.self), call.releaseOrder(),
                        plan: call.body["plan"]?.string, try call.context()))
            },
            .command(
                "retryDeployment", .post, "/api/v1/deployments/{deployment}/retry", .deployments,
                "Retry what has failed",
                "A release that is held goes on where it failed; another is requested anew; an incomplete compensation goes on.",
                role: .deployer, parameters: [.deployment], success: .begun
            ) { call in
                .begun(
                    try await commands.retryDeployment(call.id("deployment", of: Deployment.self), try call.context()))
            },
            .command(
                "rollBackDeployment", .post, "/api/v1/deployments/{deployment}/rollback", .deployments,
                "Roll back to an earlier release", "Makes a new release of what that one was made of.",
                role: .deployer, parameters: [.deployment], body: .init(schema: "Rollback", example: ["release": 1]),
                success: .begun
            ) { call in
                .begun(
                    try await commands.rollBackDeployment(
                        call.id("deployment", of: Deployment.self), to: try call.releaseNumber(), try call.context()))
            },
        ]
    }

    private var endingCommands: [Operation] {
        [
            .command(
                "cancelDeployment", .post, "/api/v1/deployments/{deployment}/cancel", .deployments,
                "Cancel the release that is under way", "What it made is taken back.", role: .deployer,
                parameters: [.deployment], body: .reason("wrong parameters"), success: .begun
            ) { call in
                .begun(
                    try await commands.cancelDeployment(
                        call.id("deployment", of: Deployment.self), reason: try call.text("reason"),
                        try call.context()))
            },
            .command(
                "decommissionDeployment", .post, "/api/v1/deployments/{deployment}/decommission", .deployments,
                "Take a deployment away",
                """
                Its files and its bucket stay where they are. With `removeData`, which only an administrator may ask for, they go \
                too once the time is over in which `withdrawDataRemoval` undoes that.
                """, role: .deployer,
                parameters: [.deployment],
                body: .init(
                    schema: "Decommission", example: ["removeData": false, "reason": "the project has ended"]),
                success: .begun
            ) { call in
                .begun(
                    try await commands.decommissionDeployment(
                        call.id("deployment", of: Deployment.self), removeData: call.body["removeData"]?.bool ?? false,
                        reason: try call.text("reason"), try call.context()))
            },
            .command(
                "scheduleDataRemoval", .post, "/api/v1/deployments/{deployment}/data-removal", .deployments,
                "Have the data removed that a decommission keeps",
                "For good, once the time is over in which `withdrawDataRemoval` undoes it.", role: .admin,
                parameters: [.deployment], body: .reason("the customer asked for it, ticket 4711"), success: .begun
            ) { call in
                .begun(
                    try await commands.scheduleDataRemoval(
                        call.id("deployment", of: Deployment.self), reason: try call.text("reason"),
                        try call.context()))
            },
            .command(
                "withdrawDataRemoval", .post, "/api/v1/deployments/{deployment}/data-removal/withdraw", .deployments,
                "Keep the data after all", "Until the removal begins, by whoever may deploy.", role: .deployer,
                parameters: [.deployment], body: .reason("the customer came back")
            ) { call in
                .receipt(
                    try await commands.withdrawDataRemoval(
                        call.id("deployment", of: Deployment.self), reason: try call.text("reason"),
                        try call.context()))
            },
        ]
    }
}

extension Reply {
    static func begun(_ receipt: CommandReceipt) -> Reply {
        .receipt(receipt, .begun, at: "/api/v1/deployments/\(receipt.stream.id)")
    }
}

extension Operation.Body {
    static let deploymentExample: JSONValue = [
        "customer": "acme", "name": "shop", "environment": "production", "size": "small", "template": "odoo",
        "templateVersion": "1.0.0", "parameters": ["edition": "community"],
    ]
}

extension Call {
    func releaseOrder() -> ReleaseOrder {
        ReleaseOrder(
            size: body["size"]?.string.flatMap(Size.init(rawValue:)), templateVersion: body["templateVersion"]?.string,
            parameters: body["parameters"], supersedes: body["supersede"]?.bool ?? false, onFailure: onFailure)
    }

    private var onFailure: OnFailure {
        body["onFailure"]?.string.flatMap(OnFailure.init(rawValue:)) ?? .compensate
    }

    func releaseNumber() throws(Problem) -> Int {
        guard let release = body["release"]?.integer else { throw .unexpected(reason: "no release") }
        return Int(release)
    }

    func deploymentOrder() throws(Problem) -> DeploymentOrder {
        guard let environment = Environment(rawValue: try text("environment")),
            let size = Size(rawValue: try text("size"))
        else { throw .unexpected(reason: "the schema lets a size or environment pass that does not exist") }
        var order = DeploymentOrder(
            customer: ID(try text("customer")), name: try text("name"), environment: environment, size: size,
            template: ID(try text("template")), templateVersion: try text("templateVersion"),
            cluster: body["cluster"]?.string.map { ID($0) }, domain: body["domain"]?.string,
            parameters: body["parameters"] ?? [:])
        order.onFailure = onFailure
        return order
    }
}
