package import EventSourcing

/// What would happen if somebody asked for it now: the answer to a plan, in its public form.
package struct DeploymentPlan: Codable, Equatable, Sendable {
    package let digest: String
    package let plannedAt: Timestamp
    package let expiresAt: Timestamp
    package let deployment: String
    /// The number that the release would have.
    package let release: Int
    package let action: String
    package let template: String
    package let templateVersion: String
    package let domain: String?
    package let cluster: Cluster
    package let git: Git
    package let files: [File]
    package let resources: [Resource]
    package let steps: [Step]
    package let expected: Expectation
    package let approval: Approval?
    package let warnings: [String]

    /// Where it would run, and why there.
    package struct Cluster: Codable, Equatable, Sendable {
        package let id: String
        package let rule: ClusterRule
        package let region: String
        package let destination: String
    }

    /// What the files are compared with.
    package struct Git: Codable, Equatable, Sendable {
        package let repository: String
        package let branch: String
        package let head: String
        package let folder: String
    }

    /// A file in the deployment's folder.
    package struct File: Codable, Equatable, Sendable {
        package let path: String
        package let change: Change
        /// Unified; empty where nothing changes.
        package let diff: String
    }

    /// Something outside of Git.
    package struct Resource: Codable, Equatable, Sendable {
        package let kind: String
        /// Nil where it is known only once it is made.
        package let name: String?
        package let change: Change
        package let note: String?
    }

    package enum Change: String, Codable, Sendable {
        case create, change, remove, keep
    }

    /// Something to be done, and how long it took others.
    package struct Step: Codable, Equatable, Sendable {
        package let step: String
        package let undoes: Bool
        package let expected: Expectation
    }

    /// How long something took before.
    package struct Expectation: Codable, Equatable, Sendable {
        package let p50Seconds: Double?
        package let p95Seconds: Double?
        /// How many times it was done.
        package let count: Int
        package let basis: Basis

        package enum Basis: String, Codable, Sendable {
            /// The same template's history.
            case template
            /// The history of all templates, for this one has none.
            case all
            case none
        }

        static let unknown = Expectation(p50Seconds: nil, p95Seconds: nil, count: 0, basis: .none)
    }

    /// Who has to agree first.
    package struct Approval: Codable, Equatable, Sendable {
        package let rule: String
        package let validSeconds: Int
    }
}

/// Why a release goes to its cluster.
package enum ClusterRule: String, Codable, Sendable {
    /// The request names it.
    case request
    /// The customer is routed there.
    case customerRoute
    /// The deployment is there already, and stays for life.
    case deployment
}
