extension Deployment {
    /// What people ask for.
    static func decideRequest(_ command: Command, in state: State) throws(Rejection) -> [DeploymentEvent] {
        switch command {
        case .request(let release, let person, let onFailure):
            if let removal = state.dataRemoval { throw .dataRemovalScheduled(removal.removesAt) }
            switch state.phase {
            case .decommissioned where state.resources.holdData && state.lastRelease?.cluster != release.cluster:
                throw .dataKeptElsewhere
            case .unknown, .decommissioned, .notApproved:
                return [requested(release, cause: .first, by: person, onFailure, in: state)]
            default: throw .alreadyExists
            }
        case .change(let release, let person, let isSuperseding, let onFailure):
            let superseded = try requireSettled(state, by: person, superseding: isSuperseding)
            guard let current = state.base else { throw .unknown }
            guard release.cluster == current.cluster else { throw .fixed(field: "cluster") }
            guard release.domain == current.domain else { throw .fixed(field: "domain") }
            if state.phase == .live, release == current { return [] }
            return superseded + [requested(release, cause: .change, by: person, onFailure, in: state)]
        case .retry(let person): return try decideRetry(by: person, in: state)
        case .rollBack(let number, let person, let isSuperseding):
            let superseded = try requireSettled(state, by: person, superseding: isSuperseding)
            guard let live = state.liveRelease else { throw .notLive }
            guard number != live || !superseded.isEmpty else { return [] }
            guard state.provenReleases.contains(number), let release = state.releases[number] else {
                throw .notARelease(number)
            }
            return superseded + [requested(release, cause: .rollback, of: number, by: person, in: state)]
        case .cancel(let reason, let person): return try decideCancel(reason: reason, by: person, in: state)
        case .decommission(let terms, let reason, let person):
            return try decideDecommission(removing: terms, reason: reason, by: person, in: state)
        default: preconditionFailure("decide sends no other command here")
        }
    }

    private static func decideRetry(by person: Actor, in state: State) throws(Rejection) -> [DeploymentEvent] {
        switch state.phase {
        case .provisioning, .compensating, .decommissioning: return []
        case .failed, .cancelled, .live:
            if state.phase == .live, !state.hasFailedChange { throw .nothingToRetry }
            guard let release = state.currentRelease else { throw .nothingToRetry }
            return [requested(release, cause: .retry, of: state.run.number, by: person, state.run.onFailure, in: state)]
        case .held: return resumed(by: person, in: state)
        case .compensationIncomplete, .decommissionIncomplete:
            return [.compensationRetried(.init(number: state.run.number, requestedBy: person))]
        case .unknown: throw .unknown
        case .decommissioned, .notApproved: throw .nothingToRetry
        case .awaitingApproval: throw .awaitingApproval(state.lastAwaited)
        }
    }

    private static func decideCancel(
        reason: String, by person: Actor, in state: State
    ) throws(Rejection) -> [DeploymentEvent] {
        switch state.phase {
        case .provisioning, .held:
            let event = DeploymentEvent.cancelled(
                .init(number: state.run.number, cancelledBy: person, reason: reason))
            return ended([event], in: state)
        case .awaitingApproval:
            return [.approvalWithdrawn(.init(number: state.lastAwaited, withdrawnBy: person, reason: reason))]
        case .compensating(cancelled: true), .cancelled, .notApproved(.withdrawn): return []
        case .unknown: throw .unknown
        default: throw .nothingToCancel
        }
    }

    private static func requested(
        _ release: Release, cause: ReleaseRequested.Cause, of: Int? = nil, by person: Actor,
        _ onFailure: OnFailure = .compensate, in state: State
    ) -> DeploymentEvent {
        .requested(
            .init(
                number: state.nextNumber, cause: cause, of: of, release: release, requestedBy: person,
                onFailure: onFailure == .compensate ? nil : onFailure))
    }

    /// Refuses while something is under way or left over. What has not begun is superseded, if that is asked for.
    private static func requireSettled(
        _ state: State, by person: Actor, superseding: Bool
    ) throws(Rejection) -> [DeploymentEvent] {
        let number: Int
        switch state.phase {
        case .awaitingApproval where superseding: number = state.lastAwaited
        case .provisioning where superseding:
            number = state.run.number
            guard !state.hasBegun else { throw .alreadyBegun(number) }
        default:
            try requireSettled(state)
            return []
        }
        return [.superseded(.init(number: number, by: state.nextNumber, requestedBy: person))]
    }

    /// Refuses while something is under way or left over.
    static func requireSettled(_ state: State) throws(Rejection) {
        switch state.phase {
        case .live, .failed, .cancelled: return
        case .unknown: throw .unknown
        case .provisioning, .compensating, .decommissioning: throw .releaseInProgress(state.run.number)
        case .held: throw .releaseHeld(state.run.number)
        case .compensationIncomplete, .decommissionIncomplete:
            throw .compensationIncomplete(state.remaining)
        case .decommissioned: throw .decommissioned
        case .awaitingApproval: throw .awaitingApproval(state.lastAwaited)
        case .notApproved: throw .notApproved
        }
    }
}
