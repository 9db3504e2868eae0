package import Domain
package import EventSourcing

/// Explains where the time of one release went, against the time that was promised.
package struct ReleaseTime: Encodable, Equatable, Sendable {
    /// What people are promised: about three minutes after they asked for it, the application runs. Of these a cluster that pulls
    /// an image and starts it needs most; approval does not count, for it is people's time.
    package static let budgetSeconds = 180.0

    package let deployment: String
    package let release: Int
    package let state: ReleaseCourse.State
    package let requestedAt: Timestamp
    package let endedAt: Timestamp?
    package let budgetSeconds: Double
    /// From the request to the end, or until now; until the step failed if what was made is held.
    package let elapsedSeconds: Double
    package let overBudgetSeconds: Double
    /// Before `requestedAt`.
    package let approvalSeconds: Double?
    /// What passed on the critical path while none of its steps ran.
    package let betweenStepsSeconds: Double
    /// In the order in which they began.
    package let steps: [Step]
    package let compensation: Compensation?
    package let sentence: String

    /// What one step has to do with it.
    package struct Step: Encodable, Equatable, Sendable {
        package let step: Domain.Step
        package let state: ReleaseCourse.StepState
        package let attempts: Int
        package let beganAfterSeconds: Double
        package let seconds: Double
        package let usualSeconds: Double?
        package let isOnCriticalPath: Bool
    }

    /// How the taking back went, from the release's end on.
    package struct Compensation: Encodable, Equatable, Sendable {
        package let seconds: Double
        package let isUnderWay: Bool
        package let remaining: [Domain.Step]
    }

    package init(_ course: ReleaseCourse, now: Timestamp) {
        let end = course.end(now)
        let rows = course.rows.filter { $0.action == .do }
        let path = Self.criticalPath(rows, until: end, isFailed: course.state == .failed || course.state == .held)
        let elapsed = course.state.isUnapproved ? 0 : Self.seconds(from: course.requestedAt, to: end)
        deployment = course.deployment
        release = course.number
        state = course.state
        requestedAt = course.requestedAt
        endedAt = course.endedAt
        budgetSeconds = Self.budgetSeconds
        elapsedSeconds = elapsed
        overBudgetSeconds = max(0, elapsed - Self.budgetSeconds)
        approvalSeconds = course.askedAt.map {
            Self.seconds(from: $0, to: course.state.isUnapproved ? end : course.requestedAt)
        }
        steps = rows.map { row in
            Step(
                step: row.step, state: row.state, attempts: row.attempts,
                beganAfterSeconds: Self.seconds(from: course.requestedAt, to: row.startedAt),
                seconds: Self.seconds(from: row.startedAt, to: row.end(until: end)),
                usualSeconds: course.usualSeconds[row.step.rawValue], isOnCriticalPath: path.contains(row.step))
        }
        betweenStepsSeconds = max(0, elapsed - steps.filter(\.isOnCriticalPath).map(\.seconds).reduce(0, +))
        compensation = Self.compensation(course, from: end, now: now)
        sentence =
            Account(
                state: state, elapsed: elapsed, approval: approvalSeconds, between: betweenStepsSeconds, steps: steps,
                compensation: compensation
            ).sentence
    }

    /// Back from what ended last, each time to that of its prerequisites which ended last: it could not begin before.
    private static func criticalPath(
        _ rows: [ReleaseCourse.Row], until end: Timestamp, isFailed: Bool
    ) -> Set<Domain.Step> {
        var path: Set<Domain.Step> = []
        // Of those that ended together: what failed, then what began first, as the others took less than that.
        func last(of rows: [ReleaseCourse.Row]) -> ReleaseCourse.Row? {
            rows.max { left, right in
                let (leftEnd, rightEnd) = (left.end(until: end), right.end(until: end))
                if leftEnd != rightEnd { return leftEnd < rightEnd }
                if isFailed, (left.state == .failed) != (right.state == .failed) { return right.state == .failed }
                if left.startedAt != right.startedAt { return left.startedAt > right.startedAt }
                return left.step.order < right.step.order
            }
        }
        var next = last(of: rows)
        while let row = next {
            path.insert(row.step)
            next = last(
                of: rows.filter { row.step.prerequisites.contains($0.step) && $0.end(until: end) <= row.startedAt })
        }
        return path
    }

    private static func compensation(
        _ course: ReleaseCourse, from end: Timestamp, now: Timestamp
    ) -> Compensation? {
        let undos = course.rows.filter { $0.action == .compensate }
        let isUnderWay = course.isBeingTakenBack || undos.contains { $0.endedAt == nil }
        guard isUnderWay || !undos.isEmpty else { return nil }
        let last = isUnderWay ? now : undos.compactMap(\.endedAt).max() ?? end
        return Compensation(
            seconds: seconds(from: end, to: last), isUnderWay: isUnderWay,
            remaining: undos.filter { $0.state == .undoFailed }.map(\.step))
    }

    /// Never less than none: the clock of this computer may be behind that of the database.
    private static func seconds(from start: Timestamp, to end: Timestamp) -> Double {
        max(0, Double(end.microseconds - start.microseconds) / 1_000_000)
    }
}

extension ReleaseCourse {
    /// Until when its time counts.
    fileprivate func end(_ now: Timestamp) -> Timestamp {
        if let endedAt { return endedAt }
        let doing = rows.filter { $0.action == .do }
        guard state == .held, doing.allSatisfy({ $0.endedAt != nil }) else { return now }
        return doing.compactMap(\.endedAt).max() ?? now
    }
}

extension ReleaseCourse.Row {
    /// What is given up with its release may go on for a while: that is no time of the release.
    fileprivate func end(until end: Timestamp) -> Timestamp { min(endedAt ?? end, end) }
}

extension Step {
    fileprivate var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}
