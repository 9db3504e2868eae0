import ArgumentParser
import EventSourcing

/// A part of a deployment's life that is told with crashes in it.
enum TrialStory: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// From the request to live.
    case deploy
    /// A first release that cannot succeed, and is compensated.
    case fail
    /// Another release of what is live.
    case upgrade
    /// The end, with the data.
    case decommission

    var needsLive: Bool { self == .upgrade || self == .decommission }

    var end: String {
        switch self {
        case .deploy, .upgrade: "deployment.went_live"
        case .fail: "deployment.compensated"
        case .decommission: "deployment.decommissioned"
        }
    }

    static let ends: Set = [
        "deployment.went_live", "deployment.compensated", "deployment.compensation_incomplete",
        "deployment.decommissioned",
    ]

    /// The command that begins it; `number` makes it another one each time.
    func request(for deployment: TrialDeployment, number: Int) -> TrialRequest {
        let key = "\(deployment.id)-\(rawValue)-\(number)"
        let path = ["deployments", deployment.id]
        switch self {
        case .deploy, .fail:
            return TrialRequest(
                key: key, path: ["deployments"],
                body: [
                    "customer": .string(deployment.customer), "name": .string(deployment.name),
                    "environment": "production", "size": "small", "template": "odoo", "templateVersion": "1.0.0",
                    "parameters": ["language": "de_DE"],
                ])
        case .upgrade:
            return TrialRequest(
                key: key, path: path + ["releases"],
                body: ["size": .string(deployment.upgrades.isMultiple(of: 2) ? "medium" : "small")])
        case .decommission:
            return TrialRequest(
                key: key, path: path + ["decommission"], body: ["removeData": true, "reason": "the end of a trial"])
        }
    }
}

/// A deployment of a trial.
struct TrialDeployment: Sendable {
    let customer: String
    let name: String
    var upgrades = 0

    var id: String { "\(customer)-\(name)-production" }
    var stream: StreamName { StreamName(category: "deployment", id: id) }
}
