package import Domain
import EventSourcing

/// The outside systems that effects keep busy, each with limits and failures of its own.
///
/// The raw value is the row's: never changed, for rows outlive builds.
package enum OutsideSystem: String, CaseIterable, Hashable, Sendable {
    /// Nobody outside: rendering, and timers.
    case none
    case awsEFS = "aws_efs"
    case awsS3 = "aws_s3"
    case awsRoute53 = "aws_route53"
    case gitHub = "github"
    case argoCD = "argocd"
}

extension OutsideSystem {
    /// Whether one server answers for all circuits, so that its throttling is of all of them.
    package var throttlesAsOne: Bool {
        switch self {
        case .argoCD: true
        case .none, .awsEFS, .awsS3, .awsRoute53, .gitHub: false
        }
    }
}

/// Whom an effect keeps busy, and for whom: what limits, circuit breakers and fairness go by.
package struct EffectTarget: Equatable, Sendable {
    package let system: OutsideSystem
    /// What of the system fails as one: AWS's regional services by region, Argo CD by cluster, the others as a whole.
    package let circuit: String
    package let cluster: String?
    package let customer: String?

    package init(_ system: OutsideSystem, region: String? = nil, cluster: String? = nil, customer: String? = nil) {
        self.system = system
        self.cluster = cluster
        self.customer = customer
        switch system {
        case .awsEFS, .awsS3: circuit = region.map { "\(system.rawValue)/\($0)" } ?? system.rawValue
        case .argoCD: circuit = cluster.map { "\(system.rawValue)/\($0)" } ?? system.rawValue
        case .none, .awsRoute53, .gitHub: circuit = system.rawValue
        }
    }

    /// Of an effect that the deployment's process named when the deployment was so.
    package init(of effect: DeploymentEffect, in state: Deployment.State) {
        let release = state.currentRelease ?? state.lastRelease
        self.init(
            effect.system, region: release?.target.region, cluster: release?.cluster.rawValue,
            customer: release?.customer.rawValue)
    }
}

extension DeploymentEffect {
    package var system: OutsideSystem {
        switch self {
        case .perform(let step, _), .undo(let step, _): step.system
        case .watchDeadline, .expireApproval, .removeData: .none
        }
    }
}

extension Step {
    /// The system that does the step, and takes it back.
    package var system: OutsideSystem {
        switch self {
        case .render: .none
        case .accessPoint: .awsEFS
        case .bucket: .awsS3
        case .name: .awsRoute53
        case .commit: .gitHub
        case .application, .sync, .health: .argoCD
        }
    }
}
