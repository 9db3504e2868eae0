import EventSourcing

/// An Argo CD application, as far as it is read here.
package struct ArgoCDApplication: Decodable, Equatable, Sendable {
    package let metadata: Metadata
    package let status: Status?

    package struct Metadata: Decodable, Equatable, Sendable {
        package let name: String
        package let uid: String?
        package let labels: [String: String]?
        package let deletionTimestamp: String?
    }

    package struct Status: Decodable, Equatable, Sendable {
        package let sync: Sync?
        package let health: Health?
        package let operationState: OperationState?
        package let conditions: [Condition]?
        package let resources: [Resource]?
        package let reconciledAt: String?
    }

    package struct Sync: Decodable, Equatable, Sendable {
        package let status: String?
        package let revision: String?
    }

    package struct Health: Decodable, Equatable, Sendable {
        package let status: String?
        package let message: String?
    }

    package struct OperationState: Decodable, Equatable, Sendable {
        package let phase: String?
        package let message: String?
        package let startedAt: String?
        package let finishedAt: String?
        package let syncResult: SyncResult?
        package let operation: Operation?
    }

    package struct SyncResult: Decodable, Equatable, Sendable {
        package let revision: String?
    }

    /// What was asked for; a sync that failed early has no result.
    package struct Operation: Decodable, Equatable, Sendable {
        package let sync: Sync?
        /// What whoever asked for it wanted to be known.
        package let info: [Remark]?

        package struct Remark: Decodable, Equatable, Sendable {
            package let name: String?
            package let value: String?
        }

        package struct Sync: Decodable, Equatable, Sendable {
            package let revision: String?
        }
    }

    /// One object that Git declares, or that runs.
    package struct Resource: Decodable, Equatable, Sendable {
        package let kind: String?
        package let name: String?
        package let status: String?
    }

    package struct Condition: Decodable, Equatable, Sendable {
        package let type: String?
        package let message: String?
    }
}

extension ArgoCDApplication {
    /// The deployment that the application was made for; nil if it is not DeployCenter's.
    package var deployment: String? {
        guard metadata.labels?[ApplicationManifest.managedByLabel] == ApplicationManifest.managedBy else { return nil }
        return metadata.labels?[ApplicationManifest.deploymentLabel]
    }

    package var isBeingDeleted: Bool { metadata.deletionTimestamp != nil }
}

/// All that an application runs, down to the pods.
package struct ArgoCDResourceTree: Decodable, Equatable, Sendable {
    package let nodes: [Node]?

    package struct Node: Decodable, Equatable, Sendable {
        package let kind: String?
        package let name: String?
        package let health: ArgoCDApplication.Health?
    }
}

/// One line of the stream of changes.
package struct ArgoCDWatchLine: Decodable, Equatable, Sendable {
    package let result: Event?
    package let error: StreamError?

    package struct Event: Decodable, Equatable, Sendable {
        /// `ADDED`, `MODIFIED` or `DELETED`.
        package let type: String?
        package let application: ArgoCDApplication?
    }

    package struct StreamError: Decodable, Equatable, Sendable {
        package let message: String?

        private enum CodingKeys: String, CodingKey { case message }
    }
}
