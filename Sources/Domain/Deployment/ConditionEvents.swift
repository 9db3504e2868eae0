package import EventSourcing

/// The live application is not well, and has not been for a while.
package struct BecameDegraded: Codable, Equatable, Sendable {
    /// The release that runs.
    package let number: Int
    /// In Argo CD's words, such as `Degraded` or `Missing`.
    package let status: String
    /// The first of what is not well, as `kind/name`; nil if Argo CD names none.
    package let resource: String?
    package let message: String
    /// Since when no look has found it well.
    package let since: Timestamp

    package init(number: Int, status: String, resource: String?, message: String, since: Timestamp) {
        self.number = number
        self.status = status
        self.resource = resource
        self.message = message
        self.since = since
    }
}

/// The live application is well again: the end of a `BecameDegraded`.
package struct Recovered: Codable, Equatable, Sendable {
    package let number: Int
    package let by: ConditionEnd
    /// Since when every look has found it well; nil where a release is the proof.
    package let since: Timestamp?

    package init(number: Int, by: ConditionEnd, since: Timestamp?) {
        self.number = number
        self.by = by
        self.since = since
    }
}

/// What runs is not what Git declares, and has not been for a while.
package struct Drifted: Codable, Equatable, Sendable {
    /// The release that runs.
    package let number: Int
    /// What is out of sync, as `kind/name`; the first `resourcesMax` of it.
    package let resources: [String]
    package let moreResources: Int
    /// Since when no look has found it in sync.
    package let since: Timestamp

    /// More would make an event that nobody reads.
    package static let resourcesMax = 20

    package init(number: Int, resources: [String], moreResources: Int, since: Timestamp) {
        self.number = number
        self.resources = resources
        self.moreResources = moreResources
        self.since = since
    }
}

/// What runs is what Git declares again: the end of a `Drifted`.
package struct Reconciled: Codable, Equatable, Sendable {
    package let number: Int
    package let by: ConditionEnd
    /// Since when every look has found it in sync; nil where a release is the proof.
    package let since: Timestamp?

    package init(number: Int, by: ConditionEnd, since: Timestamp?) {
        self.number = number
        self.by = by
        self.since = since
    }
}

/// How the end of a bad condition came to be known.
package enum ConditionEnd: String, Codable, CaseIterable, Sendable {
    /// It was looked for a while.
    case observation
    /// A release went live, which takes being in sync and healthy.
    case release
}
