/// What a run of `OrderVerifier` found out about the order in which a database shows events to a reader.
package struct OrderReport: Equatable, Sendable {
    package let writers: Int
    /// Gives the same delays and rollbacks again.
    package let seed: UInt64
    package let durationSeconds: Double
    package let committed: Int
    package let rolledBack: Int
    package let seen: Int
    /// Committed events that the tailing reader never saw.
    package let missed: Int
    /// Events that the reader saw and nobody committed, or saw twice.
    package let unexpected: Int
    /// Whether the positions of what was committed are 1, 2, 3 …
    package let isGapless: Bool
    /// Events whose commit had ended before that of an event with a smaller position was asked for.
    package let outOfCommitOrder: Int

    package var seenEqualsCommitted: Bool { missed == 0 && unexpected == 0 }
    package var orderIsCommitOrder: Bool { outOfCommitOrder == 0 && isGapless }
    package var isProven: Bool { committed > 0 && seenEqualsCommitted && orderIsCommitOrder }
}

/// One committed transaction of a writer: its events, and between which two moments it committed.
struct CommittedAppend: Sendable {
    let eventIDs: [String]
    let asked: ContinuousClock.Instant
    let answered: ContinuousClock.Instant
}

/// What the tailing reader was shown, and what the table held when all was over.
struct SeenEvent: Sendable {
    let position: Int64
    let id: String
}

extension OrderReport {
    init(
        writers: Int, seed: UInt64, duration: Duration, rolledBack: Int, commits: [CommittedAppend], seen: [SeenEvent],
        stored: [SeenEvent]
    ) {
        let committedIDs = Set(commits.flatMap(\.eventIDs))
        let seenIDs = Set(seen.map(\.id))
        self.writers = writers
        self.seed = seed
        self.durationSeconds = duration / .seconds(1)
        self.committed = committedIDs.count
        self.rolledBack = rolledBack
        self.seen = seen.count
        self.missed = committedIDs.subtracting(seenIDs).count
        self.unexpected = seenIDs.subtracting(committedIDs).count + seen.count - seenIDs.count
        self.isGapless = zip(stored, 1...).allSatisfy { $0.position == Int64($1) } && stored.count == committedIDs.count
        self.outOfCommitOrder = Self.outOfOrder(stored, commits)
    }

    /// Of two commits that overlapped in time nobody outside can say which came first; all others must be in the order of positions.
    private static func outOfOrder(_ stored: [SeenEvent], _ commits: [CommittedAppend]) -> Int {
        var commitOf: [String: CommittedAppend] = [:]
        for commit in commits { for id in commit.eventIDs { commitOf[id] = commit } }
        var latestAsked: ContinuousClock.Instant?
        var count = 0
        for event in stored {
            guard let commit = commitOf[event.id] else { continue }
            if let latestAsked, commit.answered < latestAsked { count += 1 }
            latestAsked = max(latestAsked ?? commit.asked, commit.asked)
        }
        return count
    }
}
