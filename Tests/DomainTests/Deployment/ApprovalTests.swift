import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `A release that needs approval` {
    private let request = Deployment.Command.seekApproval(.request(Past.first, by: "ana"), Past.terms)
    private let change = Deployment.Command.seekApproval(.change(Past.second, by: "ana"), Past.terms)
    private static let reason = "not before Monday"

    private func approve(by person: Actor = "bo", digest: String = "sha256:0", at seconds: Int64 = 0)
        -> Deployment.Command
    {
        .approve(digest: digest, reason: "fine", by: person, at: Timestamp(microseconds: seconds * 1_000_000))
    }

    private func approved(_ number: Int) -> DeploymentEvent {
        .approved(.init(number: number, digest: "sha256:0", approvedBy: "bo", reason: "fine"))
    }

    @Test func `waits, with nothing to be done for it`() {
        given(Deployment.self).when(request).then(Past.awaiting())
        let state = Deployment.fold([Past.awaiting()])
        #expect(state.readySteps == [])
        #expect(state.nextUndo == nil)
        #expect(state.currentRelease == nil)
    }

    @Test func `is requested when somebody else approves its plan`() {
        given(Deployment.self, [Past.awaiting()]).when(approve()).then([approved(1), Past.requested()])
        given(Deployment.self, Past.live + [Past.awaiting(2, .change, Past.second)]).when(approve())
            .then([approved(2), Past.requested(2, .change, Past.second)])
    }

    @Test func `goes on as any other once it is approved`() {
        let begun = Deployment.fold([Past.awaiting(), approved(1), Past.requested()])
        var plain = Deployment.fold(Past.provisioning)
        plain.lastAwaited = 1
        #expect(begun == plain)
    }

    @Test func `is not approved or rejected by the one who asked`() {
        given(Deployment.self, [Past.awaiting()]).when(approve(by: "ana")).thenRejected(.approverIsRequester)
        given(Deployment.self, [Past.awaiting()]).when(.reject(reason: Self.reason, by: "ana"))
            .thenRejected(.approverIsRequester)
    }

    @Test func `is not approved by another plan's digest`() {
        given(Deployment.self, [Past.awaiting()]).when(approve(digest: "sha256:1"))
            .thenRejected(.otherPlan("sha256:0"))
    }

    @Test func `is not approved when the time is over, though its timer is late`() {
        given(Deployment.self, [Past.awaiting()]).when(approve(at: 3599)).then([approved(1), Past.requested()])
        given(Deployment.self, [Past.awaiting()]).when(approve(at: 3600)).thenRejected(.approvalExpired)
    }

    @Test(arguments: Outcome.allCases)
    func `ends a deployment that never was, and leaves room for another request`(_ outcome: Outcome) {
        given(Deployment.self, [Past.awaiting()]).when(outcome.command(1)).then(outcome.event(1))
        let history = [Past.awaiting(), outcome.event(1)]
        #expect(Deployment.fold(history).phase == .notApproved(outcome.disapproval))
        given(Deployment.self, history).when(.request(Past.first, by: "ana")).then(Past.requested(2))
        given(Deployment.self, history).when(request).then(Past.awaiting(2))
        given(Deployment.self, history).when(.change(Past.second, by: "ana")).thenRejected(.notApproved)
        given(Deployment.self, history).when(.retry(by: "ana")).thenRejected(.nothingToRetry)
        given(Deployment.self, history).when(approve()).thenRejected(.nothingToApprove)
    }

    @Test(arguments: Outcome.allCases)
    func `leaves a deployment that is live as it was`(_ outcome: Outcome) {
        let awaiting = Past.live + [Past.awaiting(2, .change, Past.second)]
        given(Deployment.self, awaiting).when(outcome.command(2)).then(outcome.event(2))
        var after = Deployment.fold(awaiting + [outcome.event(2)])
        #expect(after.nextNumber == 3)
        after.lastAwaited = 0
        #expect(after == Deployment.fold(Past.live))
    }

    @Test func `keeps what a failed first release or a decommission was`() {
        for past in [Past.failedFirst, Past.decommissionedKeepingData] {
            let number = Deployment.fold(past).nextNumber
            let after = Deployment.fold(
                past + [Past.awaiting(number, .change, Past.second), Outcome.rejected.event(number)])
            #expect(after.phase == Deployment.fold(past).phase)
            #expect(after.resources == Deployment.fold(past).resources)
        }
    }

    @Test func `stands in the way of everything but its decision`() {
        let awaiting = Past.live + [Past.awaiting(2, .change, Past.second)]
        for command: Deployment.Command in [
            .change(Past.first, by: "ana"), change, .rollBack(to: 1, by: "ana"), .retry(by: "ana"),
            .decommission(reason: "over", by: "ana"),
        ] {
            given(Deployment.self, awaiting).when(command).thenRejected(.awaitingApproval(2))
        }
        given(Deployment.self, awaiting).when(request).thenRejected(.alreadyExists)
    }

    @Test func `is not ended by the timer of another`() {
        given(Deployment.self, [Past.awaiting()]).when(.approvalTimedOut(release: 7)).thenNothing()
        given(Deployment.self, [Past.awaiting(), approved(1), Past.requested()])
            .when(.approvalTimedOut(release: 1)).thenNothing()
    }

    @Test func `is none where the change would change nothing`() {
        let same = Deployment.Command.seekApproval(.change(Past.first, by: "ana"), Past.terms)
        given(Deployment.self, Past.live).when(same).thenNothing()
    }

    enum Outcome: CaseIterable {
        case rejected, expired, withdrawn

        var disapproval: Deployment.Disapproval {
            switch self {
            case .rejected: .rejected
            case .expired: .expired
            case .withdrawn: .withdrawn
            }
        }

        func command(_ number: Int) -> Deployment.Command {
            switch self {
            case .rejected: .reject(reason: reason, by: "bo")
            case .expired: .approvalTimedOut(release: number)
            case .withdrawn: .cancel(reason: reason, by: "ana")
            }
        }

        func event(_ number: Int) -> DeploymentEvent {
            switch self {
            case .rejected: .rejected(.init(number: number, rejectedBy: "bo", reason: reason))
            case .expired: .approvalExpired(.init(number: number))
            case .withdrawn: .approvalWithdrawn(.init(number: number, withdrawnBy: "ana", reason: reason))
            }
        }
    }
}
