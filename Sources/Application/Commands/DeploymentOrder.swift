package import Domain
package import EventSourcing

/// What somebody fills in to have an application deployed.
package struct DeploymentOrder: Equatable, Sendable {
    package var customer: ID<Customer>
    package var name: String
    package var environment: Environment
    package var size: Size
    package var template: ID<Template>
    package var templateVersion: String
    /// Nil takes the cluster that the customer is routed to.
    package var cluster: ID<Cluster>?
    /// Nil takes `<name>-<environment>.<customer>.<the cluster's zone>` if the template needs a domain.
    package var domain: String?
    /// An object under the template's schema; what is left out takes the default.
    package var parameters: JSONValue
    package var onFailure = OnFailure.compensate

    package init(
        customer: ID<Customer>, name: String, environment: Environment, size: Size, template: ID<Template>,
        templateVersion: String, cluster: ID<Cluster>? = nil, domain: String? = nil, parameters: JSONValue
    ) {
        self.customer = customer
        self.name = name
        self.environment = environment
        self.size = size
        self.template = template
        self.templateVersion = templateVersion
        self.cluster = cluster
        self.domain = domain
        self.parameters = parameters
    }
}

/// What changes with another release of a deployment; nil keeps what the live release has.
package struct ReleaseOrder: Equatable, Sendable {
    package var size: Size?
    package var templateVersion: String?
    /// Replaces all parameters.
    package var parameters: JSONValue?
    /// Whether it takes the place of a release that has not begun.
    package var supersedes: Bool
    package var onFailure: OnFailure

    package init(
        size: Size? = nil, templateVersion: String? = nil, parameters: JSONValue? = nil, supersedes: Bool = false,
        onFailure: OnFailure = .compensate
    ) {
        self.onFailure = onFailure
        self.supersedes = supersedes
        self.size = size
        self.templateVersion = templateVersion
        self.parameters = parameters
    }
}
