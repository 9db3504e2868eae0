package import EventSourcing

/// Everything that a template's expressions can see; each property is a variable of the same name.
package struct RenderInput: Codable, Hashable, Sendable {
    package let deployment: Deployment
    package let customer: Customer
    /// What the deployment is called among its customer's deployments.
    package let name: String
    /// Also the name of the overlay that is merged first.
    package let environment: String
    /// Also the name of the overlay that is merged second.
    package let size: String
    package let namespace: String
    package let domain: String?
    /// Counts the deployment's releases from 1.
    package let release: Int
    package let cluster: String
    package let region: String
    /// The host name of the load balancer that the cluster's ingresses share.
    package let ingressHostname: String?
    package let template: Version
    /// Defaults need not be filled in.
    package let parameters: JSONValue
    package let accessPoint: AccessPoint?
    package let bucket: Bucket?
    /// The cluster's `ClusterSecretStore`.
    package let secretStore: String

    /// The deployment that the manifests belong to.
    package struct Deployment: Codable, Hashable, Sendable {
        package let id: String

        package init(id: String) { self.id = id }
    }

    /// Whose application it is.
    package struct Customer: Codable, Hashable, Sendable {
        package let id: String
        package let name: String

        package init(id: String, name: String) {
            self.id = id
            self.name = name
        }
    }

    /// The template version that the caller means; rendering another one is refused.
    package struct Version: Codable, Hashable, Sendable {
        package let name: String
        package let version: String

        package init(name: String, version: String) {
            self.name = name
            self.version = version
        }
    }

    /// The deployment's own directory on the cluster's file system.
    package struct AccessPoint: Codable, Hashable, Sendable {
        package let id: String
        package let fileSystem: String

        package init(id: String, fileSystem: String) {
            self.id = id
            self.fileSystem = fileSystem
        }
    }

    /// The deployment's own bucket.
    package struct Bucket: Codable, Hashable, Sendable {
        package let name: String
        package let region: String

        package init(name: String, region: String) {
            self.name = name
            self.region = region
        }
    }

    package init(
        deployment: Deployment, customer: Customer, name: String, environment: String, size: String, namespace: String,
        domain: String?, release: Int, cluster: String, region: String, ingressHostname: String?, template: Version,
        parameters: JSONValue, accessPoint: AccessPoint?, bucket: Bucket?, secretStore: String
    ) {
        self.deployment = deployment
        self.customer = customer
        self.name = name
        self.environment = environment
        self.size = size
        self.namespace = namespace
        self.domain = domain
        self.release = release
        self.cluster = cluster
        self.region = region
        self.ingressHostname = ingressHostname
        self.template = template
        self.parameters = parameters
        self.accessPoint = accessPoint
        self.bucket = bucket
        self.secretStore = secretStore
    }
}
