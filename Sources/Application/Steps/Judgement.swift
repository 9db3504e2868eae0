package import EventSourcing

/// Whether a cluster has what a commit declares, judged by what Argo CD says.
package enum SyncJudgement: Equatable, Sendable {
    case reached
    case underWay(String)
    /// A sync to another revision runs that is of no use any more, and no other can start while it does.
    case obstructed(by: String)
    case failed(String)
    case notStarted

    /// How long somebody else's sync is waited for: one that hangs would block for ever.
    package static let othersSecondsMax = 120

    /// `commit` is what has to be reached for `deployment`. A sync of the deployment's own to another revision belongs to a release that
    /// is over.
    package init(_ seen: ApplicationObservation, commit: String, deployment: String? = nil, now: Timestamp? = nil) {
        guard let operation = seen.operation else {
            self = .notStarted
            return
        }
        switch operation.phase {
        case "Running":
            if let revision = operation.revision, revision != commit {
                let hangs = operation.startedAt.map { started in
                    now.map { $0 - started >= .seconds(Self.othersSecondsMax) } ?? false
                }
                self =
                    operation.deployment == deployment || hangs ?? true
                    ? .obstructed(by: revision)
                    : .underWay("another operation is in progress: a sync to \(revision) that somebody else began")
            } else {
                self = .underWay("sync Running: \(operation.message)")
            }
        case "Terminating": self = .underWay("sync Terminating: \(operation.message)")
        case _ where operation.revision != commit: self = .notStarted
        case "Succeeded": self = .reached
        default: self = .failed("sync \(operation.phase): \(operation.message)")
        }
    }
}

/// Whether an application is live: its sync to the commit succeeded, it is in sync, and it has been seen healthy in a
/// comparison later than the sync's end, for long enough. "Healthy" alone may be the state before the sync.
package enum HealthJudgement: Equatable, Sendable {
    case stable(seconds: Int)
    case healthy(since: Timestamp)
    case notYet(String)
    case broken(String)

    package init(
        _ seen: ApplicationObservation, commit: String, healthySince: Timestamp?, now: Timestamp, stableSeconds: Int
    ) {
        if let error = seen.errors.first {
            self = .broken(error)
            return
        }
        guard SyncJudgement(seen, commit: commit) == .reached else {
            self = .notYet("the last sync is not at \(commit)")
            return
        }
        // Against whichever commit Argo CD compared last: others' commits move the branch on. The operation above says that ours is there,
        // and in sync after it ended means that nothing since wants this application otherwise.
        guard seen.syncStatus == "Synced" else {
            self = .notYet("\(seen.syncStatus) at \(seen.syncRevision)")
            return
        }
        guard seen.health == "Healthy" else {
            let culprits = seen.unhealthyResources.isEmpty ? seen.healthMessage ?? "" : seen.unhealthyResources[0]
            self = .notYet(culprits.isEmpty ? seen.health : "\(seen.health): \(culprits)")
            return
        }
        if let finished = seen.operation?.finishedAt, let reconciled = seen.reconciledAt, reconciled < finished {
            self = .notYet("healthy, but not compared again since the sync ended")
            return
        }
        // A sync that somebody else began meanwhile ends what was seen before it.
        let since = max(healthySince ?? now, seen.operation?.finishedAt ?? healthySince ?? now)
        let seconds = Int((now - since).components.seconds)
        self = seconds >= stableSeconds ? .stable(seconds: seconds) : .healthy(since: since)
    }
}
