import Application
import Domain
import EventSourcing
import HTTPTypes

extension Backend {
    var deployments: [Operation] {
        [
            .list(
                "listDeployments", "/api/v1/deployments", .deployments, "List deployments", schema: "DeploymentPage",
                parameters: Parameter.filters(of: .deploymentStatus)
            ) { try await page(.deploymentStatus, $0) },
            .item(
                "getDeployment", "/api/v1/deployments/{deployment}", .deployments, "Show a deployment",
                schema: "Deployment", parameters: [.deployment]
            ) { call in
                let id = try call.required("deployment")
                return try withAdvice(
                    try await row(.deploymentStatus, key: id, call, missing: .missing("deployment", id)))
            },
            .list(
                "listDeploymentTimeline", "/api/v1/deployments/{deployment}/timeline", .deployments,
                "Show a deployment's steps", "What was done and taken back, release by release, oldest first.",
                schema: "TimelinePage",
                parameters: [.deployment] + Parameter.filters(of: .deploymentTimeline, except: ["deployment"])
            ) { call in
                try await page(.deploymentTimeline, call, fixed: ["deployment": try call.required("deployment")])
            },
        ]
    }
}
