import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `An upgrade that fails` {
    private let broken =
        Past.changing + Past.did([.render, .commit, .application, .sync], 2) + [Past.started(.health, 2)]
        + Past.failed(.health, 2)

    @Test func `restores the files and the cluster, and removes nothing of the live release`() {
        let state = Deployment.fold(broken)
        #expect(state.undoPlan == [.commit, .sync])
        #expect(state.nextUndo == .commit)
    }

    @Test func `leaves the earlier release live, at the commit that restored it`() {
        let restored =
            broken + [
                Past.undoing(.commit, 2), .undone(Past.proof(.commit, 2, commit: "commit-3")), Past.undoing(.sync, 2),
            ]
        given(Deployment.self, restored).when(.recordUndone(Past.proof(.sync, 2)))
            .then(.undone(Past.proof(.sync, 2)), .compensated(.init(number: 2)))
        let after = Deployment.fold(restored + [.undone(Past.proof(.sync, 2)), .compensated(.init(number: 2))])
        #expect(after.phase == .live)
        #expect(after.liveRelease == 1)
        #expect(after.provenReleases == [1])
        #expect(after.resources.commit?.pair == ["commit-3", "1"])
        #expect(after.resources.bucket?.pair == ["dc-akme-shop-production", "1"])
        #expect(after.resources.application != nil)
    }

    @Test func `before it committed anything keeps the commit of the live release`() {
        let history =
            Past.changing + Past.did([.render], 2) + [Past.started(.commit, 2)] + Past.failed(.commit, 2)
            + [Past.undoing(.commit, 2), .undone(Past.proof(.commit, 2)), .compensated(.init(number: 2))]
        #expect(Deployment.fold(history).resources.commit?.pair == ["commit-1", "1"])
    }

    @Test func `takes back what it added`() {
        let plain = Past.release(accessPoint: false, bucket: false)
        let live =
            [Past.requested(1, .first, plain)] + Past.did([.render, .name] + Past.afterCommit)
            + [.wentLive(.init(number: 1))]
        let grown = live + [Past.requested(2, .change, Past.second)]
        #expect(Deployment.fold(grown).readySteps == [.render, .accessPoint, .bucket])
        let failed = grown + Past.did([.accessPoint], 2) + [Past.started(.bucket, 2)] + Past.failed(.bucket, 2)
        #expect(Deployment.fold(failed).undoPlan == [.bucket, .accessPoint])
        let after = Deployment.fold(failed + Past.undid([.bucket, .accessPoint], 2) + [.compensated(.init(number: 2))])
        #expect(after.phase == .live)
        #expect(after.resources.accessPoint == nil)
        #expect(after.resources.name != nil)
    }

    @Test func `and cannot be restored is incomplete, and refuses changes until it is`() {
        let stuck = broken + [Past.undoing(.commit, 2)]
        given(Deployment.self, stuck).when(.recordUndoFailure(Past.failure(.commit, 2)))
            .then(
                .undoFailed(Past.failure(.commit, 2)),
                .compensationIncomplete(.init(number: 2, remaining: [.commit, .sync])))
        let incomplete =
            stuck + [
                .undoFailed(Past.failure(.commit, 2)),
                .compensationIncomplete(.init(number: 2, remaining: [.commit, .sync])),
            ]
        given(Deployment.self, incomplete).when(.change(Past.second, by: "ana"))
            .thenRejected(.compensationIncomplete([.commit, .sync]))
        #expect(
            Deployment.fold(incomplete + [.compensationRetried(.init(number: 2, requestedBy: "ana"))]).nextUndo
                == .commit)
    }
}
