import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `The condition of a live application` {
    private let since = Timestamp(microseconds: 1_795_426_200_000_000)

    private var ill: LiveCondition.Health {
        .degraded(status: "Degraded", resource: "Deployment/odoo", message: "no image", since: since)
    }

    private func degraded(_ number: Int = 1) -> DeploymentEvent {
        .becameDegraded(
            .init(number: number, status: "Degraded", resource: "Deployment/odoo", message: "no image", since: since))
    }

    private func drifted(_ resources: [String] = ["Service/odoo"], more: Int = 0) -> DeploymentEvent {
        .drifted(.init(number: 1, resources: resources, moreResources: more, since: since))
    }

    private func seen(_ health: LiveCondition.Health? = nil, _ sync: LiveCondition.Sync? = nil) -> Deployment.Command {
        .noteCondition(LiveCondition(health: health, sync: sync))
    }

    @Test func `is noted when it turns bad, once, whatever it says later`() {
        given(Deployment.self, Past.live).when(seen(ill)).then(degraded())
        let other = LiveCondition.Health.degraded(status: "Missing", resource: nil, message: "gone", since: since)
        given(Deployment.self, Past.live + [degraded()]).when(seen(other)).thenNothing()
    }

    @Test func `is noted when it is good again, and only then`() {
        given(Deployment.self, Past.live + [degraded()]).when(seen(.well(since: since)))
            .then(.recovered(.init(number: 1, by: .observation, since: since)))
        given(Deployment.self, Past.live).when(seen(.well(since: since), .inSync(since: since))).thenNothing()
    }

    @Test func `says what is out of sync, and when nothing is any more`() {
        given(Deployment.self, Past.live).when(seen(nil, .drifted(resources: ["Service/odoo"], since: since)))
            .then(drifted())
        given(Deployment.self, Past.live + [drifted()]).when(seen(nil, .inSync(since: since)))
            .then(.reconciled(.init(number: 1, by: .observation, since: since)))
    }

    @Test func `names so many resources as somebody reads, and how many more there are`() {
        let all = (0..<25).map { "ConfigMap/c\($0)" }
        given(Deployment.self, Past.live).when(seen(nil, .drifted(resources: all, since: since)))
            .then(drifted(Array(all.prefix(20)), more: 5))
    }

    @Test func `may be bad in both ways, each with its own end`() {
        given(Deployment.self, Past.live).when(seen(ill, .drifted(resources: ["Service/odoo"], since: since)))
            .then(degraded(), drifted())
        given(Deployment.self, Past.live + [degraded(), drifted()]).when(seen(.well(since: since)))
            .then(.recovered(.init(number: 1, by: .observation, since: since)))
    }

    @Test func `is no matter of a watcher's while a release runs`() {
        given(Deployment.self, Past.provisioning).when(seen(ill)).thenRejected(.releaseInProgress(1))
        given(Deployment.self, Past.live + [Past.requested(2, .change, Past.second)]).when(seen(ill))
            .thenRejected(.releaseInProgress(2))
    }

    @Test func `is none where nothing is live`() {
        given(Deployment.self, []).when(seen(ill)).thenRejected(.unknown)
        given(Deployment.self, Past.cancelledFirst).when(seen(ill)).thenRejected(.notLive)
    }

    @Test func `ends with the next release that goes live, before it does`() {
        let steps = Past.second.steps.filter { ![.accessPoint, .bucket, .name].contains($0) }
        let history =
            Past.live + [degraded(), drifted(), Past.requested(2, .change, Past.second)]
            + Past.did(steps.filter { $0 != .health }, 2) + [Past.started(.health, 2)]
        given(Deployment.self, history).when(.recordResult(Past.result(.health, 2), release: 2)).then(
            Past.succeeded(.health, 2), .recovered(.init(number: 2, by: .release, since: nil)),
            .reconciled(.init(number: 2, by: .release, since: nil)), .wentLive(.init(number: 2)))
    }

    @Test func `is forgotten when the deployment goes`() {
        let ending = DeploymentEvent.decommissionRequested(
            .init(number: 2, removeData: false, reason: "gone", requestedBy: "ana"))
        let after = Deployment.fold(Past.live + [degraded(), drifted(), ending])
        #expect(after.degradation == nil && after.drift == nil)
    }

    @Test func `stops nothing and begins nothing`() {
        var after = Deployment.fold(Past.live + [degraded(), drifted()])
        (after.degradation, after.drift) = (nil, nil)
        #expect(after == Deployment.fold(Past.live))
    }
}
