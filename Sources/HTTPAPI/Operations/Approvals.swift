import Application
import Domain
import EventSourcing
import HTTPTypes

/// Decisions about releases that wait for somebody else than who asked for them.
extension Backend {
    var approvals: [Operation] {
        [
            .command(
                "approveDeployment", .post, "/api/v1/deployments/{deployment}/approve", .deployments,
                "Approve the release that waits",
                """
                Not by who asked for it. It is refused if anything is otherwise than it was planned, and what moved is told. The \
                plan that is approved is at `/api/v1/plans/{digest}`.
                """, role: .admin, parameters: [.deployment],
                body: .init(
                    schema: "ReleaseApproval",
                    example: [
                        "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                        "reason": "seen with the customer",
                    ]), success: .begun
            ) { call in
                .begun(
                    try await commands.approveDeployment(
                        call.id("deployment", of: Deployment.self), digest: try call.text("digest"),
                        reason: try call.text("reason"), try call.context()))
            },
            .command(
                "rejectDeployment", .post, "/api/v1/deployments/{deployment}/reject", .deployments,
                "Reject the release that waits", "Not by who asked for it, who can withdraw it by cancelling.",
                role: .admin, parameters: [.deployment], body: .reason("not before Monday")
            ) { call in
                .receipt(
                    try await commands.rejectDeployment(
                        call.id("deployment", of: Deployment.self), reason: try call.text("reason"),
                        try call.context()))
            },
        ]
    }
}
