package import Domain
package import EventSourcing
import JSONSchema

extension Commands {
    /// Approves the release that waits, as it was planned: refused with what moved if something did. Then it begins.
    @discardableResult
    package func approveDeployment(
        _ id: ID<Deployment>, digest: String, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        var checks: [StreamAppend] = []
        return try await run(
            Deployment.self, on: .deployment(id), context, refusal: { refusal(id, $0) },
            command: { (state) async throws(CommandError) in
                let command = Deployment.Command.approve(
                    digest: digest, reason: reason, by: Actor(context.subject), at: surroundings.now())
                do throws(Deployment.Rejection) {
                    // Who may not approve at all is told so, and not what moved.
                    _ = try Deployment.decide(command, in: state)
                } catch {
                    throw .refused(refusal(id, error))
                }
                checks = try await self.requireUnmoved(id, in: state, digest)
                return command
            }, companions: { (_, _) async throws(CommandError) in checks })
    }

    /// Says no to the release that waits. Nothing was made for it.
    @discardableResult
    package func rejectDeployment(
        _ id: ID<Deployment>, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await runEnding(id, .reject(reason: reason, by: Actor(context.subject)), context)
    }

    /// The streams that must stay as they are while it is approved.
    private func requireUnmoved(
        _ id: ID<Deployment>, in state: Deployment.State, _ digest: String
    ) async throws(CommandError) -> [StreamAppend] {
        guard let before = state.beforeAwaiting, let request = state.awaiting?.request else { return [] }
        let kept = try await kept(digest)
        let release = request.release
        let wish: DeploymentWish
        if request.cause == .first {
            var order = DeploymentOrder(release, changedBy: ReleaseOrder())
            // What the customer's route chose must be what it would choose now.
            if kept.parts.values["cluster/rule"] == ClusterRule.customerRoute.rawValue { order.cluster = nil }
            wish = .request(order)
        } else {
            wish = .change(
                id,
                ReleaseOrder(
                    size: release.size, templateVersion: release.templateVersion, parameters: release.parameters))
        }
        let wanted: Wanted
        do throws(CommandError) {
            wanted = try await self.wanted(wish, in: before, by: request.requestedBy)
        } catch .refused(let refusal) {
            throw .refused(.moved([refusal.detail]))
        } catch .invalid(let violations) {
            throw .refused(.moved(violations.map { "\($0.path): \($0.message)" }))
        }
        try require(kept, try await requirePlanning().forecast(wanted).parts)
        return wanted.origin?.checks ?? []
    }
}
