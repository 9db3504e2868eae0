package import EventSourcing

/// Reads what the views say of a release, and has its time explained.
package struct ReleaseTimes: Sendable {
    let queries: any Queries
    let surroundings: Surroundings

    package init(queries: any Queries, surroundings: Surroundings) {
        self.queries = queries
        self.surroundings = surroundings
    }

    /// What tells of the release itself.
    package static let views: [QueryView] = [.deploymentStatus, .deploymentTimeline, .auditTrail]

    /// The release's time, and up to where in the log it is told; nil if there is no such release.
    package func time(
        of number: Int, _ deployment: String
    ) async throws -> (time: ReleaseTime, position: Position)? {
        let found = try await queries.row(.deploymentStatus, key: deployment)
        guard let text = found.row else { return nil }
        let status = try JSONText.decode(Status.self, from: text)
        guard let release = status.releases.first(where: { $0.number == number }) else { return nil }
        let which = ["deployment": deployment, "release": String(number)]
        let timeline = try await queries.page(.deploymentTimeline, filter: which, after: nil, limit: QueryView.limitMax)
        let course = ReleaseCourse(
            deployment: deployment, number: number, state: status.state(of: release),
            askedAt: try await askedAt(which), requestedAt: release.requestedAt, endedAt: release.outcomeAt,
            rows: try timeline.rows.map { try JSONText.decode(ReleaseCourse.Row.self, from: $0) },
            usualSeconds: try await usualSeconds(before: release),
            isBeingTakenBack: status.release == number && status.state == "compensating")
        return (
            ReleaseTime(course, now: surroundings.now()), min(found.position, timeline.position)
        )
    }

    /// The release as it is forgets when approval was asked for; the audit trail does not.
    private func askedAt(_ which: [String: String]) async throws -> Timestamp? {
        let filter = which.merging(["action": "deployment.approval_requested"]) { $1 }
        let page = try await queries.page(.auditTrail, filter: filter, after: nil, limit: 1)
        return try page.rows.first.map { try JSONText.decode(AuditRow.self, from: $0).recordedAt }
    }

    /// Medians of what had ended when the release was requested: it is not compared with itself.
    private func usualSeconds(before release: Status.Release) async throws -> [String: Double] {
        let page = try await queries.page(
            .stepDurations,
            filter: [
                "by": "cluster,template", "cluster": release.cluster, "template": release.template,
                "until": "\(release.requestedAt)",
            ], after: nil, limit: QueryView.limitMax)
        let rows = try page.rows.map { try JSONText.decode(StepDurationRow.self, from: $0) }
        return rows.reduce(into: [:]) { $0[$1.step] = $1.p50Seconds }
    }

    private struct AuditRow: Decodable {
        let recordedAt: Timestamp
    }

    /// A deployment with its releases, as the view shows it.
    private struct Status: Decodable {
        let release: Int
        let state: String
        let awaiting: Awaiting?
        let releases: [Release]

        struct Awaiting: Decodable {
            let number: Int
        }

        struct Release: Decodable {
            let number: Int
            let cluster: String
            let template: String
            let requestedAt: Timestamp
            let outcome: ReleaseCourse.State?
            let outcomeAt: Timestamp?
        }

        func state(of release: Release) -> ReleaseCourse.State {
            if let outcome = release.outcome { return outcome }
            if awaiting?.number == release.number { return .awaitingApproval }
            return self.release == release.number && state == "held" ? .held : .underWay
        }
    }
}
