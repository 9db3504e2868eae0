/// How much of an outside system all replicas together may use at a time. 0 stands for "no limit".
package struct SystemLimits: Equatable, Sendable {
    /// Attempts per second of a circuit, on average; one that has been idle may make `burst` at once.
    package let perSecond: Double
    package let burst: Int
    /// Attempts at the same time of a circuit: of a region, or a cluster.
    package let atOnce: Int
    /// Attempts at the same time of the whole system.
    package let atOnceInAll: Int

    package init(perSecond: Double = 0, burst: Int = 0, atOnce: Int = 0, atOnceInAll: Int = 0) {
        self.perSecond = perSecond
        self.burst = burst
        self.atOnce = atOnce
        self.atOnceInAll = atOnceInAll
    }

    package static let none = SystemLimits()

    /// What holds where the installation says nothing else.
    package static let standard: [OutsideSystem: SystemLimits] = [
        // AWS publishes no number for access points; botocore's standard mode would sleep from the first ThrottlingException on.
        .awsEFS: SystemLimits(perSecond: 5, burst: 20, atOnce: 10),
        // Nor for CreateBucket and the Put* of a bucket, of which one attempt makes about six.
        .awsS3: SystemLimits(perSecond: 5, burst: 20, atOnce: 10),
        // Route 53: a bucket of 50, refilled with 10 a second, per account and action (docs.aws.amazon.com, Throttling of API requests,
        // 2026). An attempt asks for each action once.
        .awsRoute53: SystemLimits(perSecond: 10, burst: 50, atOnce: 10),
        // GitHub: 6 pushes a minute per repository and 80 contents a minute. Effects come to one commit by batches, so the committer keeps
        // these, not the claim. At most 100 requests at a time (docs.github.com, Rate limits for the REST API).
        .gitHub: .none,
        // Argo CD publishes none. Its controller works on 10 operations and 20 refreshes at a time (--operation-processors,
        // --status-processors).
        .argoCD: SystemLimits(atOnce: 20, atOnceInAll: 60),
    ]
}

/// When a circuit opens, for how long, and what a system is spared that named no time.
package enum CircuitPolicy {
    /// In a row, of at least two effects: one that fails by itself has its own backoff.
    package static let failuresToOpen = 5
    package static let effectsToOpen = 2
    /// The first probe comes after so long; each one that fails doubles it.
    package static let firstProbe = Duration.seconds(5)
    package static let lastProbe = Duration.seconds(60)
    /// Of a throttle that named no time.
    package static let throttled = Duration.seconds(5)
    /// GitHub counts by the hour: nothing lasts longer.
    package static let throttledMax = Duration.seconds(3_601)
}
