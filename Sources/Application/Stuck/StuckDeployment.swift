import Domain
package import EventSourcing

/// A deployment that does not get on, with the one sentence that explains it.
package struct StuckDeployment: Codable, Equatable, Sendable {
    package let deployment: String
    package let release: Int?
    package let kind: Kind
    package let since: Timestamp
    package let sentence: String
    package let effect: String?
    package let remains: [Remainder]
    package let actions: [NextAction]

    /// What keeps it; the first of several counts.
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// No build that runs can read its events, or do what it wants.
        case parked
        case incomplete
        /// Its release failed, and waits for a retry.
        case held
        case approvalExpires = "approval_expires"
        /// An outside system does not answer, or has asked to be spared.
        case systemHeld = "system_held"
        case syncWindow = "sync_window"
        case unclaimed
        /// A step takes longer than it did, or may.
        case slow
        /// Something should be done for it, and nothing is named.
        case idle
    }
}

/// How long steps take as a rule: by template where it has a history, otherwise of all.
package struct ExpectedTimes: Equatable, Sendable {
    /// 95 of 100 took no longer; by `<template>/<step>` and by `<step>`.
    private var seconds: [String: Double] = [:]

    /// Fewer say nothing about the slowest of them.
    static let countMin = 5
    /// Nobody is called for seconds.
    static let secondsMin = 20.0

    package init() {}

    package mutating func add(_ step: String, template: String?, count: Int, p95Seconds: Double) {
        guard count >= Self.countMin else { return }
        seconds[template.map { "\($0)/\(step)" } ?? step] = p95Seconds
    }

    func seconds(of step: Step, template: String) -> (seconds: Double, releases: String)? {
        if let own = seconds["\(template)/\(step.rawValue)"] { return (own, "releases of \(template)") }
        return seconds[step.rawValue].map { ($0, "releases") }
    }
}
