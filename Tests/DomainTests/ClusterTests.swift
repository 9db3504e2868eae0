import Domain
import EventSourcing
import TestSupport
import Testing

private let frankfurt = Cluster.Description(
    destination: "eks-frankfurt", region: "eu-central-1", fileSystem: "fs-0123456789abcdef0", hostedZone: "Z0FRANKFURT",
    zoneDomain: "apps.example.com", ingressHostname: "lb.eu-central-1.elb.amazonaws.com", labels: ["tier": "gold"])
private let moved = Cluster.Description(
    destination: "eks-frankfurt", region: "eu-west-1", fileSystem: "fs-0123456789abcdef0", hostedZone: "Z0FRANKFURT",
    zoneDomain: "apps.example.com", ingressHostname: "lb.eu-west-1.elb.amazonaws.com")
private let registered = ClusterEvent.registered(frankfurt)
private let cordoned = ClusterEvent.cordoned(.init(reason: "upgrade"))
private let retired = ClusterEvent.retired(.init(reason: "replaced"))

@Suite struct `Registering a cluster` {
    @Test func `is a fact the first time`() {
        given(Cluster.self).when(.register(frankfurt)).then(registered)
    }

    @Test func `again with the same description changes nothing`() {
        given(Cluster.self, registered).when(.register(frankfurt)).thenNothing()
        given(Cluster.self, registered, cordoned, .uncordoned).when(.register(frankfurt)).thenNothing()
    }

    @Test func `again with another description is refused`() {
        given(Cluster.self, registered).when(.register(moved)).thenRejected(.alreadyRegistered)
    }

    @Test func `is refused while it is cordoned, so that nobody opens it by accident`() {
        given(Cluster.self, registered, cordoned).when(.register(frankfurt)).thenRejected(.alreadyRegistered)
    }

    @Test func `is refused for ever after it was retired`() {
        given(Cluster.self, registered, retired).when(.register(frankfurt)).thenRejected(.isRetired)
    }
}

@Suite struct `Cordoning a cluster` {
    @Test func `is a fact`() {
        given(Cluster.self, registered).when(.cordon(reason: "upgrade")).then(cordoned)
    }

    @Test func `twice changes nothing, whatever the reason`() {
        given(Cluster.self, registered, cordoned).when(.cordon(reason: "fire")).thenNothing()
    }

    @Test func `ends with uncordoning`() {
        given(Cluster.self, registered, cordoned).when(.uncordon).then(.uncordoned)
    }

    @Test func `uncordoning an open cluster changes nothing`() {
        given(Cluster.self, registered).when(.uncordon).thenNothing()
    }

    @Test(arguments: [Cluster.Command.cordon(reason: "upgrade"), .uncordon])
    func `is refused where there is no cluster`(_ command: Cluster.Command) {
        given(Cluster.self).when(command).thenRejected(.unknown)
    }

    @Test(arguments: [Cluster.Command.cordon(reason: "upgrade"), .uncordon])
    func `is refused when somebody retired it first`(_ command: Cluster.Command) {
        given(Cluster.self, registered, retired).when(command).thenRejected(.isRetired)
    }
}

@Suite struct `Retiring a cluster` {
    @Test(arguments: [[registered], [registered, cordoned]])
    func `is a fact`(_ history: [ClusterEvent]) {
        given(Cluster.self, history).when(.retire(reason: "replaced")).then(retired)
    }

    @Test func `twice changes nothing`() {
        given(Cluster.self, registered, retired).when(.retire(reason: "again")).thenNothing()
    }

    @Test func `is refused where there is no cluster`() {
        given(Cluster.self).when(.retire(reason: "replaced")).thenRejected(.unknown)
    }
}
