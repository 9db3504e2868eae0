package import Domain

/// How patient we are with a step: for one call, for failures, and for the other side to get ready.
package struct StepPolicy: Equatable, Sendable {
    /// One attempt is given up after this.
    package let attemptSeconds: Int
    /// After so many failed attempts the step has failed.
    package let failuresMax: Int
    /// The step has failed if it is still pending so long after it was due first.
    package let patienceSeconds: Int

    /// Somebody must have reported an end by then, or nobody will: patience and failures end earlier.
    package var deadlineSeconds: Int { patienceSeconds + 2 * attemptSeconds }

    /// No attempt of any step lasts longer.
    package static let attemptSecondsMax = Step.allCases.map { policy(for: $0).attemptSeconds }.max() ?? 0

    package static func policy(for step: Step) -> StepPolicy {
        switch step {
        // Asks nobody outside: what takes time is that servers stand still or are away, which is no failure of the release.
        case .render: StepPolicy(attemptSeconds: 10, failuresMax: 3, patienceSeconds: 600)
        case .accessPoint, .bucket: StepPolicy(attemptSeconds: 20, failuresMax: 8, patienceSeconds: 600)
        // Route 53 is in sync within 60 s as a rule; PriorRequestNotComplete can take several tries.
        case .name: StepPolicy(attemptSeconds: 20, failuresMax: 10, patienceSeconds: 900)
        case .commit: StepPolicy(attemptSeconds: 25, failuresMax: 10, patienceSeconds: 900)
        case .application: StepPolicy(attemptSeconds: 20, failuresMax: 8, patienceSeconds: 600)
        case .sync: StepPolicy(attemptSeconds: 20, failuresMax: 10, patienceSeconds: 900)
        // Image pull, database bootstrap and first start of the application.
        case .health: StepPolicy(attemptSeconds: 20, failuresMax: 10, patienceSeconds: 900)
        }
    }
}

/// How patient an installation is: stretches or shrinks all the times of the policies, never their counts.
package struct Patience: Equatable, Sendable {
    /// 1 for real systems; a fraction where stand-ins answer at once and much is to be lived through in little time.
    package let factor: Double

    package static let standard = Patience(factor: 1)

    package init(factor: Double) {
        precondition(factor > 0, "nothing can be done in no time")
        self.factor = factor
    }

    package func scaled(_ duration: Duration) -> Duration { duration * factor }

    /// One attempt: however little patience, so long that calls of a busy machine come through.
    package func scaledAttempt(seconds: Int) -> Duration {
        min(.seconds(seconds), max(scaled(.seconds(seconds)), .seconds(4)))
    }

    /// In whole seconds, upwards: what was due later than its event stays so.
    package func scaled(seconds: Int) -> Int { Int((Double(seconds) * factor).rounded(.up)) }
}

/// The times after which a release as a whole is given up.
package enum Deadlines {
    package static let releaseSeconds = 1800
    /// How long a release that failed is kept as it is, unless the installation says otherwise.
    package static let holdSeconds = 86_400
    /// How long the removal of data can be undone, unless the installation says otherwise.
    package static let dataGraceSeconds = 604_800
    /// Most runs have ended before anybody looks; no step has its deadline earlier.
    package static let firstLookSeconds = 60
    /// An application counts as healthy only after it has stayed so.
    package static let stableSeconds = 10
}

/// Exponential backoff with full jitter: spreads the retries of many over time.
package enum Backoff {
    package static let baseSeconds = 1.0
    package static let capSeconds = 60.0
    /// What the other side asks for is obeyed up to here: a release that fails or is cancelled meanwhile waits for the step.
    package static let obeyedSecondsMax = 120

    /// The wait before the next attempt after `failures` failed ones (1 for the first); `random` is in 0..<1.
    /// What the other side asked for (`atLeast`) is a lower bound, which patience does not shorten below its own limit.
    package static func delay(
        afterFailures failures: Int, random: Double, atLeast: Duration?, patience: Patience = .standard
    ) -> Duration {
        var ceiling = baseSeconds
        for _ in 1..<max(1, min(failures, 30)) where ceiling < capSeconds { ceiling *= 2 }
        let jittered = patience.scaled(.seconds(random * min(ceiling, capSeconds)))
        guard let atLeast else { return jittered }
        return min(atLeast, patience.scaled(.seconds(obeyedSecondsMax))) + jittered
    }
}
