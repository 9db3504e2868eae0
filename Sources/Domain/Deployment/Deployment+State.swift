import EventSourcing

extension Deployment {
    /// What decisions about a deployment need to know.
    package struct State: Equatable, Sendable {
        package var phase = Phase.unknown
        /// Every release that was requested, by number.
        package var releases: [Int: Release] = [:]
        /// The releases that went live once.
        package var provenReleases: Set<Int> = []
        package var liveRelease: Int?
        /// The current release, or the last one.
        package var run = Run(number: 0)
        /// What exists outside for this deployment.
        package var resources = Resources()
        package var awaiting: Awaiting?
        /// The number of the last release that waited for approval, whatever became of it.
        package var lastAwaited = 0
        /// The wish that the data goes, as long as its time has not come.
        package var dataRemoval: DataRemovalScheduled?
        /// How often that was wished.
        package var dataRemovals = 0
        /// Commits of others to the deployment's files that are on record.
        package var unexplainedChanges: Set<String> = []
        /// What is wrong with the live release now, as it was when it began.
        package var degradation: BecameDegraded?
        package var drift: Drifted?

        package init() {}
    }

    package enum Phase: Equatable, Sendable {
        case unknown
        case awaitingApproval
        case provisioning
        /// The release failed and keeps what it made, until somebody retries or cancels it, or time ends it.
        case held
        case live
        /// Taking back what the release made, because it failed or was cancelled.
        case compensating(cancelled: Bool)
        case failed
        case cancelled
        case compensationIncomplete(cancelled: Bool)
        case decommissioning(removeData: Bool)
        case decommissionIncomplete(removeData: Bool)
        case decommissioned
        /// A first release was wanted, and somebody or the clock was against it.
        case notApproved(Disapproval)
    }

    /// The progress of one release, or of a decommission.
    package struct Run: Equatable, Sendable {
        package let number: Int
        package var onFailure = OnFailure.compensate
        package var steps: [Step: StepState] = [:]
        package var undos: [Step: UndoState] = [:]
        /// Failed attempts that are on record, of steps and of their undoing.
        package var failedAttempts: [Step: Int] = [:]
        package var failedUndoAttempts: [Step: Int] = [:]
        /// What was there before the release began, and so is not taken back with it.
        package var before = Resources()
        /// What an earlier release may have left, though no result of its step is on record, with that release: a decommission
        /// takes it back, data or not, as the compensation would have.
        package var leftovers: [Step: Int] = [:]

        package enum StepState: Equatable, Sendable {
            /// `ready` is to be done again after it had failed or was abandoned.
            case running, succeeded, failed, abandoned, ready
        }

        package enum UndoState: Equatable, Sendable {
            case running, done, failed
        }
    }

    /// What exists outside, each with the release that made it: the release is part of its idempotency token.
    package struct Resources: Equatable, Sendable {
        package var accessPoint: Made<String>?
        package var bucket: Made<String>?
        package var name: Made<String>?
        /// SHA of the commit that declares the deployment.
        package var commit: Made<String>?
        package var application: Made<Application>?

        /// Whether the application's files or objects are still there.
        var holdData: Bool { accessPoint != nil || bucket != nil }

        package struct Made<Value: Equatable & Sendable>: Equatable, Sendable {
            package let value: Value
            package let release: Int
        }

        package struct Application: Equatable, Sendable {
            package let name: String
            package let project: String
        }
    }
}

extension Deployment.State {
    package var isProvisioning: Bool { phase == .provisioning }

    /// Whether something is being taken back right now.
    package var isUndoing: Bool {
        switch phase {
        case .compensating, .decommissioning: true
        case .unknown, .awaitingApproval, .provisioning, .held, .live, .failed, .cancelled, .compensationIncomplete,
            .decommissionIncomplete, .decommissioned, .notApproved:
            false
        }
    }

    /// The release that is being worked on; nil during a decommission.
    package var currentRelease: Release? { releases[run.number] }

    /// The release that was requested last, whatever became of it.
    package var lastRelease: Release? { releases.keys.max().flatMap { releases[$0] } }

