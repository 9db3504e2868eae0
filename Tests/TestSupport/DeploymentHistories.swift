package import Domain
package import EventSourcing

/// Histories of one deployment, written down event by event so that no test leans on `decide` for its past.
package enum Past {
    package static let frankfurt = Cluster.Description(
        destination: "eks-frankfurt", region: "eu-central-1", fileSystem: "fs-0123456789abcdef0",
        hostedZone: "Z0FRANKFURT", zoneDomain: "apps.example.com", ingressHostname: "lb.eu-central-1.elb.amazonaws.com")

    package static func release(
        version: String = "1.0.0", cluster: ID<Cluster> = "frankfurt", domain: String? = "shop.akme.example",
        accessPoint: Bool = true, bucket: Bool = true
    ) -> Release {
        Release(
            customer: "akme", customerName: "Akme GmbH", name: "shop", environment: .production, size: .small,
            cluster: cluster, target: frankfurt, template: "odoo", templateVersion: version,
            parameters: ["workers": 2], domain: domain,
            needs: .init(accessPoint: accessPoint ? .init(uid: 101, gid: 101) : nil, bucket: bucket))
    }

    package static let first = release()
    package static let second = release(version: "1.1.0")

    package static func requested(
        _ number: Int = 1, _ cause: ReleaseRequested.Cause = .first, of: Int? = nil, _ release: Release = first
    ) -> DeploymentEvent {
        .requested(.init(number: number, cause: cause, of: of, release: release, requestedBy: "ana"))
    }

    package static func started(_ step: Step, _ number: Int = 1) -> DeploymentEvent {
        .stepStarted(.init(number: number, step: step))
    }

    package static func result(_ step: Step, _ number: Int = 1) -> StepResult {
        switch step {
        case .render: .rendered(files: ["application.yaml"])
        case .accessPoint: .accessPoint(id: "fsap-\(number)", fileSystem: "fs-0123456789abcdef0", wasAdopted: false)
        case .bucket: .bucket("dc-akme-shop-production", wasAdopted: false)
        case .name: .name("shop.akme.example", target: "lb.eu-central-1.elb.amazonaws.com", changeID: "C\(number)")
        case .commit:
            .committed(
                commit: "commit-\(number)", repository: "https://git.example/apps.git",
                folder: "deployments/akme-shop-production")
        case .application: .application("akme-shop-production", project: "customers", uid: "uid-1")
        case .sync: .synced(revision: "commit-\(number)")
        case .health: .healthy(revision: "commit-\(number)", stableSeconds: 10)
        }
    }

    package static func succeeded(_ step: Step, _ number: Int = 1) -> DeploymentEvent {
        switch result(step, number) {
        case .rendered(let files): .rendered(.init(number: number, files: files))
        case .accessPoint(let id, let fileSystem, let wasAdopted):
            .accessPointProvisioned(
                .init(number: number, accessPoint: id, fileSystem: fileSystem, wasAdopted: wasAdopted))
        case .bucket(let name, let wasAdopted):
            .bucketProvisioned(.init(number: number, bucket: name, wasAdopted: wasAdopted))
        case .name(let name, let target, let changeID):
            .nameProvisioned(.init(number: number, name: name, target: target, changeID: changeID))
        case .committed(let commit, let repository, let folder):
            .committed(.init(number: number, commit: commit, repository: repository, folder: folder))
        case .application(let name, let project, let uid):
            .applicationDeclared(.init(number: number, application: name, project: project, uid: uid))
        case .synced(let revision): .synced(.init(number: number, revision: revision))
        case .healthy(let revision, let seconds):
            .becameHealthy(.init(number: number, revision: revision, stableSeconds: seconds))
        }
    }

    /// Each step begun and succeeded, one after the other.
    package static func did(_ steps: [Step], _ number: Int = 1) -> [DeploymentEvent] {
        steps.flatMap { [started($0, number), succeeded($0, number)] }
    }

    package static func failure(_ step: Step, _ number: Int = 1) -> StepFailed {
        StepFailed(number: number, step: step, attempts: 3, reason: "access denied")
    }

    /// The step failed, and the release with it.
    package static func failed(_ step: Step, _ number: Int = 1) -> [DeploymentEvent] {
        [
            .stepFailed(failure(step, number)),
            .failed(.init(number: number, step: step, reason: "access denied")),
        ]
    }

    /// A first release that keeps what it made if it fails.
    package static let keeping: [DeploymentEvent] = [
        .requested(.init(number: 1, cause: .first, release: first, requestedBy: "ana", onFailure: .keep))
    ]

    /// The step failed, and what was made is kept.
    package static func held(_ step: Step, _ number: Int = 1) -> [DeploymentEvent] {
        [.stepFailed(failure(step, number)), .held(.init(number: number, step: step, reason: "access denied"))]
    }

    package static let late = DeploymentEvent.held(.init(number: 1, step: nil, reason: "not live after 1800 s"))

    package static func resumed(_ steps: [Step], _ number: Int = 1) -> DeploymentEvent {
        .resumed(.init(number: number, steps: steps, requestedBy: "ana"))
    }

    package static func cancelled(_ number: Int = 1) -> DeploymentEvent {
        .cancelled(.init(number: number, cancelledBy: "ana", reason: "a typo"))
    }

    package static func undoing(_ step: Step, _ number: Int = 1) -> DeploymentEvent {
        .undoStarted(.init(number: number, step: step))
    }

    package static func proof(_ step: Step, _ number: Int = 1, commit: String? = nil) -> Undone {
        Undone(number: number, step: step, evidence: "404", commit: commit)
    }

    /// Each taken back, one after the other.
    package static func undid(_ steps: [Step], _ number: Int = 1) -> [DeploymentEvent] {
        steps.flatMap { [undoing($0, number), .undone(proof($0, number))] }
    }

    package static func ending(_ number: Int = 2, removeData: Bool) -> DeploymentEvent {
        .decommissionRequested(
            .init(number: number, removeData: removeData, reason: "not needed", requestedBy: "ana"))
    }

    /// Data that may go after so many seconds; 0 is at once.
    package static func removal(after seconds: Int) -> DataRemovalTerms {
        DataRemovalTerms(removesAt: Timestamp(microseconds: Int64(seconds) * 1_000_000), graceSeconds: seconds)
    }

    package static func removalScheduled(
        _ number: Int = 2, _ removal: Int = 1, data: [Step] = [.bucket, .accessPoint], seconds: Int = 3600
    ) -> DeploymentEvent {
        .dataRemovalScheduled(
            .init(
                number: number, removal: removal, data: data, removesAt: self.removal(after: seconds).removesAt,
                graceSeconds: seconds, reason: "not needed", scheduledBy: "ada"))
    }

    package static func removalWithdrawn(_ number: Int = 2, _ removal: Int = 1) -> DeploymentEvent {
        .dataRemovalWithdrawn(.init(number: number, removal: removal, reason: "they came back", withdrawnBy: "ana"))
    }

    /// What an approval is asked for: the plan `sha256:0`, for an hour.
    package static func adoption(_ kind: ResourceKind, _ number: Int = 1) -> ResourceAdopted {
        let (identity, container) =
            switch kind {
            case .accessPoint: ("fsap-found", frankfurt.fileSystem)
            case .bucket: ("dc-akme-shop-production", frankfurt.region)
            case .name, .folder, .application: ("akme-shop-production", "there")
            }
        return ResourceAdopted(
            number: number, kind: kind, identity: identity, container: container, reason: "still needed",
            adoptedBy: "ada")
    }

    package static let terms = ApprovalTerms(
        digest: "sha256:0", rule: "environment=production", expiresAt: Timestamp(microseconds: 3_600_000_000),
        validSeconds: 3600)

    package static func awaiting(
        _ number: Int = 1, _ cause: ReleaseRequested.Cause = .first, _ release: Release = first
    ) -> DeploymentEvent {
        .approvalRequested(
            .init(.init(number: number, cause: cause, release: release, requestedBy: "ana"), terms))
    }

    package static let provisioning = [requested()]
    package static let live = provisioning + did(Step.allCases) + [.wentLive(.init(number: 1))]
    package static let changing = live + [requested(2, .change, second)]
    package static let afterCommit: [Step] = [.commit, .application, .sync, .health]
    package static let repeatable: [Step] = [.render] + afterCommit
    package static let upgraded = changing + did(repeatable, 2) + [.wentLive(.init(number: 2))]

    /// The first release failed when its bucket could not be made, with nothing else begun.
    package static let compensating = provisioning + [started(.bucket)] + failed(.bucket)
    package static let failedFirst = compensating + undid([.bucket]) + [.compensated(.init(number: 1))]
    package static let failedChange =
        changing + [started(.render, 2)] + failed(.render, 2) + [.compensated(.init(number: 2))]
    package static let cancelledFirst = provisioning + [cancelled(), .compensated(.init(number: 1))]
    package static let incomplete =
        compensating + [
            undoing(.bucket), .undoFailed(failure(.bucket)),
            .compensationIncomplete(.init(number: 1, remaining: [.bucket])),
        ]
    package static let decommissioning = live + [ending(removeData: false)]
    package static let decommissionIncomplete =
        decommissioning + [
            undoing(.application, 2), .undoFailed(failure(.application, 2)),
            .compensationIncomplete(.init(number: 2, remaining: [.application, .commit, .name])),
        ]
    package static let decommissionedKeepingData =
        decommissioning + undid([.application, .commit, .name], 2)
        + [.decommissioned(.init(number: 2, kept: [.bucket, .accessPoint]))]
    package static let decommissioned =
        live + [ending(removeData: true)] + undid([.application, .commit, .name, .bucket, .accessPoint], 2)
        + [.decommissioned(.init(number: 2, kept: []))]
}

extension Deployment.Resources.Made<String> {
    /// What was made, and with which release.
    package var pair: [String] { [value, String(release)] }
}
