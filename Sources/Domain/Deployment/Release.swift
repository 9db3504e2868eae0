package import EventSourcing

/// Everything that one release of a deployment is made from; fixed when it is requested.
package struct Release: Codable, Equatable, Sendable {
    package let customer: ID<Customer>
    package let customerName: String
    /// Together with customer and environment it names the deployment.
    package let name: String
    package let environment: Environment
    package let size: Size
    package let cluster: ID<Cluster>
    /// The cluster as it was when the release was requested.
    package let target: Cluster.Description
    package let template: ID<Template>
    package let templateVersion: String
    /// Valid under the template's schema, defaults filled in. Secret parameters hold names of secrets, never secrets.
    package let parameters: JSONValue
    package let domain: String?
    package let needs: Needs

    /// What the template wants to be made around the application.
    package struct Needs: Codable, Equatable, Sendable {
        package let accessPoint: Owner?
        package let bucket: Bool

        /// The user that owns the files of the access point: the user of the container.
        package struct Owner: Codable, Equatable, Sendable {
            package let uid: Int
            package let gid: Int

            package init(uid: Int, gid: Int) {
                self.uid = uid
                self.gid = gid
            }
        }

        package init(accessPoint: Owner?, bucket: Bool) {
            self.accessPoint = accessPoint
            self.bucket = bucket
        }
    }

    package init(
        customer: ID<Customer>, customerName: String, name: String, environment: Environment, size: Size,
        cluster: ID<Cluster>, target: Cluster.Description, template: ID<Template>, templateVersion: String,
        parameters: JSONValue, domain: String?, needs: Needs
    ) {
        self.customer = customer
        self.customerName = customerName
        self.name = name
        self.environment = environment
        self.size = size
        self.cluster = cluster
        self.target = target
        self.template = template
        self.templateVersion = templateVersion
        self.parameters = parameters
        self.domain = domain
        self.needs = needs
    }

    package var deployment: ID<Deployment> { ID("\(customer)-\(name)-\(environment.rawValue)") }

    /// The steps that this release needs, in causal order.
    package var steps: [Step] {
        Step.allCases.filter { step in
            switch step {
            case .accessPoint: needs.accessPoint != nil
            case .bucket: needs.bucket
            case .name: domain != nil
            case .render, .commit, .application, .sync, .health: true
            }
        }
    }
}

/// One thing that has to be done for a release to go live.
package enum Step: String, Codable, CaseIterable, Hashable, Sendable {
    case render
    case accessPoint = "access_point"
    case bucket
    case name
    case commit
    case application
    case sync
    case health

    /// The steps that must have succeeded before this one may begin. Those without are done side by side.
    package var prerequisites: Set<Step> {
        switch self {
        case .render, .accessPoint, .bucket, .name: []
        case .commit: [.render, .accessPoint, .bucket, .name]
        case .application: [.commit]
        case .sync: [.application]
        case .health: [.sync]
        }
    }

    /// The steps that leave something behind, in the order in which it is taken back.
    package static let undoOrder: [Step] = [.application, .commit, .sync, .name, .bucket, .accessPoint]
}

extension ID<Deployment> {
    /// Namespace and Argo CD application have the deployment's own name.
    package var namespace: String { rawValue }

    /// The deployment's folder in the repository.
    package var folder: String { "deployments/\(rawValue)" }

    /// The directory on the cluster's file system, at most 53 characters.
    package var directory: String { "/\(rawValue)" }
}
