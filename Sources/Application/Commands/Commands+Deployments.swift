package import Domain
package import EventSourcing
import JSONSchema
import Templating

extension Commands {
    /// Requests the first release. The domain name is claimed in the same transaction, and the request is refused if the
    /// customer's, the cluster's or the template's state moved meanwhile. With a plan's digest it is refused unless all is as planned.
    @discardableResult
    package func requestDeployment(
        _ order: DeploymentOrder, plan: String? = nil, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await runWish(.request(order), plan, context)
    }

    /// Requests another release of a deployment: other parameters, another size or another version of its template.
    @discardableResult
    package func changeDeployment(
        _ id: ID<Deployment>, _ order: ReleaseOrder, plan: String? = nil, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await runWish(.change(id, order), plan, context)
    }

    /// Runs a wish for a release, and keeps the domain for it.
    private func runWish(
        _ wish: DeploymentWish, _ plan: String?, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        let id = wish.deployment
        var origin: ReleasePlan?
        return try await run(
            Deployment.self, on: .deployment(id), context, refusal: { refusal(id, $0) },
            command: { (state) async throws(CommandError) in
                let wanted = try await self.agreed(wish, to: plan, in: state, context)
                origin = wanted.origin
                return wanted.command
            },
            companions: { (_, events) async throws(CommandError) in
                guard let origin, !events.isEmpty else { return [] }
                return origin.checks + (try await self.claim(origin.release.domain, for: id))
            })
    }

    @discardableResult
    package func retryDeployment(
        _ id: ID<Deployment>, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(
            Deployment.self, on: .deployment(id), context, refusal: { refusal(id, $0) },
            command: { _ in .retry(by: Actor(context.subject)) },
            companions: { (state, events) async throws(CommandError) in
                guard case .requested? = events.first else { return [] }
                return try await self.claim(state.lastRelease?.domain, for: id)
            })
    }

    @discardableResult
    package func rollBackDeployment(
        _ id: ID<Deployment>, to release: Int, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        let command = Deployment.Command.rollBack(to: release, by: Actor(context.subject))
        return try await run(Deployment.self, on: .deployment(id), command, context) { refusal(id, $0) }
    }

    @discardableResult
    package func cancelDeployment(
        _ id: ID<Deployment>, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        let command = Deployment.Command.cancel(reason: reason, by: Actor(context.subject))
        return try await runEnding(id, command, context)
    }

    /// Takes the deployment away. Its data stays, for good or for the time in which its removal can be undone.
    @discardableResult
    package func decommissionDeployment(
        _ id: ID<Deployment>, removeData: Bool, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        if removeData { try requireRemover(id, context) }
        let command = Deployment.Command.decommission(
            removing: removeData ? dataRemovalTerms : nil, reason: reason, by: Actor(context.subject))
        return try await runEnding(id, command, context)
    }

    /// Has the data that a decommission keeps removed, once the time is over in which that can be undone.
    @discardableResult
    package func scheduleDataRemoval(
        _ id: ID<Deployment>, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try requireRemover(id, context)
        return try await runEnding(
            id, .scheduleDataRemoval(dataRemovalTerms, reason: reason, by: Actor(context.subject)), context)
    }

    /// Keeps the data after all.
    @discardableResult
    package func withdrawDataRemoval(
        _ id: ID<Deployment>, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await runEnding(id, .withdrawDataRemoval(reason: reason, by: Actor(context.subject)), context)
    }

    var dataRemovalTerms: DataRemovalTerms {
        DataRemovalTerms(
            removesAt: surroundings.now() + .seconds(dataGraceSeconds), graceSeconds: dataGraceSeconds)
    }

    private func requireRemover(_ id: ID<Deployment>, _ context: CommandContext) throws(CommandError) {
        guard !context.roles.contains(.admin) else { return }
        throw .refused(
            Refusal(
                .forbidden, "deployment.data_removal_needs_admin",
                "Only an administrator has the data of \(id) removed.",
                whatToDo: "Decommission it without removeData, which keeps the data, and ask an administrator."))
    }

    /// Runs a command that may end the deployment at once, and then gives its domain name back.
    func runEnding(
        _ id: ID<Deployment>, _ command: Deployment.Command, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await run(
            Deployment.self, on: .deployment(id), context, refusal: { refusal(id, $0) }, command: { _ in command },
            companions: { (state, events) async throws(CommandError) in
                try await self.storing { () throws(EventStoreError) in
                    try await self.domainNameRelease(of: id, after: events, in: state)
                }
            })
    }

    /// Claims the domain name, if there is one; refused if another deployment holds it.
    func claim(
        _ domain: String?, for deployment: ID<Deployment>
    ) async throws(CommandError) -> [StreamAppend] {
        guard let domain else { return [] }
        let stream = StreamName.domainName(domain)
        let (state, version) = try await storing { () throws(EventStoreError) in
            try await load(DomainName.self, stream)
        }
        do throws(DomainName.Rejection) {
            let events = try DomainName.decide(.claim(by: deployment), in: state)
            return [StreamAppend(stream, expected: .exactly(version), events: newEvents(events))]
        } catch {
            throw .refused(
                Refusal(
                    .conflict, "domain.taken", "The domain \(domain) belongs to another deployment.",
                    whatToDo: "Choose another domain, or decommission the deployment that holds it."))
        }
    }

    /// Gives the domain name back when `events` end the deployment; empty if they do not.
    func domainNameRelease(
        of deployment: ID<Deployment>, after events: [DeploymentEvent], in state: Deployment.State
    ) async throws(EventStoreError) -> [StreamAppend] {
        let after = Deployment.fold(events, from: state)
        guard after.needsNoDomain, !state.needsNoDomain,
            let domain = (state.awaiting?.request.release ?? after.lastRelease)?.domain
        else { return [] }
        let stream = StreamName.domainName(domain)
        let (name, version) = try await load(DomainName.self, stream)
        // A release is never rejected: a name that is held by somebody else, or by nobody, needs no event.
        let released = (try? DomainName.decide(.release(by: deployment), in: name)) ?? []
        return [StreamAppend(stream, expected: .exactly(version), events: newEvents(released))]
    }
}

extension Deployment.State {
    /// Nothing runs or will run without another request.
    fileprivate var needsNoDomain: Bool {
        switch phase {
        case .failed, .cancelled, .decommissioned, .notApproved: true
        case .unknown, .awaitingApproval, .provisioning, .held, .live, .compensating, .compensationIncomplete,
            .decommissioning, .decommissionIncomplete:
            false
        }
    }
}

extension DeploymentOrder {
    init(_ base: Release, changedBy order: ReleaseOrder) {
        self.init(
            customer: base.customer, name: base.name, environment: base.environment, size: order.size ?? base.size,
            template: base.template, templateVersion: order.templateVersion ?? base.templateVersion,
            cluster: base.cluster, domain: base.domain, parameters: order.parameters ?? base.parameters)
    }
}
