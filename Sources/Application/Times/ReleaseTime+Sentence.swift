import Domain

extension ReleaseTime {
    /// Puts a release's time into one sentence.
    struct Account {
        let state: ReleaseCourse.State
        let elapsed: Double
        let approval: Double?
        let between: Double
        let steps: [Step]
        let compensation: Compensation?

        var sentence: String {
            let waited = words(approval ?? 0)
            return switch state {
            case .awaitingApproval:
                "has waited \(waited) for approval: its \(words(budgetSeconds)) begin when it is approved"
            case .rejected: "rejected after \(waited): nothing was begun"
            case .approvalExpired: "not approved within \(waited): nothing was begun"
            case .approvalWithdrawn: "approval withdrawn after \(waited): nothing was begun"
            case .superseded: "superseded after \(words(elapsed)): nothing was begun"
            case .underWay, .held, .live, .failed, .cancelled:
                "\(verdict)\(approval == nil ? "" : ", after \(waited) of waiting for approval"): \(reason)\(aftermath)"
            }
        }

        private var over: Double { elapsed - budgetSeconds }

        private var verdict: String {
            let course = state == .underWay ? "under way for" : "\(state.rawValue) after"
            let budget = "the budget of \(words(budgetSeconds))"
            if over > 0 { return "\(course) \(words(elapsed)), \(words(over)) over \(budget)" }
            return state == .underWay
                ? "\(course) \(words(elapsed)), \(words(-over)) of \(budget) left"
                : "\(course) \(words(elapsed)), within \(budget)"
        }

        /// A stretch of the critical path.
        private struct Part {
            let seconds: Double
            let usualSeconds: Double?
            let words: String

            /// Nil where nothing is known to compare it with.
            var excess: Double? { usualSeconds.map { seconds - $0 } }
        }

        private var reason: String {
            guard !steps.isEmpty else { return state == .underWay ? "no step has begun" : "no step was begun" }
            let path = steps.filter(\.isOnCriticalPath)
            if state == .failed || state == .held, let failed = path.last(where: { $0.state == .failed }) {
                return part(failed).words
            }
            let parts =
                path.map(part)
                + [Part(seconds: between, usualSeconds: 0, words: "\(words(between)) passed between the steps")]
            // What explains half of what is too much is named; where nothing does, it is always like that.
            if over > 0, let culprit = parts.max(by: { $0.excess ?? 0 < $1.excess ?? 0 }),
                (culprit.excess ?? 0) * 2 >= over
            {
                return culprit.words
            }
            if over <= 0, let running = path.last(where: { $0.state == .running }) { return part(running).words }
            return parts.max { $0.seconds < $1.seconds }?.words ?? ""
        }

        private func part(_ step: Step) -> Part {
            let time = words(step.seconds)
            let attempts = step.attempts > 1 ? " in \(step.attempts) attempts" : ""
            let usually = step.usualSeconds.map { " (usually \(words($0)))" } ?? ""
            let name = step.step.rawValue
            let text =
                switch step.state {
                case .failed: "\(name) failed after \(time)"
                case .running where state == .underWay: "\(name) has taken \(time)"
                case .abandoned, .running: "\(name) was given up after \(time)"
                case .succeeded, .undoing, .undone, .undoFailed: "\(name) took \(time)"
                }
            return Part(seconds: step.seconds, usualSeconds: step.usualSeconds, words: text + attempts + usually)
        }

        private var aftermath: String {
            guard let compensation else { return "" }
            let time = words(compensation.seconds)
            if compensation.isUnderWay { return "; what it made has been taken back for \(time)" }
            let remaining = compensation.remaining.map(\.rawValue).joined(separator: ", ")
            return remaining.isEmpty
                ? "; what it made was taken back within \(time)"
                : "; after \(time) of taking back there remains: \(remaining)"
        }

        private func words(_ seconds: Double) -> String { ReleaseTime.words(seconds) }
    }

    /// Tenths count only where there are few seconds.
    package static func words(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return tenths < 100 && tenths % 10 != 0 ? "\(tenths / 10).\(tenths % 10) s" : "\(Int(seconds.rounded())) s"
    }
}
