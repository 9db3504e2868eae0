package import EventSourcing

/// Brings what Git declares to a cluster and says how it is (Argo CD).
package protocol ContinuousDelivery: Sendable {
    /// Makes the application as described, or changes the one that is there and is ours.
    func upsert(_ application: ApplicationRequest) async throws(ProviderError) -> ApplicationEvidence

    /// How the application is; nil if there is none. `refresh` makes Argo CD compare with Git first.
    func observe(
        _ name: String, project: String, refresh: Bool
    ) async throws(ProviderError) -> ApplicationObservation?

    /// Starts a sync to the revision, if nothing speaks against it.
    func startSync(_ request: SyncRequest) async throws(ProviderError) -> SyncStart

    /// Ends the sync that is in progress, if there is one; what it has applied by then stays.
    func terminateOperation(_ name: String, project: String) async throws(ProviderError)

    /// Removes the application and all that it runs, pending until it is gone. One that was not made for the deployment is left
    /// alone, and proves that there is none of ours. One that is on record (`wasMade`) is not believed to be absent because a look does
    /// not show it: the look may be of yesterday.
    func remove(
        _ name: String, project: String, deployment: String, wasMade: Bool
    ) async throws(ProviderError) -> Progress<Absence>
}

/// Looks over all applications at once.
package protocol ApplicationSurvey: Sendable {
    /// Those of the project, as they were when Argo CD last looked.
    func sketches(project: String) async throws(ProviderError) -> [ApplicationSketch]
}

/// One application among many: enough to tell whether it is worth a closer look. Statuses are in Argo CD's own words.
package struct ApplicationSketch: Equatable, Sendable {
    package let name: String
    /// Nil if it was not made by DeployCenter.
    package let deployment: String?
    package let syncStatus: String
    package let health: String
    /// Nil if it was never synced.
    package let operationPhase: String?
    package let operationStartedAt: String?
    package let isBeingDeleted: Bool

    package init(
        name: String, deployment: String?, syncStatus: String, health: String, operationPhase: String?,
        operationStartedAt: String?, isBeingDeleted: Bool
    ) {
        self.name = name
        self.deployment = deployment
        self.syncStatus = syncStatus
        self.health = health
        self.operationPhase = operationPhase
        self.operationStartedAt = operationStartedAt
        self.isBeingDeleted = isBeingDeleted
    }
}

/// One application to be had.
package struct ApplicationRequest: Equatable, Sendable {
    package let name: String
    package let project: String
    /// The cluster's API server URL or its name in Argo CD.
    package let destination: String
    package let namespace: String
    package let repository: RepositoryLocation
    package let folder: String
    package let ownership: Ownership

    package init(
        name: String, project: String, destination: String, namespace: String, repository: RepositoryLocation,
        folder: String, ownership: Ownership
    ) {
        self.name = name
        self.project = project
        self.destination = destination
        self.namespace = namespace
        self.repository = repository
        self.folder = folder
        self.ownership = ownership
    }
}

/// An application as Argo CD keeps it.
package struct ApplicationEvidence: Equatable, Sendable {
    package let name: String
    package let uid: String

    package init(name: String, uid: String) {
        self.name = name
        self.uid = uid
    }
}

/// One sync to be started.
package struct SyncRequest: Equatable, Sendable {
    package let application: String
    package let project: String
    /// Full SHA of the commit to sync to.
    package let revision: String
    package let ownership: Ownership
    package let at: Timestamp

    package init(application: String, project: String, revision: String, ownership: Ownership, at: Timestamp) {
        self.at = at
        self.application = application
        self.project = project
        self.revision = revision
        self.ownership = ownership
    }
}

/// What became of the wish for a sync.
package enum SyncStart: Equatable, Sendable {
    case started
    /// Wait and observe.
    case operationInProgress
    /// A sync window of the project says no now: wait, until the time where it can be told.
    case notInWindow(why: String, until: Timestamp?)
}

/// What Argo CD said of an application at one moment; statuses are in Argo CD's own words.
package struct ApplicationObservation: Equatable, Sendable {
    /// `Synced`, `OutOfSync` or `Unknown`.
    package let syncStatus: String
    package let syncRevision: String
    /// `Healthy`, `Progressing`, `Degraded`, `Suspended`, `Missing` or `Unknown`.
    package let health: String
    package let healthMessage: String?
    package let operation: Operation?
    /// Conditions whose type ends in `Error`, as `type: message`.
    package let errors: [String]
    /// The resources that are not healthy, as `kind/name: message`.
    package let unhealthyResources: [String]
    /// The resources that are not as Git declares them, as `kind/name`.
    package let outOfSyncResources: [String]
    /// When Argo CD last compared and assessed the application.
    package let reconciledAt: Timestamp?

    /// The last or current sync.
    package struct Operation: Equatable, Sendable {
        /// `Running`, `Terminating`, `Succeeded`, `Failed` or `Error`.
        package let phase: String
        package let message: String
        package let revision: String?
        package let startedAt: Timestamp?
        package let finishedAt: Timestamp?
        /// The deployment that it was begun for, as DeployCenter said then; nil if somebody else began it.
        package let deployment: String?

        package init(
            phase: String, message: String, revision: String?, startedAt: Timestamp?, finishedAt: Timestamp?,
            deployment: String? = nil
        ) {
            self.deployment = deployment
            self.phase = phase
            self.message = message
            self.revision = revision
            self.startedAt = startedAt
            self.finishedAt = finishedAt
        }
    }

    package init(
        syncStatus: String, syncRevision: String, health: String, healthMessage: String?, operation: Operation?,
        errors: [String], unhealthyResources: [String], outOfSyncResources: [String] = [], reconciledAt: Timestamp?
    ) {
        self.syncStatus = syncStatus
        self.syncRevision = syncRevision
        self.health = health
        self.healthMessage = healthMessage
        self.operation = operation
        self.errors = errors
        self.unhealthyResources = unhealthyResources
        self.outOfSyncResources = outOfSyncResources
        self.reconciledAt = reconciledAt
    }
}
