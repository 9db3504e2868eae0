package import Domain
package import EventSourcing
import ProcessManagers

/// What a view says of a deployment, as far as it matters to who has to do something about it.
package struct DeploymentStanding: Decodable, Equatable, Sendable {
    package let id: String
    package let release: Int
    package let state: String
    package let template: String
    package let updatedAt: Timestamp
    package let failedStep: String?
    package let reason: String?
    package let lastProblem: String?
    package let remaining: [Step]?
    package let awaiting: Awaiting?
    package let dataRemoval: DataRemoval?
    package let accessPoint: String?
    package let fileSystem: String?
    package let bucket: String?
    package let domain: String?
    package let repository: String?
    package let folder: String?
    package let applicationProject: String?

    /// A release that waits for approval.
    package struct Awaiting: Decodable, Equatable, Sendable {
        package let number: Int
        package let rule: String
        package let expiresAt: Timestamp
        package let requestedBy: String
    }

    /// Data that is to go.
    package struct DataRemoval: Decodable, Equatable, Sendable {
        package let removesAt: Timestamp
    }

    /// The states in which something is still to happen, or somebody has to act.
    static let unsettled = [
        "awaiting_approval", "requested", "provisioning", "held", "compensating", "compensation_incomplete",
        "decommissioning", "decommission_incomplete",
    ]

    /// Those in which work goes on by itself.
    var isAtWork: Bool { ["requested", "provisioning", "compensating", "decommissioning"].contains(state) }

    var isIncomplete: Bool { ["compensation_incomplete", "decommission_incomplete"].contains(state) }
}

/// Who is asked about what is in an outside system: people that the configuration names, or who owns the thing around it.
package struct Owners: Equatable, Sendable {
    /// By a system's name, or by its first word for all that begin with it: `aws`.
    private let named: [String: String]

    package static let unnamed = Owners(named: [:])

    package init(named: [String: String]) { self.named = named }

    /// What may be named.
    package static let names: Set<String> = Set(
        OutsideSystem.allCases.filter { $0 != .none }.flatMap { [$0.rawValue, family($0)] })

    private static func family(_ system: OutsideSystem) -> String {
        String(system.rawValue.prefix { $0 != "_" })
    }

    func person(for system: OutsideSystem) -> String? { named[system.rawValue] ?? named[Self.family(system)] }
}

/// Something that had to go and is still there, or may be.
package struct Remainder: Codable, Equatable, Sendable {
    package let step: Step
    /// In words, with the name under which its system knows it.
    package let what: String
    package let system: String
    package let ask: String
}

/// What may be asked of the API about a deployment as it is: the button of a dashboard.
package struct NextAction: Codable, Equatable, Sendable {
    /// As the API's document calls it.
    package let operation: String
    package let method: String
    package let path: String
    package let purpose: String

    init(_ operation: String, _ verb: String, of deployment: String, _ purpose: String) {
        self.operation = operation
        method = "POST"
        path = "/api/v1/deployments/\(deployment)/\(verb)"
        self.purpose = purpose
    }
}

extension DeploymentStanding {
    /// What remains, each with who knows about it; empty where nothing had to go and stayed.
    package func remainders(_ owners: Owners) -> [Remainder] {
        guard isIncomplete else { return [] }
        return (remaining ?? []).map { step in
            Remainder(
                step: step, what: thing(of: step), system: step.system.rawValue,
                ask: owners.person(for: step.system) ?? keeper(of: step))
        }
    }

    /// What somebody can do about the deployment now.
    package var actions: [NextAction] {
        var actions: [NextAction] = []
        func add(_ operation: String, _ verb: String, _ purpose: String) {
            actions.append(NextAction(operation, verb, of: id, purpose))
        }
        if isIncomplete { add("retryDeployment", "retry", "take back what remains") }
        if state == "held" {
            add("retryDeployment", "retry", "go on where the release failed")
            add("cancelDeployment", "cancel", "take back what the release made")
        }
        if state == "awaiting_approval" {
            add("approveDeployment", "approve", "approve the release that waits")
            add("rejectDeployment", "reject", "reject the release that waits")
        }
        if dataRemoval != nil { add("withdrawDataRemoval", "data-removal/withdraw", "keep the data after all") }
        return actions
    }

    private func thing(of step: Step) -> String {
        switch step {
        case .application: "the Argo CD application \(id)"
        case .sync: "the cluster, which is not back at what the live release declares"
        case .commit: "the folder \(folder ?? "deployments/\(id)") in \(repository ?? "the repository")"
        case .name: domain.map { "the name \($0)" } ?? "a name"
        case .bucket: bucket.map { "the bucket \($0)" } ?? "a bucket that may have been made"
        case .accessPoint:
            accessPoint.map { "the access point \($0) of \(fileSystem ?? "its file system")" }
                ?? "an access point that may have been made"
        case .render, .health: step.rawValue
        }
    }

    private func keeper(of step: Step) -> String {
        switch step.system {
        case .argoCD: "who administers the Argo CD project\(applicationProject.map { " \($0)" } ?? "")"
        case .gitHub: "who administers \(repository ?? "the repository of deployments")"
        case .awsEFS: "who owns the AWS account\(fileSystem.map { " of \($0)" } ?? "")"
        case .awsS3: "who owns the AWS account\(bucket.map { " of \($0)" } ?? "")"
        case .awsRoute53: "who owns the hosted zone\(domain.map { " of \($0)" } ?? "")"
        case .none: "who runs DeployCenter"
        }
    }
}
