import EventSourcing

extension Deployment {
    package static func evolve(_ state: inout State, with event: DeploymentEvent) {
        switch event {
        case .approvalRequested, .approved, .rejected, .approvalExpired, .approvalWithdrawn:
            evolveApproval(&state, with: event)
        case .requested(let fact):
            state.releases[fact.number] = fact.release
            state.run = Run(number: fact.number, onFailure: fact.onFailure ?? .compensate, before: state.resources)
            state.phase = .provisioning
        // The request that follows in the same decision begins anew.
        case .superseded: endAwaiting(&state, .withdrawn)
        case .stepStarted(let fact): state.run.steps[fact.step] = .running
        case .attemptFailed(let fact): state.run.failedAttempts[fact.step] = fact.attempt
        case .undoAttemptFailed(let fact): state.run.failedUndoAttempts[fact.step] = fact.attempt
        case .rendered, .accessPointProvisioned, .bucketProvisioned, .nameProvisioned, .committed,
            .applicationDeclared, .synced, .becameHealthy:
            evolveResult(&state, with: event)
        case .stepFailed(let fact): state.run.steps[fact.step] = .failed
        case .held: state.phase = .held
        case .resumed(let fact): evolveResumed(&state, with: fact)
        case .stepAbandoned(let fact): state.run.steps[fact.step] = .abandoned

        case .wentLive(let fact):
            state.phase = .live
            state.liveRelease = fact.number
            state.provenReleases.insert(fact.number)
        case .failed: state.phase = .compensating(cancelled: false)
        case .cancelled: state.phase = .compensating(cancelled: true)

        case .undoStarted(let fact): state.run.undos[fact.step] = .running
        case .undone(let fact): evolveUndone(&state, with: fact)
        case .undoFailed(let fact): state.run.undos[fact.step] = .failed
        case .compensated: evolveCompensated(&state)
        case .compensationIncomplete: evolveIncomplete(&state)
        case .compensationRetried: evolveRetried(&state)

        case .resourceAdopted(let fact): evolveAdopted(&state, with: fact)

        case .dataRemovalScheduled, .dataRemovalWithdrawn: evolveDataRemoval(&state, with: event)
        case .decommissionRequested(let fact): evolveEnding(&state, with: fact)
        case .decommissioned:
            state.phase = .decommissioned
            state.liveRelease = nil
            state.provenReleases = []  // The next life may have another cluster and another domain.

        case .becameDegraded, .recovered, .drifted, .reconciled: evolveCondition(&state, with: event)
        case .unexplainedChange(let fact): state.unexplainedChanges.insert(fact.commit)
        case .intervened: break  // What follows from it has events of its own.
        }
    }

    private static func evolveResult(_ state: inout State, with event: DeploymentEvent) {
        let number = state.run.number
        switch event {
        case .rendered: state.run.steps[.render] = .succeeded
        case .accessPointProvisioned(let fact):
            state.run.steps[.accessPoint] = .succeeded
            state.resources.accessPoint = .init(value: fact.accessPoint, release: number)
        case .bucketProvisioned(let fact):
            state.run.steps[.bucket] = .succeeded
            state.resources.bucket = .init(value: fact.bucket, release: number)
        case .nameProvisioned(let fact):
            state.run.steps[.name] = .succeeded
            state.resources.name = .init(value: fact.name, release: number)
        case .committed(let fact):
            state.run.steps[.commit] = .succeeded
            state.resources.commit = .init(value: fact.commit, release: number)
        case .applicationDeclared(let fact):
            state.run.steps[.application] = .succeeded
            let made = state.resources.application?.release ?? number
            state.resources.application = .init(
                value: .init(name: fact.application, project: fact.project), release: made)
        case .synced: state.run.steps[.sync] = .succeeded
        case .becameHealthy: state.run.steps[.health] = .succeeded
        default: break
        }
    }

    private static func evolveUndone(_ state: inout State, with fact: Undone) {
        state.run.undos[fact.step] = .done
        switch fact.step {
        case .accessPoint: state.resources.accessPoint = nil
        case .bucket: state.resources.bucket = nil
        case .name: state.resources.name = nil
        case .application: state.resources.application = nil
        case .commit: evolveFilesTakenBack(&state, commit: fact.commit)
        case .render, .sync, .health: break
        }
    }

    /// After an upgrade that failed the files are those of the live release again, at a new commit.
    private static func evolveFilesTakenBack(_ state: inout State, commit: String?) {
        guard let live = state.liveRelease, !state.isDecommissioning else {
            state.resources.commit = nil
            return
        }
        // Without a new commit the files never changed.
        state.resources.commit = commit.map { .init(value: $0, release: live) } ?? state.run.before.commit
    }

    private static func evolveEnding(_ state: inout State, with fact: DecommissionRequested) {
        let leftovers = state.remaining.filter { $0 != .sync }.map { ($0, state.maker(of: $0)) }
        state.run = Run(
            number: fact.number, before: state.resources, leftovers: Dictionary(leftovers) { first, _ in first })
        state.phase = .decommissioning(removeData: fact.removeData)
        if fact.removeData { state.dataRemoval = nil }
        // Nobody waits any more for what is going to be well.
        state.degradation = nil
        state.drift = nil
    }

    private static func evolveCompensated(_ state: inout State) {
        guard case .compensating(let cancelled) = state.phase else { return }
        state.phase = state.liveRelease != nil ? .live : cancelled ? .cancelled : .failed
    }

    private static func evolveIncomplete(_ state: inout State) {
        switch state.phase {
        case .compensating(let cancelled): state.phase = .compensationIncomplete(cancelled: cancelled)
        case .decommissioning(let removeData): state.phase = .decommissionIncomplete(removeData: removeData)
        default: break
        }
    }

    private static func evolveRetried(_ state: inout State) {
        switch state.phase {
        case .compensationIncomplete(let cancelled): state.phase = .compensating(cancelled: cancelled)
        case .decommissionIncomplete(let removeData): state.phase = .decommissioning(removeData: removeData)
        default: break
        }
        state.run.undos = state.run.undos.filter { $0.value == .done }
        state.run.failedUndoAttempts = [:]
    }
}

extension Deployment.State {
    fileprivate var isDecommissioning: Bool {
        switch phase {
        case .decommissioning, .decommissionIncomplete: true
        default: false
        }
    }
}
