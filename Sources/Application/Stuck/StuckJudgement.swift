import Domain
package import EventSourcing
import ProcessManagers

/// Judges what is stuck, and says why: pure, so that the same facts give the same sentence.
package struct StuckJudgement: Sendable {
    let now: Timestamp
    let circuits: [String: CircuitStatus]
    let expected: ExpectedTimes
    let owners: Owners

    /// What is due is taken within a second or two by any worker that is free.
    static let unclaimedSeconds = 30
    /// Somebody has to be found who may approve.
    static let approvalSeconds = 4 * 3600

    package init(now: Timestamp, circuits: [CircuitStatus], expected: ExpectedTimes, owners: Owners) {
        self.now = now
        self.circuits = Dictionary(circuits.map { ($0.circuit, $0) }) { first, _ in first }
        self.expected = expected
        self.owners = owners
    }

    package func finding(of parked: ParkedStream) -> StuckDeployment {
        StuckDeployment(
            deployment: parked.stream.id, release: nil, kind: .parked, since: now,
            sentence:
                "No build that runs here can read its event \(parked.version) (\(parked.reason)), so nothing is done for it until one is deployed that can.",
            effect: parked.stream.description, remains: [], actions: [])
    }

    /// Nil if it gets on, or has nothing to do. `effects` are its open rows.
    package func finding(of standing: DeploymentStanding, effects: [EffectRow]) -> StuckDeployment? {
        if let found = waitingForPeople(standing) { return found }
        let work = effects.compactMap { row in Work(row).map { (row, $0) } }
        let found = work.compactMap { row, work in finding(of: work, row, standing) }
        let order = StuckDeployment.Kind.allCases
        if let worst = found.min(by: {
            ((order.firstIndex(of: $0.kind) ?? 0), $0.since) < ((order.firstIndex(of: $1.kind) ?? 0), $1.since)
        }) {
            return worst
        }
        guard standing.isAtWork, work.isEmpty, now - standing.updatedAt > .seconds(Self.unclaimedSeconds) else {
            return nil
        }
        return stuck(
            standing, .idle, since: standing.updatedAt,
            "Release \(standing.release) is \(standing.state), and nothing is to be done for it: what decides the next step has not got to its last event."
        )
    }

    // MARK: People

    private func waitingForPeople(_ standing: DeploymentStanding) -> StuckDeployment? {
        let problem = standing.lastProblem.map { " (the last attempt said: \($0))" } ?? ""
        switch standing.state {
        case "compensation_incomplete", "decommission_incomplete":
            let remains = standing.remainders(owners)
            var asked: [String] = []
            for remainder in remains where !asked.contains(remainder.ask) { asked.append(remainder.ask) }
            return stuck(
                standing, .incomplete, since: standing.updatedAt,
                "There remain \(Self.list(remains.map(\.what)))\(problem): ask \(Self.list(asked)), then try again.")
        case "held":
            let cause = standing.reason ?? "for too long"
            return stuck(
                standing, .held, since: standing.updatedAt,
                "Release \(standing.release) failed\(standing.failedStep.map { " at \($0)" } ?? "") (\(cause)) and keeps what it made until somebody retries or cancels it, or its time is over."
            )
        case "awaiting_approval":
            guard let awaiting = standing.awaiting, awaiting.expiresAt - now < .seconds(Self.approvalSeconds) else {
                return nil
            }
            return stuck(
                standing, .approvalExpires, since: standing.updatedAt,
                "Release \(awaiting.number) expires at \(awaiting.expiresAt) unless somebody else than \(awaiting.requestedBy) approves it, as \(awaiting.rule) asks for."
            )
        default: return nil
        }
    }

    // MARK: Work

    /// A row that is about a step or its undoing.
    private struct Work {
        let step: Step
        let release: Int
        let words: String

        init?(_ row: EffectRow) {
            switch DeploymentEffect(payload: row.work) {
            case .perform(let step, let release)?:
                (self.step, self.release) = (step, release)
                words = "The step \(step.rawValue) of release \(release)"
            case .undo(let step, let release)?:
                (self.step, self.release) = (step, release)
                words = "The taking back of \(step.rawValue) of release \(release)"
            case .watchDeadline?, .expireApproval?, .removeData?, nil: return nil
            }
        }
    }

    private func finding(of work: Work, _ row: EffectRow, _ standing: DeploymentStanding) -> StuckDeployment? {
        let said = row.reason.map { "; last seen: \($0)" } ?? ""
        func found(_ kind: StuckDeployment.Kind, since: Timestamp, _ sentence: String) -> StuckDeployment {
            stuck(standing, kind, since: since, sentence, effect: row.id, release: work.release)
        }
        switch row.state {
        case .parked:
            return found(
                .parked, since: row.createdAt,
                "\(work.words) is left to a newer build, as this one cannot do it\(said).")
        case .held:
            return found(.systemHeld, since: row.dueAt, "\(work.words) waits because \(words(of: row.circuit)).")
        case .due where now - row.dueAt > .seconds(Self.unclaimedSeconds):
            return found(
                .unclaimed, since: row.dueAt,
                "\(work.words) has been due since \(row.dueAt) and no worker has taken it: none runs, or the limits of \(row.circuit) let others go first."
            )
        case .scheduled where row.reason?.contains("sync window") == true:
            return found(
                .syncWindow, since: row.createdAt,
                "\(work.words) waits for a sync window of its Argo CD project and looks again at \(row.dueAt)\(said).")
        case .scheduled, .working, .due: break
        case .ended: return nil
        }
        let attempts =
            row.failures == 0 ? "" : " with \(row.failures) failed \(row.failures == 1 ? "attempt" : "attempts")"
        guard let late = lateness(of: work.step, standing.template, since: row.createdAt, attempts) else { return nil }
        return found(.slow, since: row.createdAt, "\(work.words) \(late)\(said).")
    }

    private func words(of circuit: String) -> String {
        guard let status = circuits[circuit] else { return "\(circuit) is not asked now" }
        let reason = status.reason.map { " (\($0))" } ?? ""
        if let until = status.throttledUntil { return "\(circuit) has asked to be spared until \(until)\(reason)" }
        return "\(circuit) does not answer\(reason)"
            + (status.probeAt.map { ", and one effect tries it again at \($0)" }
                ?? ", and one effect is trying it again")
    }

    /// In words, how it is late; nil if it is not.
    private func lateness(
        of step: Step, _ template: String, since: Timestamp, _ attempts: String
    ) -> String? {
        let waited = now - since
        if let usual = expected.seconds(of: step, template: template) {
            guard waited > .seconds(max(usual.seconds, ExpectedTimes.secondsMin)) else { return nil }
            return
                "has taken \(Self.words(waited))\(attempts), and 95 of 100 \(usual.releases) needed no more than \(Self.words(.seconds(usual.seconds)))"
        }
        let deadline = Duration.seconds(StepPolicy.policy(for: step).deadlineSeconds)
        guard waited > deadline else { return nil }
        return "has taken \(Self.words(waited))\(attempts), and its deadline is \(Self.words(deadline))"
    }

    private func stuck(
        _ standing: DeploymentStanding, _ kind: StuckDeployment.Kind, since: Timestamp, _ sentence: String,
        effect: String? = nil, release: Int? = nil
    ) -> StuckDeployment {
        StuckDeployment(
            deployment: standing.id, release: release ?? standing.release, kind: kind, since: since, sentence: sentence,
            effect: effect, remains: standing.remainders(owners), actions: standing.actions)
    }

    // MARK: Words

    static func words(_ duration: Duration) -> String {
        let seconds = max(1, Int(duration.components.seconds))
        let (minutes, rest) = (seconds / 60, seconds % 60)
        if minutes >= 120 { return "\(minutes / 60) h \(minutes % 60) min" }
        if minutes > 0 { return rest == 0 ? "\(minutes) min" : "\(minutes) min \(rest) s" }
        return "\(seconds) s"
    }

    private static func list(_ items: [String]) -> String {
        guard let last = items.last else { return "nothing that has a name" }
        return items.count == 1 ? last : "\(items.dropLast().joined(separator: ", ")) and \(last)"
    }
}
