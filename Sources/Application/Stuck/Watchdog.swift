import Domain
import EventSourcing

/// Finds what is stuck: reads what the views, the to-do list and the circuits say, and has it judged.
package struct Watchdog: Sendable {
    let queries: any Queries
    let effects: any EffectAdministration
    package let owners: Owners
    let surroundings: Surroundings

    /// More open rows than this are a disaster that shows in other ways.
    static let effectsMax = 20_000

    package init(
        queries: any Queries, effects: any EffectAdministration, owners: Owners, surroundings: Surroundings
    ) {
        self.queries = queries
        self.effects = effects
        self.owners = owners
        self.surroundings = surroundings
    }

    /// Everything that is stuck now, the longest first.
    package func report() async throws -> [StuckDeployment] {
        let now = surroundings.now()
        // The view before the rows: what has ended meanwhile has no row, and is not waited for.
        let standings = try await unsettled()
        let rows = Dictionary(
            grouping: try await effects.rows(EffectSelection(limit: Self.effectsMax), at: now), by: \.stream)
        let judgement = StuckJudgement(
            now: now, circuits: try await effects.circuits(at: now), expected: try await expectedTimes(), owners: owners
        )
        let parked = try await effects.parked(by: DeploymentReactor.process).map { judgement.finding(of: $0) }
        let others = standings.compactMap { standing in
            judgement.finding(
                of: standing, effects: rows["\(StreamName.deployment(ID(standing.id)))"] ?? [])
        }
        let unreadable = Set(parked.map(\.deployment))
        return (parked + others.filter { !unreadable.contains($0.deployment) })
            .sorted { ($0.since, $0.deployment) < ($1.since, $1.deployment) }
    }

    private func unsettled() async throws -> [DeploymentStanding] {
        var found: [DeploymentStanding] = []
        for state in DeploymentStanding.unsettled {
            var cursor: String?
            repeat {
                let page = try await queries.page(
                    .deploymentStatus, filter: ["state": state], after: cursor, limit: QueryView.limitMax)
                found += try page.rows.map { try JSONText.decode(DeploymentStanding.self, from: $0) }
                cursor = page.nextCursor
            } while cursor != nil
        }
        return found
    }

    private func expectedTimes() async throws -> ExpectedTimes {
        var times = ExpectedTimes()
        for kind in ["step", "template"] {
            let page = try await queries.page(
                .stepDurations, filter: ["by": kind], after: nil, limit: QueryView.limitMax)
            for text in page.rows {
                let row = try JSONText.decode(StepDurationRow.self, from: text)
                guard let p95 = row.p95Seconds else { continue }
                times.add(row.step, template: row.template, count: row.count, p95Seconds: p95)
            }
        }
        return times
    }
}
