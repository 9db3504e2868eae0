package import HTTPClient

/// Which repository declares everything, and how DeployCenter proves to GitHub who it is.
package struct GitHubConfiguration: Sendable {
    /// The API's address; GitHub Enterprise Server has its own.
    package var api: Endpoint
    package var owner: String
    package var repository: String
    package var branch: String
    /// Where clusters read the repository from; it goes into each Argo CD application.
    package var cloneURL: String
    /// Secret.
    package var authentication: GitHubAuthentication
    /// Least time between two pushes. GitHub takes about six a minute for a repository; what waits meanwhile shares a commit.
    package var pushInterval: Duration

    /// Address of the API of github.com.
    package static let publicAPI = "https://api.github.com"

    /// Nil if `apiURL` is not an HTTP address. Without `cloneURL`, it is the one of github.com.
    package init?(
        apiURL: String = publicAPI, owner: String, repository: String, branch: String = "main", cloneURL: String? = nil,
        authentication: GitHubAuthentication, pushInterval: Duration = .seconds(10)
    ) {
        guard let api = Endpoint(apiURL) else { return nil }
        self.api = api
        self.owner = owner
        self.repository = repository
        self.branch = branch
        self.cloneURL = cloneURL ?? "https://github.com/\(owner)/\(repository).git"
        self.authentication = authentication
        self.pushInterval = pushInterval
    }
}

/// How DeployCenter proves to GitHub who it is.
package enum GitHubAuthentication: Sendable {
    /// A personal access token or the like.
    case token(String)
    /// An App installed on the repository; its commits are signed by GitHub. The key is RSA in PEM.
    case app(id: String, installationID: Int64, privateKeyPEM: String)
}
