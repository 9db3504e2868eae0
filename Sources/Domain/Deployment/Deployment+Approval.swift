import EventSourcing

extension Deployment {
    /// A release that waits for somebody's approval.
    package struct Awaiting: Equatable, Sendable {
        package let request: ApprovalRequested
        /// What the deployment was before, and is again if nobody approves.
        package let before: Phase
    }

    /// Why a release was not approved.
    package enum Disapproval: String, Equatable, Sendable {
        case rejected, expired, withdrawn
    }

    /// What the people say who were asked for an approval, and the clock.
    static func decideApproval(_ command: Command, in state: State) throws(Rejection) -> [DeploymentEvent] {
        switch command {
        case .seekApproval(let wish, let terms):
            let events = try decideRequest(wish, in: state)
            // What is about to run gives way only to what runs in its place.
            if state.isProvisioning, !events.isEmpty { throw .releaseInProgress(state.run.number) }
            return events.map { event in
                guard case .requested(let request) = event else { return event }
                return .approvalRequested(ApprovalRequested(request, terms))
            }
        case .approve(let digest, let reason, let person, let now):
            let request = try awaited(in: state)
            guard person != request.requestedBy else { throw .approverIsRequester }
            guard digest == request.digest else { throw .otherPlan(request.digest) }
            guard now < request.expiresAt else { throw .approvalExpired }
            let approval = ReleaseApproved(
                number: request.number, digest: digest, approvedBy: person, reason: reason)
            return [.approved(approval), .requested(request.request)]
        case .reject(let reason, let person):
            let request = try awaited(in: state)
            guard person != request.requestedBy else { throw .approverIsRequester }
            return [.rejected(.init(number: request.number, rejectedBy: person, reason: reason))]
        case .approvalTimedOut(let number):
            guard let request = state.awaiting?.request, request.number == number else { return [] }
            return [.approvalExpired(.init(number: number))]
        default: preconditionFailure("decide sends no other command here")
        }
    }

    static func evolveApproval(_ state: inout State, with event: DeploymentEvent) {
        switch event {
        case .approvalRequested(let request):
            state.awaiting = Awaiting(request: request, before: state.phase)
            state.phase = .awaitingApproval
            state.lastAwaited = request.number
        case .approved: endAwaiting(&state, nil)
        case .rejected: endAwaiting(&state, .rejected)
        case .approvalExpired: endAwaiting(&state, .expired)
        case .approvalWithdrawn: endAwaiting(&state, .withdrawn)
        default: break
        }
    }

    /// Back to what was before. Of a first release that nobody approved something remains: that it was wanted.
    static func endAwaiting(_ state: inout State, _ disapproval: Disapproval?) {
        guard let awaiting = state.awaiting else { return }
        state.awaiting = nil
        state.phase = awaiting.before
        guard let disapproval else { return }
        switch awaiting.before {
        case .unknown, .notApproved: state.phase = .notApproved(disapproval)
        default: break
        }
    }

    private static func awaited(in state: State) throws(Rejection) -> ApprovalRequested {
        if state.phase == .unknown { throw .unknown }
        guard let request = state.awaiting?.request else { throw .nothingToApprove }
        return request
    }
}

extension Deployment.State {
    /// As it was when the release that waits for approval was asked for; nil if none waits.
    package var beforeAwaiting: Deployment.State? {
        guard let awaiting else { return nil }
        var state = self
        state.awaiting = nil
        state.phase = awaiting.before
        state.lastAwaited = awaiting.request.number - 1
        return state
    }

    /// The number of the next release or decommission. A release that nobody approved keeps its number.
    package var nextNumber: Int { max(run.number, lastAwaited) + 1 }
}
