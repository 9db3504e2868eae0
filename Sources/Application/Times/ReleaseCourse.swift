package import Domain
package import EventSourcing

/// What is known of the course of one release: what `ReleaseTime` is made from.
package struct ReleaseCourse: Equatable, Sendable {
    let deployment: String
    let number: Int
    let state: State
    /// When approval was asked for; nil if none had to be.
    let askedAt: Timestamp?
    /// When it could begin; while it waits for approval, and if that is refused, when it was asked for.
    let requestedAt: Timestamp
    let endedAt: Timestamp?
    let rows: [Row]
    /// Medians, by step.
    let usualSeconds: [String: Double]
    let isBeingTakenBack: Bool

    package init(
        deployment: String, number: Int, state: State, askedAt: Timestamp? = nil, requestedAt: Timestamp,
        endedAt: Timestamp?, rows: [Row], usualSeconds: [String: Double] = [:], isBeingTakenBack: Bool = false
    ) {
        self.deployment = deployment
        self.number = number
        self.state = state
        self.askedAt = askedAt
        self.requestedAt = requestedAt
        self.endedAt = endedAt
        self.rows = rows
        self.usualSeconds = usualSeconds
        self.isBeingTakenBack = isBeingTakenBack
    }

    /// How a release ended, or how it is.
    package enum State: String, Codable, CaseIterable, Sendable {
        case awaitingApproval = "awaiting_approval"
        case rejected
        case approvalExpired = "approval_expired"
        case approvalWithdrawn = "approval_withdrawn"
        case underWay = "under_way"
        case held, live, failed, cancelled, superseded

        /// It was never allowed to begin.
        var isUnapproved: Bool {
            [.awaitingApproval, .rejected, .approvalExpired, .approvalWithdrawn].contains(self)
        }
    }

    /// One row of the timeline.
    package struct Row: Decodable, Equatable, Sendable {
        let action: Action
        let step: Step
        let state: StepState
        let startedAt: Timestamp
        let endedAt: Timestamp?
        let attempts: Int

        package init(
            _ action: Action, _ step: Step, _ state: StepState, from startedAt: Timestamp, to endedAt: Timestamp?,
            attempts: Int = 1
        ) {
            self.action = action
            self.step = step
            self.state = state
            self.startedAt = startedAt
            self.endedAt = endedAt
            self.attempts = attempts
        }

        package enum Action: String, Codable, Sendable {
            case `do`, compensate, remove
        }
    }

    package enum StepState: String, Codable, CaseIterable, Sendable {
        case running, succeeded, failed, abandoned, undoing, undone
        case undoFailed = "undo_failed"
    }
}
