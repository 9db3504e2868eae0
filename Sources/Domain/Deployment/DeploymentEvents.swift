import EventSourcing

/// Facts about one deployment. A release is counted from 1.
package enum DeploymentEvent: Equatable, Sendable {
    case requested(ReleaseRequested)
    case superseded(ReleaseSuperseded)

    case approvalRequested(ApprovalRequested)
    case approved(ReleaseApproved)
    case rejected(ReleaseRejected)
    case approvalWithdrawn(ApprovalWithdrawn)
    case approvalExpired(ApprovalExpired)

    case stepStarted(StepStarted)
    case attemptFailed(AttemptFailed)
    case rendered(Rendered)
    case accessPointProvisioned(AccessPointProvisioned)
    case bucketProvisioned(BucketProvisioned)
    case nameProvisioned(NameProvisioned)
    case committed(Committed)
    case applicationDeclared(ApplicationDeclared)
    case synced(Synced)
    case becameHealthy(BecameHealthy)
    case stepFailed(StepFailed)
    case stepAbandoned(StepAbandoned)

    case wentLive(WentLive)
    case failed(ReleaseFailed)
    case held(ReleaseHeld)
    case resumed(ReleaseResumed)
    case cancelled(ReleaseCancelled)

    case undoStarted(UndoStarted)
    case undoAttemptFailed(AttemptFailed)
    case undone(Undone)
    case undoFailed(StepFailed)
    case compensated(Compensated)
    case compensationIncomplete(CompensationIncomplete)
    case compensationRetried(CompensationRetried)

    case decommissionRequested(DecommissionRequested)
    case decommissioned(Decommissioned)
    case dataRemovalScheduled(DataRemovalScheduled)
    case dataRemovalWithdrawn(DataRemovalWithdrawn)

    case becameDegraded(BecameDegraded)
    case recovered(Recovered)
    case drifted(Drifted)
    case reconciled(Reconciled)

    case unexplainedChange(UnexplainedChange)
    case resourceAdopted(ResourceAdopted)
    case intervened(Intervention)
}

/// Somebody wants this release to run.
package struct ReleaseRequested: Codable, Equatable, Sendable {
    package let number: Int
    package let cause: Cause
    /// The release that is repeated by a retry or restored by a rollback.
    package let of: Int?
    package let release: Release
    package let requestedBy: Actor
    /// Nil, as in older events, is `compensate`.
    package let onFailure: OnFailure?

    package enum Cause: String, Codable, Sendable {
        case first, change, retry, rollback
    }

    package init(
        number: Int, cause: Cause, of: Int? = nil, release: Release, requestedBy: Actor, onFailure: OnFailure? = nil
    ) {
        self.onFailure = onFailure
        self.number = number
        self.cause = cause
        self.of = of
        self.release = release
        self.requestedBy = requestedBy
    }
}

/// A release that had not begun gives way to a newer one.
package struct ReleaseSuperseded: Codable, Equatable, Sendable {
    package let number: Int
    /// The release that runs in its place.
    package let by: Int
    package let requestedBy: Actor

    package init(number: Int, by: Int, requestedBy: Actor) {
        self.number = number
        self.by = by
        self.requestedBy = requestedBy
    }
}

/// Work on a step has begun.
package struct StepStarted: Codable, Equatable, Sendable {
    package let number: Int
    package let step: Step

    package init(number: Int, step: Step) {
        self.number = number
        self.step = step
    }
}

/// One attempt did not succeed; there will be another.
package struct AttemptFailed: Codable, Equatable, Sendable {
    package let number: Int
    package let step: Step
    package let attempt: Int
    package let reason: String

    package init(number: Int, step: Step, attempt: Int, reason: String) {
        self.number = number
        self.step = step
        self.attempt = attempt
        self.reason = reason
    }
}

/// The template gives valid files for this release.
package struct Rendered: Codable, Equatable, Sendable {
    package let number: Int
    package let files: [String]

    package init(number: Int, files: [String]) {
        self.number = number
        self.files = files
    }
}

/// The application's files have a place.
package struct AccessPointProvisioned: Codable, Equatable, Sendable {
    package let number: Int
    package let accessPoint: String
    package let fileSystem: String
    package let wasAdopted: Bool

    package init(number: Int, accessPoint: String, fileSystem: String, wasAdopted: Bool) {
        self.number = number
        self.accessPoint = accessPoint
        self.fileSystem = fileSystem
        self.wasAdopted = wasAdopted
    }
}

/// The application's objects have a place.
package struct BucketProvisioned: Codable, Equatable, Sendable {
    package let number: Int
    package let bucket: String
    package let wasAdopted: Bool

    package init(number: Int, bucket: String, wasAdopted: Bool) {
        self.number = number
        self.bucket = bucket
        self.wasAdopted = wasAdopted
    }
}

/// The domain name leads to the cluster's load balancer, on all name servers.
package struct NameProvisioned: Codable, Equatable, Sendable {
    package let number: Int
    package let name: String
    package let target: String
    package let changeID: String?

    package init(number: Int, name: String, target: String, changeID: String?) {
        self.number = number
        self.name = name
        self.target = target
        self.changeID = changeID
    }
}

