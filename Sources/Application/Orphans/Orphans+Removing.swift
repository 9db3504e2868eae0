import Domain
package import EventSourcing

/// What became of the removal of an orphan.
package enum OrphanRemoval: Equatable, Sendable {
    case removed(evidence: String, CommandReceipt)
    /// Under way: ask again.
    case removing(observation: String, CommandReceipt)
}

extension Orphans {
    /// How long one request waits for a removal to be proven; asking again goes on with it.
    private static let patience = Duration.seconds(20)

    /// Removes what is an orphan at this moment, through the same adapters as a compensation, with the same proof. The wish is on
    /// record before anything is touched. `withData` must be said for what can hold customers' data.
    package func remove(
        _ id: ID<FoundResource>, withData: Bool, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> OrphanRemoval {
        let stream = StreamName.orphan(ID(id.rawValue))
        let (resource, record) = try await look(at: id)
        let (state, _) = try await commands.storing { () throws(EventStoreError) in
            try await commands.load(Orphan.self, stream)
        }
        guard let resource, let found = OrphanComparison.finding(resource, record.deployments) else {
            // Wanted again, or gone: by the hand of whoever asked before, perhaps.
            if resource == nil, state.removal != nil {
                return try await ended(stream, "the listing of \(id) shows it no more", context)
            }
            throw .refused(Self.notAnOrphan(id, isThere: resource != nil))
        }
        if resource.kind.holdsData, !withData {
            throw .refused(
                Refusal(
                    .conflict, "orphan.may_hold_data", "\(id) may hold data of \(found.marks.deployment).",
                    whatToDo: "Look into it; then ask again and say that data may go (`withData`), or adopt it."))
        }
        let wish = OrphanRemovalRequested(
            kind: resource.kind, identity: resource.identity, container: resource.container,
            deployment: ID(found.marks.deployment), release: found.marks.release, finding: found.finding,
            withData: withData, reason: reason, requestedBy: Actor(context.subject))
        let receipt = try await commands.run(
            Orphan.self, on: stream, .requestRemoval(wish), context,
            refusal: { _ in Self.notAnOrphan(id, isThere: true) })
        var continuation: String?
        let end = commands.surroundings.now() + Self.patience
        while true {
            switch try await attempt(resource, found.marks, context, continuation) {
            case .done(let absence): return try await ended(stream, absence.evidence, context)
            case .pending(let observation, let next, let pollAfter):
                continuation = next
                guard commands.surroundings.now() + pollAfter < end,
                    (try? await commands.surroundings.sleep(pollAfter)) != nil  // Cancelled: nobody waits for more.
                else { return .removing(observation: observation, receipt) }
            }
        }
    }

    private func ended(
        _ stream: StreamName, _ evidence: String, _ context: CommandContext
    ) async throws(CommandError) -> OrphanRemoval {
        let follow = CommandContext(
            subject: context.subject, displayName: context.displayName, roles: context.roles,
            correlationID: context.correlationID, source: context.source)
        let receipt = try await commands.run(
            Orphan.self, on: stream, .recordRemoval(evidence: evidence), follow,
            refusal: { _ in Self.notAnOrphan(ID(stream.id), isThere: false) })
        return .removed(evidence: evidence, receipt)
    }

    private func attempt(
        _ resource: FoundResource, _ marks: OwnershipMarks, _ context: CommandContext, _ continuation: String?
    ) async throws(CommandError) -> Progress<Absence> {
        do throws(ProviderError) {
            return try await remove(resource, marks, context, continuation)
        } catch .refused(let reason) {
            throw .refused(
                Refusal(
                    .conflict, "orphan.not_removable", "\(resource.id) cannot be removed: \(reason).",
                    whatToDo: "See to what it says, and ask again."))
        } catch {
            throw Self.unanswered(resource.id, error)
        }
    }

    private func remove(
        _ resource: FoundResource, _ marks: OwnershipMarks, _ context: CommandContext, _ continuation: String?
    ) async throws(ProviderError) -> Progress<Absence> {
        let ownership = Ownership(
            deployment: marks.deployment, customer: marks.customer ?? "", release: marks.release ?? 0)
        let region = resource.region ?? ""
        switch resource.kind {
        case .accessPoint:
            return try await providers.files.removeAccessPoint(
                AccessPointRequest(
                    token: resource.detail ?? "", region: region, fileSystem: resource.container, path: "/", uid: 0,
                    gid: 0, ownership: ownership))
        case .bucket:
            return try await providers.objects.removeBucket(
                BucketRequest(name: resource.identity, region: region, ownership: ownership, wasMade: true))
        case .name:
            return try await providers.names.removeRecord(
                RecordRequest(
                    hostedZone: resource.container, name: resource.identity, target: resource.detail ?? "",
                    ownership: ownership), continuation: continuation)
        case .application:
            return try await providers.delivery.remove(
                resource.identity, project: resource.container, deployment: marks.deployment, wasMade: true)
        case .folder:
            let made = try await providers.repository.commit(
                FolderChange(
                    folder: ID<Deployment>(resource.identity).folder, files: [:],
                    subject: String("remove orphaned \(resource.identity)".prefix(72)),
                    trailers: [
                        .init("Requested-by", context.subject), .init("DeployCenter-Deployment", marks.deployment),
                    ]))
            return .done(Absence("the folder is absent at \(made.commit)"))
        }
    }

    static func notAnOrphan(_ id: ID<FoundResource>, isThere: Bool) -> Refusal {
        isThere
            ? Refusal(
                .conflict, "orphan.wanted", "\(id) is no orphan: a deployment has it, or is at work on it.",
                whatToDo: "Look at the list of orphans again.")
            : Refusal(
                .notFound, "orphan.unknown", "There is no \(id) that is ours.",
                whatToDo: "Look at the list of orphans again.")
    }
}
