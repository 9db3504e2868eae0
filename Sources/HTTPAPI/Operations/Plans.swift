import Application
import Domain
import EventSourcing
import HTTPTypes

/// What would happen, before it does.
extension Backend {
    var plans: [Operation] {
        [
            planning(
                "planDeployment", "/api/v1/deployments/plan", "Plan a deployment",
                "What `requestDeployment` would do with the same body.", parameters: [],
                body: .init(schema: "DeploymentRequest", example: Operation.Body.deploymentExample)
            ) { call in .request(try call.deploymentOrder()) },
            planning(
                "planChange", "/api/v1/deployments/{deployment}/plan", "Plan another release",
                "What `changeDeployment` would do with the same body.", parameters: [.deployment],
                body: .init(schema: "ReleaseRequest", example: ["templateVersion": "1.1.0"])
            ) { call in .change(try call.id("deployment", of: Deployment.self), call.releaseOrder()) },
            planning(
                "planRollback", "/api/v1/deployments/{deployment}/rollback/plan", "Plan a rollback",
                "What `rollBackDeployment` would do with the same body.", parameters: [.deployment],
                body: .init(schema: "Rollback", example: ["release": 1])
            ) { call in
                .rollBack(try call.id("deployment", of: Deployment.self), to: try call.releaseNumber())
            },
            planning(
                "planDecommission", "/api/v1/deployments/{deployment}/decommission/plan", "Plan a decommission",
                "What `decommissionDeployment` would do with the same body.", parameters: [.deployment],
                body: .init(
                    schema: "Decommission", example: ["removeData": false, "reason": "the project has ended"])
            ) { call in
                .decommission(
                    try call.id("deployment", of: Deployment.self), removeData: call.body["removeData"]?.bool ?? false,
                    reason: try call.text("reason"))
            },
            Operation(
                id: "getPlan", method: .get, path: "/api/v1/plans/{plan}", tag: .deployments, summary: "Show a plan",
                description: "As it was made. It is kept until its time, or that of an approval of it, is over.",
                role: .viewer, parameters: [.plan],
                answer: .init(success: .done, description: "The plan.", content: .json(schema: "DeploymentPlan")),
                problems: [.notFound]
            ) { call in
                Reply(content: .json(Array(try await commands.plan(try call.required("plan")).utf8)))
            },
        ]
    }

    private func planning(
        _ id: String, _ path: PathTemplate, _ summary: String, _ description: String, parameters: [Parameter],
        body: Operation.Body, _ wish: @escaping @Sendable (Call) throws -> DeploymentWish
    ) -> Operation {
        Operation(
            id: id, method: .post, path: path, tag: .deployments, summary: summary,
            description: description
                + " Nothing happens. A request that names the plan's digest is refused if anything has moved since.",
            role: .deployer, parameters: parameters + [.ifMatch], body: body,
            answer: .init(success: .done, description: "The plan.", content: .json(schema: "DeploymentPlan")),
            problems: [.notFound, .conflict, .stale]
        ) { call in
            try .json(encoding: await commands.planDeployment(try wish(call), try call.context()))
        }
    }
}

extension Parameter {
    fileprivate static let plan = Parameter(
        "plan", .path, "The plan's digest.", ["type": "string", "pattern": .string(NamePattern.plan)])
}