    /// What another release begins from.
    package var base: Release? { liveRelease.flatMap { releases[$0] } ?? lastRelease }

    /// Whether a step of the current release was begun, so that there may be something to take back.
    var hasBegun: Bool { !run.steps.isEmpty }

    /// Whether the last release failed while an earlier one stayed live.
    var hasFailedChange: Bool { phase == .live && run.number != liveRelease }

    /// The steps that the current release takes: resources that are there already need none.
    package var plannedSteps: [Step] {
        (currentRelease?.steps ?? []).filter { step in
            switch step {
            case .accessPoint: run.before.accessPoint == nil
            case .bucket: run.before.bucket == nil
            case .name: run.before.name == nil
            case .render, .commit, .application, .sync, .health: true
            }
        }
    }

    /// The steps that may begin now.
    package var readySteps: [Step] { isProvisioning ? waitingSteps : [] }

    /// The steps that may begin, now or when the release is resumed.
    package var waitingSteps: [Step] {
        guard isProvisioning || phase == .held else { return [] }
        let planned = plannedSteps
        return planned.filter { step in
            (run.steps[step] == nil || run.steps[step] == .ready)
                && planned.allSatisfy { !step.prerequisites.contains($0) || run.steps[$0] == .succeeded }
        }
    }

    /// Steps that somebody may be working on.
    package var runningSteps: [Step] { plannedSteps.filter { run.steps[$0] == .running } }

    /// What has to be taken back, in order, whether that is done already or not.
    package var undoPlan: [Step] {
        switch phase {
        case .compensating, .compensationIncomplete:
            Step.undoOrder.filter { step in
                guard run.steps[step] != nil else { return false }
                switch step {
                case .application: return run.before.application == nil
                case .sync: return liveRelease != nil  // Back to the commit that restores the live release.
                case .commit, .name, .bucket, .accessPoint: return true
                case .render, .health: return false
                }
            }
        case .decommissioning(let removeData), .decommissionIncomplete(let removeData):
            Step.undoOrder.filter { step in
                if run.leftovers[step] != nil { return true }
                return switch step {
                case .application: run.before.application != nil
                case .commit: run.before.commit != nil
                case .name: run.before.name != nil
                case .bucket: removeData && run.before.bucket != nil
                case .accessPoint: removeData && run.before.accessPoint != nil
                case .render, .sync, .health: false
                }
            }
        case .unknown, .awaitingApproval, .provisioning, .held, .live, .failed, .cancelled, .decommissioned,
            .notApproved:
            []
        }
    }

    /// What still has to be taken back.
    var remaining: [Step] { undoPlan.filter { run.undos[$0] != .done } }

    /// What is to be taken back next; nil while a step is still being worked on, and when nothing is left.
    package var nextUndo: Step? {
        guard isUndoing, runningSteps.isEmpty else { return nil }
        return remaining.first
    }

    /// The release whose token a resource was, or would have been, made with.
    package func maker(of step: Step) -> Int {
        switch step {
        case .accessPoint: resources.accessPoint?.release ?? run.leftovers[step] ?? run.number
        case .bucket: resources.bucket?.release ?? run.leftovers[step] ?? run.number
        case .name: resources.name?.release ?? run.leftovers[step] ?? run.number
        case .commit: resources.commit?.release ?? run.leftovers[step] ?? run.number
        case .application: resources.application?.release ?? run.leftovers[step] ?? run.number
        case .render, .sync, .health: run.number
        }
    }

    /// The event that ends the taking back, if there is nothing left to do for it or no way on.
    var endOfUndoing: DeploymentEvent? {
        guard isUndoing, runningSteps.isEmpty else { return nil }
        if undoPlan.contains(where: { run.undos[$0] == .failed }) {
            return .compensationIncomplete(.init(number: run.number, remaining: remaining))
        }
        guard nextUndo == nil else { return nil }
        if case .decommissioning = phase {
            var kept: [Step] = []
            if resources.bucket != nil { kept.append(.bucket) }
            if resources.accessPoint != nil { kept.append(.accessPoint) }
            return .decommissioned(.init(number: run.number, kept: kept))
        }
        return .compensated(.init(number: run.number))
    }
}
