package import HTTPClient

/// Which Argo CD brings what Git declares to the clusters, and how DeployCenter proves to it who it is.
package struct ArgoCDConfiguration: Sendable {
    /// The address of the API server, without `/api/v1`.
    package var server: Endpoint
    /// Secret. Of a local account with the `apiKey` capability, or of a role of the project.
    package var token: String
    /// The AppProject of DeployCenter's applications; it says which repositories, clusters and kinds they may use.
    package var project: String
    /// For each application's `syncPolicy.syncOptions`.
    package var syncOptions: [String]

    /// The namespace comes from Git, with its Pod Security labels; a resource that another application has is not taken over.
    package static let defaultSyncOptions = ["CreateNamespace=false", "FailOnSharedResource=true"]

    /// Nil if `url` is not an HTTP address.
    package init?(
        url: String, token: String, project: String = "deploycenter", syncOptions: [String] = defaultSyncOptions
    ) {
        guard let server = Endpoint(url) else { return nil }
        self.server = server
        self.token = token
        self.project = project
        self.syncOptions = syncOptions
    }
}
