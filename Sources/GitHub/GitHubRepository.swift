package import Application
package import EventSourcing
package import HTTPClient

/// The one committer of a process: changes that arrive while a push is under way share the next commit.
///
/// Another process' pushes, a second replica's among them, are built upon. A push whose answer was lost is found by the
/// next try, because the folder then holds what it should. What the branch holds is remembered from commit to commit, so that
/// one takes three calls, however many changes it has.
package actor GitHubRepository: SourceRepository {
    package nonisolated let location: RepositoryLocation
    let committing: Committing
    private let pushInterval: Duration
    private let now: @Sendable () -> Timestamp
    private var isBusy = false
    private var waiting: [Waiter] = []
    private var nextPush: Timestamp?
    private var branch: BranchState?
    /// Until when GitHub has asked us to be silent, and why.
    private var silence: (until: Timestamp, reason: String)?

    /// More would make commits that nobody can read.
    package static let changesPerCommitMax = 100

    /// A caller that waits for a commit of somebody else to end.
    private struct Waiter {
        let change: FolderChange
        let continuation: CheckedContinuation<Turn, Never>
    }

    /// What a waiting caller is woken for.
    private enum Turn {
        case done(Result<CommitEvidence, ProviderError>)
        /// Nobody is committing: do it, for yourself and for all who wait.
        case lead
    }

    /// `random` answers from 0 up to 1; `pause` waits on the caller's clock.
    package init(
        _ configuration: GitHubConfiguration, client: CurlClient, now: @escaping @Sendable () -> Timestamp,
        record: @escaping @Sendable (String) async throws(ProviderError) -> Void = { _ in },
        random: @escaping @Sendable () -> Double = { Double.random(in: 0..<1) },
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        location = RepositoryLocation(url: configuration.cloneURL, branch: configuration.branch)
        committing = Committing(
            session: GitHubSession(configuration, client: client, now: now), record: record, random: random,
            pause: pause)
        pushInterval = configuration.pushInterval
        self.now = now
    }

    /// How many changes wait for the commit under way to end.
    package var waitingCount: Int { waiting.count }

    package func commit(_ change: FolderChange) async throws(ProviderError) -> CommitEvidence {
        if let defect = change.defect { throw .refused(reason: defect) }
        if isBusy {
            switch await withCheckedContinuation({ waiting.append(Waiter(change: change, continuation: $0)) }) {
            case .done(let result): return try result.get()
            case .lead: break
            }
        }
        isBusy = true
        defer { passOn() }
        await keepDistance()
        if Task.isCancelled { throw .retryable(reason: "the commit was cancelled", after: nil) }
        let batch = takeBatch(with: change)
        let results = await run([change] + batch.map(\.change))
        answer(batch, Array(results.dropFirst()))
        return try results[0].get()
    }

    /// Tells the batch how it went. What a leader did not get done because it was cancelled itself waits for the next one:
    /// its time was up, not that of those who came with it.
    private func answer(_ batch: [Waiter], _ results: [Result<CommitEvidence, ProviderError>]) {
        var unanswered: [Waiter] = []
        for (waiter, result) in zip(batch, results) {
            if Task.isCancelled, case .failure(.retryable) = result {
                unanswered.append(waiter)
            } else {
                waiter.continuation.resume(returning: .done(result))
            }
        }
        waiting = unanswered + waiting
    }

    /// Wakes the one who has waited longest to lead the next commit.
    private func passOn() {
        if waiting.isEmpty {
            isBusy = false
        } else {
            waiting.removeFirst().continuation.resume(returning: .lead)
        }
    }

    /// The waiting changes that can share a commit: each folder once, and none inside another.
    private func takeBatch(with first: FolderChange) -> [Waiter] {
        var folders = [first.folder]
        var batch: [Waiter] = []
        var rest: [Waiter] = []
        for waiter in waiting {
            let folder = waiter.change.folder
            let overlaps = folders.contains { "\($0)/".hasPrefix("\(folder)/") || "\(folder)/".hasPrefix("\($0)/") }
            folders.append(folder)
            if overlaps || batch.count + 1 == Self.changesPerCommitMax {
                rest.append(waiter)
            } else {
                batch.append(waiter)
            }
        }
        waiting = rest
        return batch
    }

    /// One commit for all; if a rule speaks against it, without the changes at fault, so that these do not fail their neighbours.
    private func run(_ changes: [FolderChange]) async -> [Result<CommitEvidence, ProviderError>] {
        var search = FaultSearch(changes)
        while let part = search.next() {
            if search.isBegun { await keepDistance() }
            do {
                search.succeeded(part, try await commitNow(part.map { changes[$0] }))
            } catch .invalid(let reason) {
                search.refused(part, because: reason)
            } catch {
                search.failed(part, error.providerError)
            }
        }
        return search.results
    }

    private func commitNow(_ changes: [FolderChange]) async throws(GitHubFailure) -> [CommitEvidence] {
        if let silence, now() < silence.until {
            throw .throttled(reason: silence.reason, after: silence.until - now())
        }
        // Taken away meanwhile: after a failure nobody knows what the branch holds.
        let known = branch
        branch = nil
        do {
            let outcome = try await committing.commit(changes, upon: known)
            branch = outcome.branch
            if outcome.evidence.contains(where: \.isNew) { nextPush = now() + pushInterval }
            return outcome.evidence
        } catch {
            switch error {
            case .throttled(let reason, let after), .unavailable(let reason, let after?):
                silence = (now() + after, reason)
            default: break
            }
            throw error
        }
    }

    /// Waits until the branch may be pushed to again.
    private func keepDistance() async {
        guard let nextPush, now() < nextPush else { return }
        // A cancelled wait is no error here: who called looks for the cancellation.
        try? await committing.pause(nextPush - now())
    }
}
