import Domain
import EventSourcing

extension StepExecution {
    func declareApplication(_ context: StepContext) async throws(ProviderError) -> Progress<StepResult> {
        let request = ApplicationRequest(
            name: context.deployment.rawValue, project: conventions.project,
            destination: context.release.target.destination, namespace: context.deployment.namespace,
            repository: providers.repository.location, folder: context.deployment.folder,
            ownership: context.ownership(madeBy: .application))
        let made = try await providers.delivery.upsert(request)
        return .done(.application(made.name, project: conventions.project, uid: made.uid))
    }

    func sync(_ context: StepContext) async throws(ProviderError) -> Progress<StepResult> {
        guard let commit = context.state.resources.commit?.value else {
            throw .refused(reason: "there is no commit to sync to")
        }
        return try await reach(commit, context).map { .synced(revision: $0) }
    }

    /// After an upgrade that failed: to the commit that restored the live release.
    func syncBack(_ context: StepContext) async throws(ProviderError) -> Progress<Removal> {
        guard let commit = context.state.resources.commit?.value else {
            throw .refused(reason: "there is no commit to sync back to")
        }
        return try await reach(commit, context).map { Removal("the cluster has \($0) again") }
    }

    private func reach(_ commit: String, _ context: StepContext) async throws(ProviderError) -> Progress<String> {
        let name = context.deployment.rawValue
        let seen = try await providers.delivery.observe(name, project: conventions.project, refresh: true)
        guard let seen else { throw .retryable(reason: "Argo CD does not know the application \(name)", after: nil) }
        let goal = try await goal(seen, commit, context)
        switch SyncJudgement(seen, commit: goal, deployment: context.deployment.rawValue, now: context.now) {
        case .reached: return .done(commit)
        case .underWay(let what): return .pending(observation: what, continuation: nil, pollAfter: .seconds(1))
        case .obstructed(let revision):
            try await providers.delivery.terminateOperation(name, project: conventions.project)
            return .pending(
                observation: "ending the sync to \(revision)", continuation: nil, pollAfter: .seconds(1))
        case .failed(let why):
            // A failure that was seen before the sync under way now says nothing about that one.
            if let obstacle = try await startSync(commit, context) { return obstacle }
            throw .retryable(reason: why, after: .seconds(1))
        case .notStarted:
            if let obstacle = try await startSync(commit, context) { return obstacle }
            return .pending(observation: "sync started", continuation: nil, pollAfter: .seconds(1))
        }
    }

    /// Nil if it has started; otherwise what is waited for.
    private func startSync(
        _ commit: String, _ context: StepContext
    ) async throws(ProviderError) -> Progress<String>? {
        let now = context.now
        let start = try await providers.delivery.startSync(
            SyncRequest(
                application: context.deployment.rawValue, project: conventions.project, revision: commit,
                ownership: context.ownership(madeBy: .sync), at: now))
        switch start {
        case .started: return nil
        case .operationInProgress:
            return .pending(
                observation: "another operation is in progress", continuation: nil, pollAfter: .seconds(1))
        case .notInWindow(let why, let until):
            // Windows are changed and lifted by people: it is asked again before its time.
            let pollAfter = min(.seconds(60), max(.seconds(1), until.map { $0 - now } ?? .seconds(60)))
            return .pending(observation: why, continuation: nil, pollAfter: pollAfter)
        }
    }

    /// The commit that a sync has to be at: ours, or the later one that Argo CD is at, if that has left our files as they are. Others'
    /// deployments move the branch on all the time.
    private func goal(
        _ seen: ApplicationObservation, _ commit: String, _ context: StepContext
    ) async throws(ProviderError) -> String {
        guard let revision = seen.operation?.revision, revision != commit, revision.count == 40,
            revision.allSatisfy(\.isHexDigit)
        else { return commit }
        do throws(ProviderError) {
            let isAsGood = try await providers.repository.keeps(
                context.deployment.folder, of: commit, at: revision)
            return isAsGood ? revision : commit
        } catch {
            // The step asks Argo CD: that the repository does not answer is no finding about that.
            throw .retryable(reason: error.reason, after: error.after)
        }
    }

    /// `continuation` is the time since when the application has been seen healthy without a break.
    func awaitHealth(
        _ context: StepContext, _ continuation: String?
    ) async throws(ProviderError) -> Progress<StepResult> {
        guard let commit = context.state.resources.commit?.value else {
            throw .refused(reason: "there is no commit that could be healthy")
        }
        let name = context.deployment.rawValue
        let asked = context.now
        let seen = try await providers.delivery.observe(name, project: conventions.project, refresh: true)
        guard let seen else { throw .retryable(reason: "Argo CD does not know the application \(name)", after: nil) }
        // An answer may take long: a first sight counts from when it came, a later one until when it was asked for.
        let since = continuation.flatMap { Timestamp($0) }
        switch HealthJudgement(
            seen, commit: try await goal(seen, commit, context), healthySince: since,
            now: since == nil ? context.now : asked,
            stableSeconds: conventions.stableSeconds)
        {
        case .stable(let seconds): return .done(.healthy(revision: commit, stableSeconds: seconds))
        case .healthy(let since):
            // The last look comes when it has been long enough.
            let rest = since + .seconds(conventions.stableSeconds) - context.now
            return .pending(
                observation: "healthy since \(since)", continuation: since.description,
                pollAfter: min(.seconds(1), max(.milliseconds(50), rest)))
        case .notYet(let why): return .pending(observation: why, continuation: nil, pollAfter: .seconds(1))
        case .broken(let why): throw .retryable(reason: why, after: .seconds(5))
        }
    }
}
