import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `Decommissioning a deployment` {
    private func command(removeData: Bool) -> Deployment.Command {
        .decommission(removing: removeData ? Past.removal(after: 0) : nil, reason: "not needed", by: "ana")
    }

    /// Takes back the whole plan and answers with the last facts.
    private func carriedOut(_ start: [DeploymentEvent], _ number: Int = 2) throws -> [DeploymentEvent] {
        var history = start
        var last: [DeploymentEvent] = []
        while let step = Deployment.fold(history).nextUndo {
            history += try Deployment.decide(.startUndo(step, release: number), in: Deployment.fold(history))
            last = try Deployment.decide(.recordUndone(Past.proof(step, number)), in: Deployment.fold(history))
            history += last
        }
        return last
    }

    @Test func `is a fact`() {
        given(Deployment.self, Past.live).when(command(removeData: false)).then(Past.ending(removeData: false))
        given(Deployment.self, Past.failedChange).when(command(removeData: true)).then(Past.ending(3, removeData: true))
    }

    @Test func `takes everything back but the data`() throws {
        #expect(Deployment.fold(Past.decommissioning).undoPlan == [.application, .commit, .name])
        #expect(
            try carriedOut(Past.decommissioning).last
                == .decommissioned(.init(number: 2, kept: [.bucket, .accessPoint])))
        let after = Deployment.fold(Past.decommissionedKeepingData)
        #expect(after.phase == .decommissioned)
        #expect(after.liveRelease == nil)
        #expect(after.resources.commit == nil)
        #expect(after.resources.bucket != nil)
    }

    @Test func `with its data takes everything back`() throws {
        let history = Past.live + [Past.ending(removeData: true)]
        #expect(Deployment.fold(history).undoPlan == [.application, .commit, .name, .bucket, .accessPoint])
        #expect(try carriedOut(history).last == .decommissioned(.init(number: 2, kept: [])))
        #expect(Deployment.fold(Past.decommissioned).resources == Deployment.State().resources)
    }

    @Test(arguments: [Past.failedFirst, Past.cancelledFirst])
    func `ends at once where nothing is there`(_ history: [DeploymentEvent]) {
        given(Deployment.self, history).when(command(removeData: true))
            .then(Past.ending(removeData: true), .decommissioned(.init(number: 2, kept: [])))
    }

    @Test func `twice changes nothing`() {
        given(Deployment.self, Past.decommissioning).when(command(removeData: false)).thenNothing()
        given(Deployment.self, Past.decommissioned).when(command(removeData: true)).thenNothing()
        given(Deployment.self, Past.decommissionedKeepingData).when(command(removeData: false)).thenNothing()
    }

    @Test func `once more, with its data, takes back what was kept`() throws {
        given(Deployment.self, Past.decommissionedKeepingData).when(command(removeData: true))
            .then(Past.ending(3, removeData: true))
        let again = Past.decommissionedKeepingData + [Past.ending(3, removeData: true)]
        #expect(Deployment.fold(again).undoPlan == [.bucket, .accessPoint])
        #expect(try carriedOut(again, 3).last == .decommissioned(.init(number: 3, kept: [])))
    }

    @Test func `otherwise than it is being decommissioned is refused until that has ended`() {
        given(Deployment.self, Past.decommissioning).when(command(removeData: true))
            .thenRejected(.releaseInProgress(2))
    }

    @Test(arguments: [(Past.provisioning, 1), (Past.compensating, 1), (Past.changing, 2)])
    func `is refused while a release is under way`(_ history: [DeploymentEvent], _ number: Int) {
        given(Deployment.self, history).when(command(removeData: false)).thenRejected(.releaseInProgress(number))
    }

    @Test func `that is stuck is retried, not begun anew`() throws {
        given(Deployment.self, Past.decommissionIncomplete).when(command(removeData: false))
            .thenRejected(.compensationIncomplete([.application, .commit, .name]))
        let retried = Past.decommissionIncomplete + [.compensationRetried(.init(number: 2, requestedBy: "ana"))]
        #expect(Deployment.fold(retried).phase == .decommissioning(removeData: false))
        #expect(
            try carriedOut(retried).last == .decommissioned(.init(number: 2, kept: [.bucket, .accessPoint])))
    }

    @Test(arguments: [true, false])
    func `after an incomplete compensation takes back what no result is on record of`(_ removeData: Bool) throws {
        given(Deployment.self, Past.incomplete).when(command(removeData: removeData))
            .then(Past.ending(removeData: removeData))
        let history = Past.incomplete + [Past.ending(removeData: removeData)]
        let state = Deployment.fold(history)
        #expect(state.undoPlan == [.bucket])
        #expect(state.maker(of: .bucket) == 1)  // The token that the bucket would have been made with.
        #expect(try carriedOut(history).last == .decommissioned(.init(number: 2, kept: [])))
    }

    @Test func `is refused where there is nothing`() {
        given(Deployment.self).when(command(removeData: false)).thenRejected(.unknown)
    }
}
