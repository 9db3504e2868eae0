import Domain
import EventSourcing

/// What each fixture must be read as, by the fixture's name.
enum EventExamples {
    static let customer: [String: CustomerEvent] = [
        "customer.created.v1": .created(
            .init(name: "Akme GmbH", contactName: "Ada Öztürk", contactEmail: "ada@akme.example")),
        "customer.details_changed.v1": .detailsChanged(.init(name: "Akme AG")),
        "customer.routed.v1": .routed(.init(cluster: "frankfurt")),
        "customer.suspended.v1": .suspended(.init(reason: "unpaid")),
        "customer.reinstated.v1": .reinstated,
        "customer.removed.v1": .removed(.init(reason: "contract ended")),
    ]

    static let cluster: [String: ClusterEvent] = [
        "cluster.registered.v1": .registered(frankfurt),
        "cluster.cordoned.v1": .cordoned(.init(reason: "upgrade to 1.36")),
        "cluster.uncordoned.v1": .uncordoned,
        "cluster.retired.v1": .retired(.init(reason: "replaced by paris")),
    ]

    static let domainName: [String: DomainNameEvent] = [
        "domain_name.claimed.v1": .claimed(.init(deployment: "akme-shop-production")),
        "domain_name.released.v1": .released(.init(deployment: "akme-shop-production")),
    ]

    static let dataSubject: [String: DataSubjectEvent] = [
        "subject.forgotten.v1": .forgotten(
            .init(
                subject: "customer:akme", keys: ["5a0c2f4e-8a53-4b0f-9d8e-0b7b5a1d4c11"],
                reason: "erasure request 2026-17"))
    ]

    static let orphan: [String: OrphanEvent] = [
        "orphan.removal_requested.v1": .removalRequested(
            .init(
                kind: .bucket, identity: "dc-akme-shop-production", container: "eu-central-1",
                deployment: "akme-shop-production", release: 3, finding: .deploymentEnded, withData: true,
                reason: "left behind", requestedBy: "ada")),
        "orphan.removed.v1": .removed(
            .init(
                deployment: "akme-shop-production",
                evidence: "HeadBucket of dc-akme-shop-production answers 404")),
    ]

