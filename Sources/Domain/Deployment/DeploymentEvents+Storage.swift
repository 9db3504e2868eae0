package import EventSourcing

extension DeploymentEvent: StorableEvent {
    package var stored: StoredForm {
        switch self {
        case .requested(let fact): StoredForm("deployment.requested", version: 1, fact)
        case .approvalRequested(let fact): StoredForm("deployment.approval_requested", version: 1, fact)
        case .approved(let fact): StoredForm("deployment.approved", version: 1, fact)
        case .rejected(let fact): StoredForm("deployment.rejected", version: 1, fact)
        case .approvalWithdrawn(let fact): StoredForm("deployment.approval_withdrawn", version: 1, fact)
        case .approvalExpired(let fact): StoredForm("deployment.approval_expired", version: 1, fact)
        case .superseded(let fact): StoredForm("deployment.superseded", version: 1, fact)
        case .stepStarted(let fact): StoredForm("deployment.step_started", version: 1, fact)
        case .attemptFailed(let fact): StoredForm("deployment.attempt_failed", version: 1, fact)
        case .rendered(let fact): StoredForm("deployment.rendered", version: 1, fact)
        case .accessPointProvisioned(let fact): StoredForm("deployment.access_point_provisioned", version: 1, fact)
        case .bucketProvisioned(let fact): StoredForm("deployment.bucket_provisioned", version: 1, fact)
        case .nameProvisioned(let fact): StoredForm("deployment.name_provisioned", version: 1, fact)
        case .committed(let fact): StoredForm("deployment.committed", version: 1, fact)
        case .applicationDeclared(let fact): StoredForm("deployment.application_declared", version: 1, fact)
        case .synced(let fact): StoredForm("deployment.synced", version: 1, fact)
        case .becameHealthy(let fact): StoredForm("deployment.became_healthy", version: 1, fact)
        case .stepFailed(let fact): StoredForm("deployment.step_failed", version: 1, fact)
        case .stepAbandoned(let fact): StoredForm("deployment.step_abandoned", version: 1, fact)
        case .wentLive(let fact): StoredForm("deployment.went_live", version: 1, fact)
        case .failed(let fact): StoredForm("deployment.failed", version: 1, fact)
        case .held(let fact): StoredForm("deployment.held", version: 1, fact)
        case .resumed(let fact): StoredForm("deployment.resumed", version: 1, fact)
        case .cancelled(let fact): StoredForm("deployment.cancelled", version: 1, fact)
        case .undoStarted(let fact): StoredForm("deployment.undo_started", version: 1, fact)
        case .undoAttemptFailed(let fact): StoredForm("deployment.undo_attempt_failed", version: 1, fact)
        case .undone(let fact): StoredForm("deployment.undone", version: 1, fact)
        case .undoFailed(let fact): StoredForm("deployment.undo_failed", version: 1, fact)
        case .compensated(let fact): StoredForm("deployment.compensated", version: 1, fact)
        case .compensationIncomplete(let fact): StoredForm("deployment.compensation_incomplete", version: 1, fact)
        case .compensationRetried(let fact): StoredForm("deployment.compensation_retried", version: 1, fact)
        case .decommissionRequested(let fact): StoredForm("deployment.decommission_requested", version: 1, fact)
        case .decommissioned(let fact): StoredForm("deployment.decommissioned", version: 1, fact)
        case .dataRemovalScheduled(let fact): StoredForm("deployment.data_removal_scheduled", version: 1, fact)
        case .dataRemovalWithdrawn(let fact): StoredForm("deployment.data_removal_withdrawn", version: 1, fact)
        case .unexplainedChange(let fact): StoredForm("deployment.unexplained_change", version: 1, fact)
        case .resourceAdopted(let fact): StoredForm("deployment.resource_adopted", version: 1, fact)
        case .intervened(let fact): StoredForm("deployment.intervened", version: 1, fact)
        }
    }

