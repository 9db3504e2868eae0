import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `Adopting what was not on record` {
    private let withoutData: [DeploymentEvent] = {
        let release = Past.release(accessPoint: false, bucket: false)
        let steps: [Step] = [.render, .name, .commit, .application, .sync, .health]
        return [Past.requested(1, .first, release)] + Past.did(steps) + [.wentLive(.init(number: 1))]
    }()

    @Test(arguments: [ResourceKind.accessPoint, .bucket])
    func `is a fact of a live deployment that has none`(kind: ResourceKind) {
        let wanted = Past.adoption(kind)
        given(Deployment.self, withoutData).when(.adopt(wanted)).then(.resourceAdopted(wanted))
        given(Deployment.self, withoutData + [.resourceAdopted(wanted)]).when(.adopt(wanted)).thenNothing()
    }

    @Test func `lets the next release use it instead of making one`() {
        let state = Deployment.fold(
            Past.failedFirst + [
                .resourceAdopted(Past.adoption(.accessPoint)), .resourceAdopted(Past.adoption(.bucket)),
                Past.requested(2, .retry, of: 1),
            ])
        #expect(!state.plannedSteps.contains(.accessPoint) && !state.plannedSteps.contains(.bucket))
        #expect(state.onRecord(.accessPoint, of: "akme-shop-production")?.identity == "fsap-found")
    }

    @Test func `lets a decommission with data take it back, under the release that made it`() {
        let state = Deployment.fold(
            Past.decommissioned + [.resourceAdopted(Past.adoption(.accessPoint)), Past.ending(3, removeData: true)])
        #expect(state.undoPlan == [.accessPoint])
        #expect(state.maker(of: .accessPoint) == 1)
    }

    @Test func `is refused where there is another one`() {
        given(Deployment.self, Past.live).when(.adopt(Past.adoption(.accessPoint)))
            .thenRejected(.notAdoptable(.accessPoint, instead: "fsap-1"))
    }

    @Test func `is refused on another file system than the deployment's`() {
        let elsewhere = ResourceAdopted(
            number: 1, kind: .accessPoint, identity: "fsap-2", container: "fs-elsewhere", reason: "", adoptedBy: "ada")
        given(Deployment.self, withoutData).when(.adopt(elsewhere))
            .thenRejected(.notAdoptable(.accessPoint, instead: nil))
    }

    @Test(arguments: [ResourceKind.name, .folder, .application])
    func `is refused of what holds no data`(kind: ResourceKind) {
        given(Deployment.self, withoutData).when(.adopt(Past.adoption(kind)))
            .thenRejected(.notAdoptable(kind, instead: nil))
    }

    @Test func `is refused while something is under way or left over`() {
        let wanted = Deployment.Command.adopt(Past.adoption(.bucket))
        given(Deployment.self, []).when(wanted).thenRejected(.unknown)
        given(Deployment.self, Past.provisioning).when(wanted).thenRejected(.releaseInProgress(1))
        given(Deployment.self, Past.incomplete).when(wanted)
            .thenRejected(
                .compensationIncomplete(
                    Deployment.fold(Past.incomplete).undoPlan.filter {
                        Deployment.fold(Past.incomplete).run.undos[$0] != .done
                    }))
    }
}

@Suite struct `The removal of an orphan` {
    private let wish = OrphanRemovalRequested(
        kind: .bucket, identity: "dc-akme-shop-production", container: "eu-central-1",
        deployment: "akme-shop-production", release: 1, finding: .deploymentEnded, withData: true, reason: "left",
        requestedBy: "ada")
    private let gone = OrphanEvent.removed(.init(deployment: "akme-shop-production", evidence: "404"))

    @Test func `is on record before it is done, and after it was proven`() {
        given(Orphan.self, []).when(.requestRemoval(wish)).then(.removalRequested(wish))
        given(Orphan.self, [.removalRequested(wish)]).when(.recordRemoval(evidence: "404")).then(gone)
    }

    @Test func `is recorded once`() {
        given(Orphan.self, [.removalRequested(wish)]).when(.requestRemoval(wish)).thenNothing()
        given(Orphan.self, [.removalRequested(wish), gone]).when(.recordRemoval(evidence: "404")).thenNothing()
    }

    @Test func `can be asked for once more, if such a thing comes again`() {
        given(Orphan.self, [.removalRequested(wish), gone]).when(.requestRemoval(wish)).then(.removalRequested(wish))
    }

    @Test func `is not recorded where nobody asked for it`() {
        given(Orphan.self, []).when(.recordRemoval(evidence: "404")).thenRejected(.notAsked)
    }
}