    static let template: [String: TemplateEvent] = [
        "template.submitted.v1": .submitted(
            .init(
                version: "1.4.0", title: "Odoo", description: "ERP with its own database",
                files: ["template.yaml": "name: odoo\n", "base/namespace.yaml": "kind: Namespace\n"],
                digest: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", submittedBy: "ana")),
        "template.approved.v1": .approved(.init(version: "1.4.0", approvedBy: "bo")),
        "template.rejected.v1": .rejected(.init(version: "1.4.0", rejectedBy: "bo", reason: "no memory limit")),
        "template.deprecated.v1": .deprecated(.init(version: "1.4.0", reason: "Odoo 17 is out of support")),
    ]

    static let deployment: [String: DeploymentEvent] = [
        "deployment.requested.v1": .requested(
            .init(number: 3, cause: .rollback, of: 1, release: release, requestedBy: "ana")),
        "deployment.approval_requested.v1": .approvalRequested(
            .init(
                .init(number: 3, cause: .rollback, of: 1, release: release, requestedBy: "ana"),
                .init(
                    digest: plan, rule: "environment=production",
                    expiresAt: Timestamp(microseconds: 1_795_512_600_000_000), validSeconds: 86400))),
        "deployment.approved.v1": .approved(
            .init(number: 3, digest: plan, approvedBy: "bo", reason: "seen with the customer")),
        "deployment.rejected.v1": .rejected(.init(number: 3, rejectedBy: "bo", reason: "not before Monday")),
        "deployment.approval_withdrawn.v1": .approvalWithdrawn(
            .init(number: 3, withdrawnBy: "ana", reason: "another size is wanted")),
        "deployment.approval_expired.v1": .approvalExpired(.init(number: 3)),
        "deployment.step_started.v1": .stepStarted(.init(number: 1, step: .accessPoint)),
        "deployment.attempt_failed.v1": .attemptFailed(
            .init(number: 1, step: .bucket, attempt: 2, reason: "503 Slow Down")),
        "deployment.rendered.v1": .rendered(.init(number: 1, files: ["deployment.yaml", "namespace.yaml"])),
        "deployment.access_point_provisioned.v1": .accessPointProvisioned(
            .init(
                number: 1, accessPoint: "fsap-0123456789abcdef0", fileSystem: "fs-0123456789abcdef0",
                wasAdopted: true)),
        "deployment.bucket_provisioned.v1": .bucketProvisioned(
            .init(number: 1, bucket: "dc-akme-shop-production", wasAdopted: false)),
        "deployment.name_provisioned.v1": .nameProvisioned(
            .init(
                number: 1, name: "shop.akme.example", target: "lb.eu-central-1.elb.amazonaws.com",
                changeID: "C2682N5HXP0BZ4")),
        "deployment.committed.v1": .committed(
            .init(
                number: 1, commit: "7c1b6f1f0f3a1c5a6cbb1a0e7a0f2d6f2b7a9e11",
                repository: "https://github.com/example/apps.git", folder: "deployments/akme-shop-production")),
        "deployment.application_declared.v1": .applicationDeclared(
            .init(
                number: 1, application: "akme-shop-production", project: "customers",
                uid: "3d1c2f2e-0c4b-4f5e-9a52-6a0d8f1a7e11")),
        "deployment.synced.v1": .synced(.init(number: 1, revision: "7c1b6f1f0f3a1c5a6cbb1a0e7a0f2d6f2b7a9e11")),
        "deployment.became_healthy.v1": .becameHealthy(
            .init(number: 1, revision: "7c1b6f1f0f3a1c5a6cbb1a0e7a0f2d6f2b7a9e11", stableSeconds: 11)),
        "deployment.step_failed.v1": .stepFailed(
            .init(number: 1, step: .name, attempts: 10, reason: "403 Access Denied")),
        "deployment.step_abandoned.v1": .stepAbandoned(.init(number: 1, step: .health)),
        "deployment.went_live.v1": .wentLive(.init(number: 1)),
        "deployment.failed.v1": .failed(.init(number: 1, step: .name, reason: "403 Access Denied")),
        "deployment.cancelled.v1": .cancelled(.init(number: 1, cancelledBy: "ana", reason: "a typo in the domain")),
        "deployment.undo_started.v1": .undoStarted(.init(number: 1, step: .application)),
        "deployment.undo_attempt_failed.v1": .undoAttemptFailed(
            .init(number: 1, step: .application, attempt: 1, reason: "connection refused")),
        "deployment.undone.v1": .undone(
            .init(
                number: 2, step: .commit, evidence: "the folder holds release 1 again",
                commit: "b6a1d3d1f0a54a7f9b1fbc9c14f5a3f0f7f0a2c9")),
        "deployment.undo_failed.v1": .undoFailed(
            .init(number: 1, step: .bucket, attempts: 8, reason: "409 BucketNotEmpty")),
        "deployment.compensated.v1": .compensated(.init(number: 1)),
        "deployment.compensation_incomplete.v1": .compensationIncomplete(
            .init(number: 1, remaining: [.bucket, .accessPoint])),
        "deployment.held.v1": .held(.init(number: 2, step: .health, reason: "Degraded: Deployment web")),
        "deployment.resumed.v1": .resumed(.init(number: 2, steps: [.health], requestedBy: "bo")),
        "deployment.superseded.v1": .superseded(.init(number: 2, by: 3, requestedBy: "bo")),
        "deployment.compensation_retried.v1": .compensationRetried(.init(number: 1, requestedBy: "bo")),
        "deployment.decommission_requested.v1": .decommissionRequested(
            .init(number: 4, removeData: true, reason: "contract ended", requestedBy: "ana")),
        "deployment.decommissioned.v1": .decommissioned(.init(number: 4, kept: [.bucket, .accessPoint])),
        "deployment.data_removal_scheduled.v1": .dataRemovalScheduled(
            .init(
                number: 4, removal: 1, data: [.bucket, .accessPoint],
                removesAt: Timestamp(microseconds: 1_796_031_000_000_000),
                graceSeconds: 604_800, reason: "contract ended", scheduledBy: "ada")),
        "deployment.data_removal_withdrawn.v1": .dataRemovalWithdrawn(
            .init(number: 4, removal: 1, reason: "the customer came back", withdrawnBy: "bo")),
        "deployment.intervened.v1": .intervened(
            .init(
                number: 1, effect: "deployment-akme-shop-production/14/0", action: .skip, work: .undo, step: .bucket,
                reason: "deleted by hand, ticket 4711")),
        "deployment.became_degraded.v1": .becameDegraded(
            .init(
                number: 2, status: "Degraded", resource: "Deployment/odoo",
                message: "Back-off pulling image \"odoo:17\"", since: moment)),
        "deployment.recovered.v1": .recovered(.init(number: 2, by: .observation, since: moment)),
        "deployment.drifted.v1": .drifted(
            .init(number: 2, resources: ["Deployment/odoo", "Service/odoo"], moreResources: 0, since: moment)),
        "deployment.reconciled.v1": .reconciled(.init(number: 3, by: .release, since: nil)),
        "deployment.unexplained_change.v1": .unexplainedChange(
            .init(
                number: 1, commit: "0b5b1f6c9d7f4a3e8c2d1a0f9e8d7c6b5a493827",
                repository: "https://github.com/example/apps.git", files: ["deployment.yaml", "values/limits.yaml"],
                moreFiles: 0, author: .init(id: "583231", login: "octocat"),
                committedAt: Timestamp("2026-11-23T09:30:00Z"))),
        "deployment.resource_adopted.v1": .resourceAdopted(
            .init(
                number: 2, kind: .accessPoint, identity: "fsap-0123456789abcdef0", container: "fs-0123456789abcdef0",
                reason: "the files are still needed", adoptedBy: "ada")),
    ]

    /// 2026-11-23T09:30:00Z
    private static let moment = Timestamp(microseconds: 1_795_426_200_000_000)

    private static let plan = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

    private static let frankfurt = Cluster.Description(
        destination: "eks-frankfurt", region: "eu-central-1", fileSystem: "fs-0123456789abcdef0",
        hostedZone: "Z0123456789ABCDEFGHIJ", zoneDomain: "apps.example.com",
        ingressHostname: "lb.eu-central-1.elb.amazonaws.com", labels: ["tier": "gold"])

    private static let release = Release(
        customer: "akme", customerName: "Akme GmbH", name: "shop", environment: .production, size: .medium,
        cluster: "frankfurt", target: frankfurt, template: "odoo", templateVersion: "1.4.0",
        parameters: [
            "workers": 4, "ratio": 0.5, "demo": false, "modules": ["sale", "stock"], "note": nil,
            "adminPassword": ["secret": "akme/odoo-admin"],
        ],
        domain: "shop.akme.example", needs: .init(accessPoint: .init(uid: 101, gid: 101), bucket: true))
}
