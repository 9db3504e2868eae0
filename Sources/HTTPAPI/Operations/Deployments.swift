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
            Operation(
                id: "getReleaseTime", method: .get, path: "/api/v1/deployments/{deployment}/releases/{release}/time",
                tag: .deployments, summary: "Explain where a release's time went",
                description: """
                    Against the budget of \(ReleaseTime.words(ReleaseTime.budgetSeconds)) from request to live: each step with what \
                    it usually takes, the critical path, and one sentence that says it.
                    """, role: .viewer, parameters: [.deployment, .release, .after],
                answer: .init(
                    success: .done, description: "The release's time.", content: .json(schema: "ReleaseTime"),
                    headers: [.position]), problems: [.notFound], handle: releaseTime),
        ]
    }

    @Sendable private func releaseTime(_ call: Call) async throws -> Reply {
        let deployment = try call.required("deployment")
        let number = Int(call.integer("release") ?? 0)
        for view in ReleaseTimes.views { try await catchUp(view, call) }
        guard let found = try await releaseTimes.time(of: number, deployment) else {
            throw Problem.missing("release", "\(number) of \(deployment)")
        }
        var reply = try Reply.json(encoding: found.time)
        reply.position = found.position
        return reply
    }
}
