package import Application
package import EventSourcing

/// The Argo CD application of one deployment, and the marks by which it is known as ours.
package enum ApplicationManifest {
    package static let managedByLabel = "app.kubernetes.io/managed-by"
    package static let managedBy = "deploycenter"
    package static let deploymentLabel = "deploycenter.io/deployment"
    package static let customerLabel = "deploycenter.io/customer"
    /// An annotation, because it changes with each release and nobody selects by it.
    package static let releaseAnnotation = "deploycenter.io/release"

    /// There is no automatic sync: each release names its own commit, so that Argo CD's rollback stays possible and another
    /// customer's push causes no work here.
    package static func json(for request: ApplicationRequest, syncOptions: [String]) -> JSONValue {
        let ownership = request.ownership
        return [
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": [
                "name": .string(request.name),
                "labels": [
                    managedByLabel: .string(managedBy),
                    deploymentLabel: .string(ownership.deployment),
                    customerLabel: .string(ownership.customer),
                ],
                "annotations": [
                    releaseAnnotation: .string(String(ownership.release)),
                    // Only commits that touch this application's own folder concern it.
                    "argocd.argoproj.io/manifest-generate-paths": ".",
                ],
                "finalizers": ["resources-finalizer.argocd.argoproj.io"],
            ],
            "spec": [
                "project": .string(request.project),
                "source": [
                    "repoURL": .string(request.repository.url),
                    "path": .string(request.folder),
                    "targetRevision": .string(revision(of: request.repository.branch)),
                ],
                "destination": destination(request),
                "syncPolicy": ["syncOptions": .array(syncOptions.map(JSONValue.string))],
            ],
        ]
    }

    /// Fully qualified, which spares Argo CD a search through tags.
    private static func revision(of branch: String) -> String {
        branch.hasPrefix("refs/") ? branch : "refs/heads/\(branch)"
    }

    private static func destination(_ request: ApplicationRequest) -> JSONValue {
        let isURL = request.destination.hasPrefix("https://") || request.destination.hasPrefix("http://")
        return [
            isURL ? "server" : "name": .string(request.destination), "namespace": .string(request.namespace),
        ]
    }
}
