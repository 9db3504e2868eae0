import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `Requesting a deployment` {
    private let request = Deployment.Command.request(Past.first, by: "ana")

    @Test func `is its first release`() {
        given(Deployment.self).when(request).then(Past.requested())
    }

    @Test(arguments: [
        Past.provisioning, Past.live, Past.compensating, Past.failedFirst, Past.cancelledFirst, Past.incomplete,
        Past.decommissioning, Past.decommissionIncomplete,
    ])
    func `is refused while there is one, also when somebody else was faster`(_ history: [DeploymentEvent]) {
        given(Deployment.self, history).when(request).thenRejected(.alreadyExists)
    }

    @Test func `is possible after a decommission, on another cluster and with another domain too`() {
        let elsewhere = Past.release(cluster: "paris", domain: "shop.bolt.example")
        given(Deployment.self, Past.decommissioned).when(.request(elsewhere, by: "ana"))
            .then(Past.requested(3, .first, elsewhere))
    }

    @Test func `is refused on another cluster while data is kept on the first`() {
        let elsewhere = Past.release(cluster: "paris")
        given(Deployment.self, Past.decommissionedKeepingData).when(.request(elsewhere, by: "ana"))
            .thenRejected(.dataKeptElsewhere)
    }

    @Test func `after a decommission that kept data adopts what was kept`() {
        let history = Past.decommissionedKeepingData + [Past.requested(3)]
        let state = Deployment.fold(history)
        #expect(state.plannedSteps == [.render, .name, .commit, .application, .sync, .health])
        #expect(state.resources.bucket?.value == "dc-akme-shop-production")
        #expect(state.resources.accessPoint?.value == "fsap-1")
        given(Deployment.self, history).when(.startStep(.bucket, release: 3)).thenRejected(.stepNotWanted(.bucket))
    }

    @Test func `that adopted data leaves the data alone when it fails`() {
        let history = Past.decommissionedKeepingData + [Past.requested(3), Past.started(.render, 3)]
        given(Deployment.self, history).when(.recordFailure(Past.failure(.render, 3)))
            .then(Past.failed(.render, 3) + [.compensated(.init(number: 3))])
        let after = Deployment.fold(history + Past.failed(.render, 3) + [.compensated(.init(number: 3))])
        #expect(after.resources.bucket != nil)
        #expect(after.resources.accessPoint != nil)
    }
}

@Suite struct `Changing a deployment` {
    private let change = Deployment.Command.change(Past.second, by: "ana")

    @Test func `is another release`() {
        given(Deployment.self, Past.live).when(change).then(Past.requested(2, .change, Past.second))
    }

    @Test(arguments: [(Past.failedFirst, 2), (Past.cancelledFirst, 2), (Past.failedChange, 3)])
    func `is possible after a release that failed`(_ history: [DeploymentEvent], _ number: Int) {
        given(Deployment.self, history).when(change).then(Past.requested(number, .change, Past.second))
    }

    @Test func `to what runs already changes nothing`() {
        given(Deployment.self, Past.live).when(.change(Past.first, by: "ana")).thenNothing()
        given(Deployment.self, Past.failedChange).when(.change(Past.first, by: "ana")).thenNothing()
    }

    @Test func `cannot move it to another cluster`() {
        given(Deployment.self, Past.live).when(.change(Past.release(cluster: "paris"), by: "ana"))
            .thenRejected(.fixed(field: "cluster"))
        given(Deployment.self, Past.failedFirst).when(.change(Past.release(cluster: "paris"), by: "ana"))
            .thenRejected(.fixed(field: "cluster"))
    }

    @Test(arguments: [nil, "other.akme.example"])
    func `cannot change its domain`(_ domain: String?) {
        given(Deployment.self, Past.live).when(.change(Past.release(domain: domain), by: "ana"))
            .thenRejected(.fixed(field: "domain"))
    }

    @Test(arguments: [
        (Past.provisioning, 1), (Past.compensating, 1), (Past.changing, 2), (Past.decommissioning, 2),
    ])
    func `is refused while something is under way, also when somebody else was faster`(
        _ history: [DeploymentEvent], _ number: Int
    ) {
        given(Deployment.self, history).when(change).thenRejected(.releaseInProgress(number))
    }

    @Test func `is refused while something is left over`() {
        given(Deployment.self, Past.incomplete).when(change).thenRejected(.compensationIncomplete([.bucket]))
        given(Deployment.self, Past.decommissionIncomplete).when(change)
            .thenRejected(.compensationIncomplete([.application, .commit, .name]))
    }

    @Test func `is refused where there is nothing, or nothing any more`() {
        given(Deployment.self).when(change).thenRejected(.unknown)
        given(Deployment.self, Past.decommissioned).when(change).thenRejected(.decommissioned)
    }
}

@Suite struct `Retrying a release` {
    private let retry = Deployment.Command.retry(by: "ana")

    @Test(arguments: [Past.failedFirst, Past.cancelledFirst])
    func `repeats a first release that did not go live`(_ history: [DeploymentEvent]) {
        given(Deployment.self, history).when(retry).then(Past.requested(2, .retry, of: 1))
    }

    @Test func `repeats a change that failed`() {
        given(Deployment.self, Past.failedChange).when(retry).then(Past.requested(3, .retry, of: 2, Past.second))
    }

    @Test func `of what is left over takes it back once more`() {
        given(Deployment.self, Past.incomplete).when(retry)
            .then(.compensationRetried(.init(number: 1, requestedBy: "ana")))
        given(Deployment.self, Past.decommissionIncomplete).when(retry)
            .then(.compensationRetried(.init(number: 2, requestedBy: "ana")))
    }