/// Git declares the release.
package struct Committed: Codable, Equatable, Sendable {
    package let number: Int
    package let commit: String
    package let repository: String
    package let folder: String

    package init(number: Int, commit: String, repository: String, folder: String) {
        self.number = number
        self.commit = commit
        self.repository = repository
        self.folder = folder
    }
}

/// Argo CD knows the application.
package struct ApplicationDeclared: Codable, Equatable, Sendable {
    package let number: Int
    package let application: String
    package let project: String
    package let uid: String

    package init(number: Int, application: String, project: String, uid: String) {
        self.number = number
        self.application = application
        self.project = project
        self.uid = uid
    }
}

/// The cluster has what the commit declares.
package struct Synced: Codable, Equatable, Sendable {
    package let number: Int
    package let revision: String

    package init(number: Int, revision: String) {
        self.number = number
        self.revision = revision
    }
}

/// The application was seen healthy after the sync ended, and stayed so.
package struct BecameHealthy: Codable, Equatable, Sendable {
    package let number: Int
    package let revision: String
    /// How long it had been healthy when this was recorded.
    package let stableSeconds: Int

    package init(number: Int, revision: String, stableSeconds: Int) {
        self.number = number
        self.revision = revision
        self.stableSeconds = stableSeconds
    }
}

/// A step, or the taking back of one, will not succeed by trying again.
package struct StepFailed: Codable, Equatable, Sendable {
    package let number: Int
    package let step: Step
    package let attempts: Int
    package let reason: String

    package init(number: Int, step: Step, attempts: Int, reason: String) {
        self.number = number
        self.step = step
        self.attempts = attempts
        self.reason = reason
    }
}

/// A step was given up unfinished because its release had failed or was cancelled.
package struct StepAbandoned: Codable, Equatable, Sendable {
    package let number: Int
    package let step: Step

    package init(number: Int, step: Step) {
        self.number = number
        self.step = step
    }
}

/// The release runs.
package struct WentLive: Codable, Equatable, Sendable {
    package let number: Int

    package init(number: Int) { self.number = number }
}

/// The release will not go live.
package struct ReleaseFailed: Codable, Equatable, Sendable {
    package let number: Int
    /// The step that failed; nil if the release as a whole took too long.
    package let step: Step?
    package let reason: String

    package init(number: Int, step: Step?, reason: String) {
        self.number = number
        self.step = step
        self.reason = reason
    }
}

/// Somebody does not want the release any more.
package struct ReleaseCancelled: Codable, Equatable, Sendable {
    package let number: Int
    package let cancelledBy: Actor
    package let reason: String

    package init(number: Int, cancelledBy: Actor, reason: String) {
        self.number = number
        self.cancelledBy = cancelledBy
        self.reason = reason
    }
}

/// Taking back what a step made has begun.
package struct UndoStarted: Codable, Equatable, Sendable {
    package let number: Int
    package let step: Step

    package init(number: Int, step: Step) {
        self.number = number
        self.step = step
    }
}

/// What a step made is gone, or is as it was before the release.
package struct Undone: Codable, Equatable, Sendable {
    package let number: Int
    package let step: Step
    /// What was read that proves it.
    package let evidence: String
    /// The commit that took the files back, where there is one.
    package let commit: String?

    package init(number: Int, step: Step, evidence: String, commit: String? = nil) {
        self.number = number
        self.step = step
        self.evidence = evidence
        self.commit = commit
    }
}

/// Everything that the release made is gone.
package struct Compensated: Codable, Equatable, Sendable {
    package let number: Int

    package init(number: Int) { self.number = number }
}

/// Something that had to go is still there.
package struct CompensationIncomplete: Codable, Equatable, Sendable {
    package let number: Int
    package let remaining: [Step]

    package init(number: Int, remaining: [Step]) {
        self.number = number
        self.remaining = remaining
    }
}

/// Somebody wants what remains to be taken back once more.
package struct CompensationRetried: Codable, Equatable, Sendable {
    package let number: Int
    package let requestedBy: Actor

    package init(number: Int, requestedBy: Actor) {
        self.number = number
        self.requestedBy = requestedBy
    }
}

/// The deployment is not needed any more, or the time has come of the data that an earlier decommission kept.
package struct DecommissionRequested: Codable, Equatable, Sendable {
    package let number: Int
    package let removeData: Bool
    package let reason: String
    package let requestedBy: Actor

    package init(number: Int, removeData: Bool, reason: String, requestedBy: Actor) {
        self.number = number
        self.removeData = removeData
        self.reason = reason
        self.requestedBy = requestedBy
    }
}

/// Nothing of the deployment runs any more.
package struct Decommissioned: Codable, Equatable, Sendable {
    package let number: Int
    /// The bucket and the access point that were kept, if any.
    package let kept: [Step]

    package init(number: Int, kept: [Step]) {
        self.number = number
        self.kept = kept
    }
}
