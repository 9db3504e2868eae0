import Application
import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `What is there beside what should be` {
    private let id: ID<Deployment> = "akme-shop-production"

    private func found(
        _ kind: ResourceKind, _ identity: String, _ deployment: String? = "akme-shop-production", release: Int? = 1
    ) -> FoundResource {
        FoundResource(
            kind: kind, identity: identity, container: "there",
            marks: deployment.map { OwnershipMarks(deployment: $0, customer: "akme", release: release) })
    }

    /// Everything that the live deployment of `Past` has.
    private var complete: [FoundResource] {
        [
            found(.accessPoint, "fsap-1"), found(.bucket, "dc-akme-shop-production"), found(.name, "shop.akme.example"),
            found(.folder, "akme-shop-production", release: nil), found(.application, "akme-shop-production"),
        ]
    }

    private func compare(
        _ found: [FoundResource], _ history: [DeploymentEvent], read: [ResourceKind] = ResourceKind.allCases
    ) -> OrphanComparison {
        OrphanComparison(found: found, read: Set(read), deployments: [id: Deployment.fold(history)])
    }

    private func findings(_ found: [FoundResource], _ history: [DeploymentEvent]) -> [String] {
        compare(found, history).orphans.map { "\($0.id) \($0.finding.rawValue)" }
    }

    @Test func `agrees about a live deployment that has everything`() {
        let comparison = compare(complete, Past.live)
        #expect(comparison.orphans == [] && comparison.missing == [])
    }

    @Test func `finds what names a deployment that no event tells of`() {
        #expect(
            findings(complete + [found(.bucket, "dc-globex-wiki-staging", "globex-wiki-staging")], Past.live)
                == ["bucket:dc-globex-wiki-staging unknown_deployment"])
    }

    @Test func `finds what a deployment left that has ended`() {
        #expect(
            findings(complete, Past.decommissioned) == [
                "access_point:fsap-1 deployment_ended", "application:akme-shop-production deployment_ended",
                "bucket:dc-akme-shop-production deployment_ended", "folder:akme-shop-production deployment_ended",
                "name:shop.akme.example deployment_ended",
            ])
        #expect(
            findings([found(.accessPoint, "fsap-1")], Past.failedFirst) == ["access_point:fsap-1 deployment_ended"])
    }

    @Test func `leaves data alone that a decommission kept`() {
        let data = [found(.accessPoint, "fsap-1"), found(.bucket, "dc-akme-shop-production")]
        let comparison = compare(data, Past.decommissionedKeepingData)
        #expect(comparison.orphans == [] && comparison.missing == [])
    }

    @Test func `finds an access point of an older release`() {
        let made = Past.failedFirst + [Past.requested(2, .retry, of: 1)] + Past.did(Step.allCases, 2)
        let live = made + [.wentLive(.init(number: 2))]
        let both = complete.dropFirst() + [found(.accessPoint, "fsap-1"), found(.accessPoint, "fsap-2", release: 2)]
        #expect(findings(Array(both), live) == ["access_point:fsap-1 older_release"])
    }

    @Test func `finds what no event of a live deployment tells of`() {
        #expect(
            findings(complete + [found(.name, "other.akme.example")], Past.live)
                == ["name:other.akme.example not_on_record"])
    }

    @Test func `says nothing about what is being made or removed, or remains to be removed`() {
        for history in [
            Past.provisioning, Past.provisioning + [Past.started(.bucket)], Past.compensating, Past.incomplete,
        ] {
            let state = Deployment.fold(history)
            let busy = ResourceKind.allCases.filter(state.isInFlight)
            #expect(busy.contains(.bucket))
            let comparison = compare(complete.filter { busy.contains($0.kind) }, history)
            #expect(comparison.orphans == [] && comparison.missing == [])
        }
    }

    @Test func `says nothing about what bears no mark, but knows that it is there`() {
        let stripped = complete.map {
            FoundResource(kind: $0.kind, identity: $0.identity, container: $0.container, marks: nil)
        }
        let comparison = compare(stripped + [found(.bucket, "dc-somebody", nil)], Past.live)
        #expect(comparison.orphans == [] && comparison.missing == [])
    }

    @Test func `finds what is on record and not there, where it was looked for`() {
        let missing = compare(Array(complete.dropFirst(2)), Past.live).missing
        #expect(missing.map(\.id.rawValue) == ["access_point:fsap-1", "bucket:dc-akme-shop-production"])
        let partial = compare([], Past.live, read: [.folder]).missing
        #expect(partial.map(\.id.rawValue) == ["folder:akme-shop-production"])
    }

    @Test func `takes what was adopted for the deployment's own`() {
        let adopted = Past.failedFirst + [.resourceAdopted(Past.adoption(.accessPoint))]
        #expect(compare([found(.accessPoint, "fsap-found")], adopted).orphans == [])
    }
}
