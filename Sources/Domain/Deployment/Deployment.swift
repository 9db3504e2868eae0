package import EventSourcing

/// One application of one customer in one environment: its releases, what they made, and how the current one is doing.
package enum Deployment: Decider {
    package enum Command: Equatable, Sendable {
        /// The first release, or the first after a decommission.
        case request(Release, by: Actor, onFailure: OnFailure = .compensate)
        /// Another release of a deployment that exists.
        case change(Release, by: Actor, superseding: Bool = false, onFailure: OnFailure = .compensate)
        case retry(by: Actor)
        case rollBack(to: Int, by: Actor, superseding: Bool = false)
        case cancel(reason: String, by: Actor)
        /// The data stays where it is unless there are terms for its removal.
        case decommission(removing: DataRemovalTerms? = nil, reason: String, by: Actor)
        /// Of the data that a decommission keeps.
        case scheduleDataRemoval(DataRemovalTerms, reason: String, by: Actor)
        case withdrawDataRemoval(reason: String, by: Actor)
        case dataRemovalDue(removal: Int, at: Timestamp)

        /// The wish for a release that the policy lets nobody have alone.
        indirect case seekApproval(Command, ApprovalTerms)
        case approve(digest: String, reason: String, by: Actor, at: Timestamp)
        case reject(reason: String, by: Actor)
        case approvalTimedOut(release: Int)

        case startStep(Step, release: Int)
        case recordAttemptFailure(AttemptFailed)
        case recordResult(StepResult, release: Int)
        case recordFailure(StepFailed)
        case abandonStep(Step, release: Int)
        case deadlinePassed(release: Int, afterSeconds: Int)
        /// Nobody has reported the end of a step, or of its undoing, in time.
        case stepOverdue(Step, release: Int, afterSeconds: Int)
        case undoOverdue(Step, release: Int, afterSeconds: Int)
        /// Nobody has retried or cancelled a release that is held.
        case holdPassed(release: Int, afterSeconds: Int)

        case startUndo(Step, release: Int)
        case recordUndoAttemptFailure(AttemptFailed)
        case recordUndone(Undone)
        case recordUndoFailure(StepFailed)

        /// After so many attempts at the work.
        case intervene(Intervention, attempts: Int)

        /// Files relative to the deployment's folder.
        case noteUnexplainedChange(ForeignCommit, files: [String])
        case noteCondition(LiveCondition)
        case adopt(ResourceAdopted)
    }

    package enum Rejection: Error, Equatable, Sendable {
        case unknown
        case alreadyExists
        /// A release is under way: wait, or cancel it.
        case releaseInProgress(Int)
        /// Only a release that has not begun can be superseded.
        case alreadyBegun(Int)
        /// A release has failed and keeps what it made: retry or cancel it.
        case releaseHeld(Int)
        /// What an earlier release left behind must be taken back first.
        case compensationIncomplete([Step])
        case nothingToRetry
        case nothingToCancel
        /// There is no live release to roll back from.
        case notLive
        /// That release never went live, so there is nothing to return to.
        case notARelease(Int)
        /// A deployment keeps its cluster and its domain for life.
        case fixed(field: String)
        /// An earlier life left files or a bucket on another cluster: they would be neither used nor removed.
        case dataKeptElsewhere
        case decommissioned
        /// Data is removed only of what is decommissioned.
        case notDecommissioned
        /// The decommission left no data.
        case noDataKept
        /// The data that another release would use goes then: withdraw that first.
        case dataRemovalScheduled(Timestamp)
        /// Its time has come: the data is going.
        case dataRemovalBegun
        case nothingToWithdraw
        /// A release waits for approval: decide about it, or withdraw it by cancelling.
        case awaitingApproval(Int)
        case nothingToApprove
        case approverIsRequester
        /// The approval is asked for another plan than was approved: this one.
        case otherPlan(String)
        case approvalExpired
        /// The only release that was ever wanted was not approved.
        case notApproved
        /// The step is not wanted (any more): its release failed, ended, or has it already.
        case stepNotWanted(Step)
        /// It cannot be put on record: there is another one in its place, or it is of no use to the deployment.
        case notAdoptable(ResourceKind, instead: String?)
        /// What the step makes has an id or a digest that only the system knows.
        case resultCannotBeSaid(Step)
    }

    package static let initialState = State()

    package static func decide(_ command: Command, in state: State) throws(Rejection) -> [DeploymentEvent] {
        endingConditions(try decided(command, in: state), in: state)
    }

    private static func decided(_ command: Command, in state: State) throws(Rejection) -> [DeploymentEvent] {
        switch command {
        case .request, .change, .retry, .rollBack, .cancel, .decommission: try decideRequest(command, in: state)
        case .scheduleDataRemoval, .withdrawDataRemoval, .dataRemovalDue: try decideDataRemoval(command, in: state)
        case .seekApproval, .approve, .reject, .approvalTimedOut: try decideApproval(command, in: state)
        case .startStep, .recordAttemptFailure, .recordResult, .recordFailure, .abandonStep:
            try ended(decideStep(command, in: state), in: state)
        case .deadlinePassed, .stepOverdue, .undoOverdue, .holdPassed:
            ended(decideTime(command, in: state), in: state)
        case .startUndo, .recordUndoAttemptFailure, .recordUndone, .recordUndoFailure:
            try ended(decideUndo(command, in: state), in: state)
        case .intervene(let fact, let attempts):
            try ended(decideIntervention(fact, attempts: attempts, in: state), in: state)
        case .noteUnexplainedChange(let found, let files): try decideNote(found, files: files, in: state)
        case .noteCondition(let seen): try decideCondition(seen, in: state)
        case .adopt(let wanted): try decideAdoption(wanted, in: state)
        }
    }

    /// Adds the end of a compensation where `events` leave nothing to take back.
    static func ended(_ events: [DeploymentEvent], in state: State) -> [DeploymentEvent] {
        guard !events.isEmpty else { return [] }
        let after = fold(events, from: state)
        guard let end = after.endOfUndoing else { return events }
        return events + [end]
    }
}

/// What a step's success consists of.
package enum StepResult: Equatable, Sendable {
    case rendered(files: [String])
    case accessPoint(id: String, fileSystem: String, wasAdopted: Bool)
    case bucket(String, wasAdopted: Bool)
    case name(String, target: String, changeID: String?)
    case committed(commit: String, repository: String, folder: String)
    case application(String, project: String, uid: String)
    case synced(revision: String)
    case healthy(revision: String, stableSeconds: Int)

    package var step: Step {
        switch self {
        case .rendered: .render
        case .accessPoint: .accessPoint
        case .bucket: .bucket
        case .name: .name
        case .committed: .commit
        case .application: .application
        case .synced: .sync
        case .healthy: .health
        }
    }

    func event(number: Int) -> DeploymentEvent {
        switch self {
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
        case .healthy(let revision, let stableSeconds):
            .becameHealthy(.init(number: number, revision: revision, stableSeconds: stableSeconds))
        }
    }
}
