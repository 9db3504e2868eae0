import Domain
package import EventSourcing

extension Orphans {
    /// Puts an orphan on record with the deployment that it names. Refused where the deployment could not use or remove it later.
    package func adopt(
        _ id: ID<FoundResource>, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        let (resource, record) = try await look(at: id)
        guard let resource, let found = OrphanComparison.finding(resource, record.deployments) else {
            throw .refused(Self.notAnOrphan(id, isThere: resource != nil))
        }
        let deployment = ID<Deployment>(found.marks.deployment)
        guard let release = found.marks.release, hasItsOwnName(resource, deployment, release: release) else {
            throw .refused(
                Refusal(
                    .unusable, "orphan.not_as_made",
                    "\(id) is not named as release and deployment would have named it.",
                    whatToDo: "Remove it, or give it back to who made it."))
        }
        let wanted = ResourceAdopted(
            number: release, kind: resource.kind, identity: resource.identity, container: resource.container,
            reason: reason, adoptedBy: Actor(context.subject))
        return try await commands.run(Deployment.self, on: .deployment(deployment), .adopt(wanted), context) {
            commands.refusal(deployment, $0)
        }
    }

    /// A step finds its own things by these names, so what has others would never be found again.
    private func hasItsOwnName(_ resource: FoundResource, _ deployment: ID<Deployment>, release: Int) -> Bool {
        switch resource.kind {
        case .accessPoint: resource.detail == StepExecution.accessPointToken(deployment, release: release)
        case .bucket: resource.identity == conventions.bucketName(of: deployment)
        case .name, .folder, .application: true
        }
    }
}