    package init(_ type: EventType, version: Int, payload: some StoredPayload) throws(UnreadableEvent) {
        func read<Fact: Decodable>(_ fact: Fact.Type) throws(UnreadableEvent) -> Fact {
            try payload.read(fact, of: type, version: version)
        }
        switch (type.rawValue, version) {
        case ("deployment.requested", 1): self = .requested(try read(ReleaseRequested.self))
        case ("deployment.approval_requested", 1): self = .approvalRequested(try read(ApprovalRequested.self))
        case ("deployment.approved", 1): self = .approved(try read(ReleaseApproved.self))
        case ("deployment.rejected", 1): self = .rejected(try read(ReleaseRejected.self))
        case ("deployment.approval_withdrawn", 1): self = .approvalWithdrawn(try read(ApprovalWithdrawn.self))
        case ("deployment.approval_expired", 1): self = .approvalExpired(try read(ApprovalExpired.self))
        case ("deployment.superseded", 1): self = .superseded(try read(ReleaseSuperseded.self))
        case ("deployment.step_started", 1): self = .stepStarted(try read(StepStarted.self))
        case ("deployment.attempt_failed", 1): self = .attemptFailed(try read(AttemptFailed.self))
        case ("deployment.rendered", 1): self = .rendered(try read(Rendered.self))
        case ("deployment.access_point_provisioned", 1):
            self = .accessPointProvisioned(try read(AccessPointProvisioned.self))
        case ("deployment.bucket_provisioned", 1): self = .bucketProvisioned(try read(BucketProvisioned.self))
        case ("deployment.name_provisioned", 1): self = .nameProvisioned(try read(NameProvisioned.self))
        case ("deployment.committed", 1): self = .committed(try read(Committed.self))
        case ("deployment.application_declared", 1): self = .applicationDeclared(try read(ApplicationDeclared.self))
        case ("deployment.synced", 1): self = .synced(try read(Synced.self))
        case ("deployment.became_healthy", 1): self = .becameHealthy(try read(BecameHealthy.self))
        case ("deployment.step_failed", 1): self = .stepFailed(try read(StepFailed.self))
        case ("deployment.step_abandoned", 1): self = .stepAbandoned(try read(StepAbandoned.self))
        case ("deployment.went_live", 1): self = .wentLive(try read(WentLive.self))
        case ("deployment.failed", 1): self = .failed(try read(ReleaseFailed.self))
        case ("deployment.held", 1): self = .held(try read(ReleaseHeld.self))
        case ("deployment.resumed", 1): self = .resumed(try read(ReleaseResumed.self))
        case ("deployment.cancelled", 1): self = .cancelled(try read(ReleaseCancelled.self))
        case ("deployment.undo_started", 1): self = .undoStarted(try read(UndoStarted.self))
        case ("deployment.undo_attempt_failed", 1): self = .undoAttemptFailed(try read(AttemptFailed.self))
        case ("deployment.undone", 1): self = .undone(try read(Undone.self))
        case ("deployment.undo_failed", 1): self = .undoFailed(try read(StepFailed.self))
        case ("deployment.compensated", 1): self = .compensated(try read(Compensated.self))
        case ("deployment.compensation_incomplete", 1):
            self = .compensationIncomplete(try read(CompensationIncomplete.self))
        case ("deployment.compensation_retried", 1): self = .compensationRetried(try read(CompensationRetried.self))
        case ("deployment.decommission_requested", 1):
            self = .decommissionRequested(try read(DecommissionRequested.self))
        case ("deployment.decommissioned", 1): self = .decommissioned(try read(Decommissioned.self))
        case ("deployment.data_removal_scheduled", 1):
            self = .dataRemovalScheduled(try read(DataRemovalScheduled.self))
        case ("deployment.data_removal_withdrawn", 1):
            self = .dataRemovalWithdrawn(try read(DataRemovalWithdrawn.self))
        case ("deployment.unexplained_change", 1): self = .unexplainedChange(try read(UnexplainedChange.self))
        case ("deployment.resource_adopted", 1): self = .resourceAdopted(try read(ResourceAdopted.self))
        case ("deployment.intervened", 1): self = .intervened(try read(Intervention.self))
        default: throw .unknownType(type, version: version)
        }
    }
}
