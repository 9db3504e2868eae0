import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `Cancelling a release` {
    private let cancel = Deployment.Command.cancel(reason: "a typo", by: "ana")

    @Test func `before anything was begun ends it at once`() {
        given(Deployment.self, Past.provisioning).when(cancel).then(Past.cancelled(), .compensated(.init(number: 1)))
        #expect(Deployment.fold(Past.cancelledFirst).phase == .cancelled)
    }

    @Test func `waits for a step that somebody is working on`() {
        let history = Past.provisioning + Past.did([.bucket]) + [Past.started(.name)]
        given(Deployment.self, history).when(cancel).then(Past.cancelled())
        #expect(Deployment.fold(history + [Past.cancelled()]).nextUndo == nil)
    }

    @Test func `takes back what was made`() {
        let history = Past.provisioning + Past.did([.render, .bucket, .accessPoint])
        given(Deployment.self, history).when(cancel).then(Past.cancelled())
        let after = Deployment.fold(history + [Past.cancelled()])
        #expect(after.undoPlan == [.bucket, .accessPoint])
        #expect(after.nextUndo == .bucket)
    }

    @Test func `ends in cancelled, not in failed`() {
        let history =
            Past.provisioning + Past.did([.bucket]) + [Past.cancelled()] + Past.undid([.bucket])
            + [.compensated(.init(number: 1))]
        #expect(Deployment.fold(history).phase == .cancelled)
        let incomplete =
            Past.provisioning + Past.did([.bucket]) + [
                Past.cancelled(), Past.undoing(.bucket), .undoFailed(Past.failure(.bucket)),
                .compensationIncomplete(.init(number: 1, remaining: [.bucket])),
                .compensationRetried(.init(number: 1, requestedBy: "ana")),
            ]
        #expect(Deployment.fold(incomplete).phase == .compensating(cancelled: true))
    }

    @Test func `of a change leaves the earlier release live`() {
        given(Deployment.self, Past.changing).when(cancel).then(Past.cancelled(2), .compensated(.init(number: 2)))
        let after = Deployment.fold(Past.changing + [Past.cancelled(2), .compensated(.init(number: 2))])
        #expect(after.phase == .live)
        #expect(after.liveRelease == 1)
    }

    @Test func `twice changes nothing`() {
        given(Deployment.self, Past.provisioning + Past.did([.bucket]) + [Past.cancelled()]).when(cancel).thenNothing()
        given(Deployment.self, Past.cancelledFirst).when(cancel).thenNothing()
    }

    @Test(arguments: [
        Past.live, Past.compensating, Past.failedFirst, Past.incomplete, Past.decommissioning,
        Past.decommissionIncomplete, Past.decommissioned,
    ])
    func `is refused when the release ended or failed first`(_ history: [DeploymentEvent]) {
        given(Deployment.self, history).when(cancel).thenRejected(.nothingToCancel)
    }

    @Test func `is refused where there is nothing`() {
        given(Deployment.self).when(cancel).thenRejected(.unknown)
    }
}

@Suite struct `A release that takes too long` {
    @Test func `fails, saying what is still at work`() {
        let history = Past.provisioning + [Past.started(.accessPoint), Past.started(.name)]
        given(Deployment.self, history).when(.deadlinePassed(release: 1, afterSeconds: 1800))
            .then(
                .failed(
                    .init(
                        number: 1, step: nil, reason: "not live after 1800 s; still at work: access_point, name")))
    }

    @Test func `that nobody has begun ends at once`() {
        given(Deployment.self, Past.provisioning).when(.deadlinePassed(release: 1, afterSeconds: 1800))
            .then(
                .failed(.init(number: 1, step: nil, reason: "not live after 1800 s")), .compensated(.init(number: 1)))
    }

    @Test(arguments: [
        Past.live, Past.upgraded, Past.compensating, Past.failedFirst, Past.cancelledFirst, Past.incomplete,
        Past.decommissioned, [],
    ])
    func `is no news once it has ended`(_ history: [DeploymentEvent]) {
        given(Deployment.self, history).when(.deadlinePassed(release: 1, afterSeconds: 1800)).thenNothing()
    }

    @Test func `does not concern the release after it`() {
        given(Deployment.self, Past.changing).when(.deadlinePassed(release: 1, afterSeconds: 1800)).thenNothing()
    }
}
