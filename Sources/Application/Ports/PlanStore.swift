package import EventSourcing

/// Plans that somebody may still ask for by their digest; what is past its time goes.
package protocol PlanStore: Sendable {
    /// Kept until the later of both ends if it is there already.
    func keep(_ plan: KeptPlan, now: Timestamp) async throws(EventStoreError)

    /// Nil if it never was or its time is over.
    func plan(_ digest: String, now: Timestamp) async throws(EventStoreError) -> KeptPlan?
}

/// What a digest stands for.
package struct KeptPlan: Equatable, Sendable {
    package let digest: String
    package let deployment: String
    package let parts: PlanParts
    /// The plan as it was answered: a JSON object.
    package let document: String
    package let expiresAt: Timestamp

    package init(digest: String, deployment: String, parts: PlanParts, document: String, expiresAt: Timestamp) {
        self.digest = digest
        self.deployment = deployment
        self.parts = parts
        self.document = document
        self.expiresAt = expiresAt
    }
}