    @Test(arguments: [Past.provisioning, Past.compensating, Past.decommissioning])
    func `a second click, or somebody faster, changes nothing`(_ history: [DeploymentEvent]) {
        given(Deployment.self, history).when(retry).thenNothing()
    }

    @Test(arguments: [Past.live, Past.upgraded, Past.decommissioned, Past.decommissionedKeepingData])
    func `is refused where nothing failed`(_ history: [DeploymentEvent]) {
        given(Deployment.self, history).when(retry).thenRejected(.nothingToRetry)
    }

    @Test func `is refused where there is nothing`() {
        given(Deployment.self).when(retry).thenRejected(.unknown)
    }
}

@Suite struct `Rolling back` {
    @Test func `is a new release with the content of an old one`() {
        given(Deployment.self, Past.upgraded).when(.rollBack(to: 1, by: "ana"))
            .then(Past.requested(3, .rollback, of: 1))
    }

    @Test func `to the release that runs changes nothing`() {
        given(Deployment.self, Past.upgraded).when(.rollBack(to: 2, by: "ana")).thenNothing()
        given(Deployment.self, Past.failedChange).when(.rollBack(to: 1, by: "ana")).thenNothing()
    }

    @Test(arguments: [0, 2, 7])
    func `to a release that never went live is refused`(_ number: Int) {
        given(Deployment.self, Past.failedChange).when(.rollBack(to: number, by: "ana"))
            .thenRejected(.notARelease(number))
    }

    @Test func `to a release from before a decommission is refused, as it may have gone to another cluster`() {
        let elsewhere = Past.release(cluster: "paris", domain: "shop.bolt.example")
        let again =
            Past.decommissioned + [Past.requested(3, .first, elsewhere)] + Past.did(Step.allCases, 3)
            + [.wentLive(.init(number: 3))]
        given(Deployment.self, again).when(.rollBack(to: 1, by: "ana")).thenRejected(.notARelease(1))
    }

    @Test(arguments: [Past.failedFirst, Past.cancelledFirst])
    func `is refused where nothing is live`(_ history: [DeploymentEvent]) {
        given(Deployment.self, history).when(.rollBack(to: 1, by: "ana")).thenRejected(.notLive)
    }

    @Test func `is refused while something is under way or left over`() {
        given(Deployment.self, Past.changing).when(.rollBack(to: 1, by: "ana")).thenRejected(.releaseInProgress(2))
        given(Deployment.self, Past.decommissionIncomplete).when(.rollBack(to: 1, by: "ana"))
            .thenRejected(.compensationIncomplete([.application, .commit, .name]))
    }

    @Test func `is refused where there is nothing, or nothing any more`() {
        given(Deployment.self).when(.rollBack(to: 1, by: "ana")).thenRejected(.unknown)
        given(Deployment.self, Past.decommissioned).when(.rollBack(to: 1, by: "ana")).thenRejected(.decommissioned)
    }
}

@Suite struct `Superseding a release` {
    private let change = Deployment.Command.change(Past.second, by: "bo", superseding: true)

    @Test func `that has not begun gives way to the newer one, in one decision`() {
        given(Deployment.self, Past.provisioning).when(change).then(
            .superseded(.init(number: 1, by: 2, requestedBy: "bo")),
            .requested(.init(number: 2, cause: .change, release: Past.second, requestedBy: "bo")))
        given(Deployment.self, Past.upgraded + [Past.requested(3, .change, Past.first)])
            .when(.rollBack(to: 1, by: "bo", superseding: true)).then(
                .superseded(.init(number: 3, by: 4, requestedBy: "bo")),
                .requested(.init(number: 4, cause: .rollback, of: 1, release: Past.first, requestedBy: "bo")))
    }

    @Test func `is refused when a step of it has begun`() {
        given(Deployment.self, Past.provisioning + [Past.started(.render)]).when(change).thenRejected(.alreadyBegun(1))
    }

    @Test func `that waits for approval gives way too`() {
        let history = Past.live + [Past.awaiting(2)]
        given(Deployment.self, history).when(change).then(
            .superseded(.init(number: 2, by: 3, requestedBy: "bo")),
            .requested(.init(number: 3, cause: .change, release: Past.second, requestedBy: "bo")))
        #expect(Deployment.fold(history + [.superseded(.init(number: 2, by: 3, requestedBy: "bo"))]).phase == .live)
    }

    @Test func `that is about to run does not give way to one that waits for approval`() {
        given(Deployment.self, Past.provisioning).when(.seekApproval(change, Past.terms))
            .thenRejected(.releaseInProgress(1))
    }

    @Test func `has to be asked for`() {
        given(Deployment.self, Past.provisioning).when(.change(Past.second, by: "bo"))
            .thenRejected(.releaseInProgress(1))
    }

    @Test func `leaves nothing to do for the one that gave way`() {
        let history =
            Past.changing + [
                .superseded(.init(number: 2, by: 3, requestedBy: "bo")),
                Past.requested(3, .change, Past.release(version: "1.2.0")),
            ]
        given(Deployment.self, history).when(.startStep(.render, release: 2)).thenRejected(.stepNotWanted(.render))
        given(Deployment.self, history).when(.deadlinePassed(release: 2, afterSeconds: 1800)).thenNothing()
        #expect(Deployment.fold(history).liveRelease == 1)
    }

    @Test func `may bring back what runs already`() {
        given(Deployment.self, Past.changing).when(.rollBack(to: 1, by: "bo", superseding: true)).then(
            .superseded(.init(number: 2, by: 3, requestedBy: "bo")),
            .requested(.init(number: 3, cause: .rollback, of: 1, release: Past.first, requestedBy: "bo")))
    }
}
