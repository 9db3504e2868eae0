import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `Removing the data of a decommissioned deployment` {
    private let schedule = Deployment.Command.scheduleDataRemoval(
        Past.removal(after: 3600), reason: "not needed", by: "ada")
    private let withdraw = Deployment.Command.withdrawDataRemoval(reason: "they came back", by: "ana")
    private let scheduled = Past.decommissionedKeepingData + [Past.removalScheduled()]

    private func due(_ removal: Int = 1, at seconds: Int = 3600) -> Deployment.Command {
        .dataRemovalDue(removal: removal, at: Past.removal(after: seconds).removesAt)
    }

    @Test func `is scheduled, with what would go`() {
        given(Deployment.self, Past.decommissionedKeepingData).when(schedule).then(Past.removalScheduled())
    }

    @Test func `is scheduled with the decommission, while the data is kept`() {
        let command = Deployment.Command.decommission(
            removing: Past.removal(after: 3600), reason: "not needed", by: "ada")
        given(Deployment.self, Past.live).when(command).then(
            .decommissionRequested(.init(number: 2, removeData: false, reason: "not needed", requestedBy: "ada")),
            Past.removalScheduled())
        given(Deployment.self, Past.decommissioning).when(command).then(Past.removalScheduled())
        given(Deployment.self, Past.decommissionedKeepingData).when(command).then(Past.removalScheduled())
        let history = Past.decommissioning + [Past.removalScheduled()]
        #expect(Deployment.fold(history).undoPlan == [.application, .commit, .name])
    }

    @Test func `is not scheduled where a decommission leaves nothing`() {
        let command = Deployment.Command.decommission(
            removing: Past.removal(after: 3600), reason: "not needed", by: "ana")
        given(Deployment.self, Past.failedFirst).when(command)
            .then(Past.ending(removeData: false), .decommissioned(.init(number: 2, kept: [])))
        given(Deployment.self, Past.decommissioned).when(command).thenNothing()
        given(Deployment.self, Past.decommissioned).when(schedule).thenRejected(.noDataKept)
    }

    @Test func `twice changes nothing`() {
        given(Deployment.self, scheduled).when(schedule).thenNothing()
    }

    @Test func `is refused while the data is in use`() {
        for history in [Past.live, Past.provisioning, Past.failedFirst] {
            given(Deployment.self, history).when(schedule).thenRejected(.notDecommissioned)
        }
        given(Deployment.self).when(schedule).thenRejected(.unknown)
    }

    @Test func `begins when its time has come, and not before`() {
        given(Deployment.self, scheduled).when(due(at: 3599)).thenNothing()
        given(Deployment.self, scheduled).when(due()).then(
            .decommissionRequested(.init(number: 3, removeData: true, reason: "not needed", requestedBy: "ada")))
        let removing = scheduled + [Past.ending(3, removeData: true)]
        #expect(Deployment.fold(removing).undoPlan == [.bucket, .accessPoint])
        given(Deployment.self, removing).when(due()).thenNothing()
    }

    @Test func `waits until the decommission has ended`() {
        given(Deployment.self, Past.decommissioning + [Past.removalScheduled()]).when(due()).thenNothing()
        given(Deployment.self, Past.decommissionIncomplete + [Past.removalScheduled()]).when(due()).thenNothing()
    }

    @Test func `is undone while there is time`() {
        given(Deployment.self, scheduled).when(withdraw).then(Past.removalWithdrawn())
        let kept = scheduled + [Past.removalWithdrawn()]
        given(Deployment.self, kept).when(due()).thenNothing()
        given(Deployment.self, kept).when(withdraw).thenNothing()
    }

    @Test func `that is wished again after it was undone has a time of its own`() {
        let again = scheduled + [Past.removalWithdrawn()]
        given(Deployment.self, again).when(schedule).then(Past.removalScheduled(2, 2))
        given(Deployment.self, again + [Past.removalScheduled(2, 2)]).when(due(1)).thenNothing()
    }

    @Test func `cannot be undone once it has begun`() {
        let removing = scheduled + [Past.ending(3, removeData: true)]
        given(Deployment.self, removing).when(withdraw).thenRejected(.dataRemovalBegun)
        let incomplete =
            removing + [
                Past.undoing(.bucket, 3), .undoFailed(Past.failure(.bucket, 3)),
                .compensationIncomplete(.init(number: 3, remaining: [.bucket, .accessPoint])),
            ]
        given(Deployment.self, incomplete).when(withdraw).thenRejected(.dataRemovalBegun)
        given(Deployment.self, Past.decommissioned).when(withdraw).thenRejected(.nothingToWithdraw)
        given(Deployment.self, Past.live).when(withdraw).thenRejected(.nothingToWithdraw)
    }

    @Test func `that waits for its time keeps others from using the data`() {
        given(Deployment.self, scheduled).when(.request(Past.first, by: "ana"))
            .thenRejected(.dataRemovalScheduled(Past.removal(after: 3600).removesAt))
        given(Deployment.self, scheduled + [Past.removalWithdrawn()]).when(.request(Past.first, by: "ana"))
            .then(Past.requested(3))
    }

    @Test func `waits for no time where there is none to wait for`() {
        given(Deployment.self, scheduled)
            .when(.decommission(removing: Past.removal(after: 0), reason: "not needed", by: "ana"))
            .then(Past.ending(3, removeData: true))
    }
}
