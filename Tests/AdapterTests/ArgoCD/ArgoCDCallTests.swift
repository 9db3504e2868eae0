import Application
import ArgoCD
import EventSourcing
import HTTPTypes
import Testing

@Suite struct `Calls of Argo CD's API` {
    private let configuration: ArgoCDConfiguration
    private let application = ApplicationRequest(
        name: "acme-shop-staging", project: "customers", destination: "https://eks.example", namespace: "acme-shop",
        repository: RepositoryLocation(url: "https://github.com/acme/clusters.git", branch: "main"),
        folder: "customers/acme/shop",
        ownership: Ownership(deployment: "acme-shop-staging", customer: "acme", release: 3))

    init() throws {
        configuration = try #require(ArgoCDConfiguration(url: "https://argo.example/argo/", token: "secret"))
    }

    @Test func `always name the project, or a missing application would answer 403`() {
        #expect(path(.get("a b", project: "p", refresh: false)) == "/argo/api/v1/applications/a%20b?project=p")
        #expect(path(.get("a", project: "p", refresh: true)) == "/argo/api/v1/applications/a?project=p&refresh=normal")
        #expect(path(.resourceTree("a", project: "p")) == "/argo/api/v1/applications/a/resource-tree?project=p")
        #expect(
            path(.delete("a", project: "p"))
                == "/argo/api/v1/applications/a?cascade=true&project=p&propagationPolicy=foreground")
        #expect(path(.terminateOperation("a", project: "p")) == "/argo/api/v1/applications/a/operation?project=p")
    }

    @Test func `name a content type with everything but GET, a DELETE included`() {
        let delete = ArgoCDCall.delete("a", project: "p").request(for: configuration)
        #expect(delete.headerFields[.contentType] == "application/json")
        #expect(delete.headerFields[.authorization] == "Bearer secret")
        let get = ArgoCDCall.get("a", project: "p", refresh: false).request(for: configuration)
        #expect(get.headerFields[.contentType] == nil)
    }

    @Test func `make an application that nothing syncs but we`() throws {
        let call = ArgoCDCall.make(application, replacing: true, configuration)
        #expect(path(call) == "/argo/api/v1/applications?upsert=true&validate=true")
        let spec = try #require(call.body?["spec"])
        #expect(
            spec["source"] == [
                "repoURL": "https://github.com/acme/clusters.git", "path": "customers/acme/shop",
                "targetRevision": "refs/heads/main",
            ])
        #expect(spec["destination"] == ["server": "https://eks.example", "namespace": "acme-shop"])
        #expect(spec["project"] == "customers")
        #expect(spec["syncPolicy"]?["automated"] == nil)
        #expect(spec["syncPolicy"]?["syncOptions"]?.array?.contains("CreateNamespace=false") == true)
        let metadata = try #require(call.body?["metadata"])
        #expect(metadata["finalizers"] == ["resources-finalizer.argocd.argoproj.io"])
        #expect(metadata["annotations"]?["argocd.argoproj.io/manifest-generate-paths"] == ".")
        #expect(metadata["labels"]?["deploycenter.io/deployment"] == "acme-shop-staging")
    }

    @Test func `do not replace what was not there a moment ago`() {
        #expect(path(.make(application, replacing: false, configuration)).contains("upsert=false"))
    }

    @Test func `name a cluster by its name where it is not an address`() {
        let named = ApplicationRequest(
            name: "a", project: "p", destination: "eks-production", namespace: "n", repository: application.repository,
            folder: "f", ownership: application.ownership)
        #expect(
            ArgoCDCall.make(named, replacing: false, configuration).body?["spec"]?["destination"]
                == ["name": "eks-production", "namespace": "n"])
    }

    @Test func `sync one commit, prune, and say for which release`() {
        let call = ArgoCDCall.sync(
            SyncRequest(
                application: "a", project: "p", revision: "c0ffee", ownership: application.ownership,
                at: Timestamp(microseconds: 0)))
        #expect(path(call) == "/argo/api/v1/applications/a/sync")
        #expect(
            call.body == [
                "project": "p", "revision": "c0ffee", "prune": true,
                "infos": [
                    ["name": "deployment", "value": "acme-shop-staging"], ["name": "release", "value": "3"],
                ],
            ])
    }

    @Test func `send only what Argo CD's description of the API names`() throws {
        guard let contract = Contract("argocd-swagger-v3.5.1.json") else { return }
        var body = try #require(ArgoCDCall.make(application, replacing: true, configuration).body?.object)
        // Kubernetes' own, which the generated description leaves out of every type.
        #expect(body.removeValue(forKey: "apiVersion") == "argoproj.io/v1alpha1")
        #expect(body.removeValue(forKey: "kind") == "Application")
        try contract.expect(.object(body), fits: "v1alpha1Application")
        try contract.expect(body["metadata"], fits: "v1ObjectMeta")
        try contract.expect(body["spec"], fits: "v1alpha1ApplicationSpec")
        try contract.expect(body["spec"]?["source"], fits: "v1alpha1ApplicationSource")
        try contract.expect(body["spec"]?["destination"], fits: "v1alpha1ApplicationDestination")
        try contract.expect(body["spec"]?["syncPolicy"], fits: "v1alpha1SyncPolicy")
        let sync = ArgoCDCall.sync(
            SyncRequest(
                application: "a", project: "p", revision: "c", ownership: application.ownership,
                at: Timestamp(microseconds: 0)))
        try contract.expect(sync.body, fits: "applicationApplicationSyncRequest")
        try contract.expect(sync.body?["infos"]?.array?.first, fits: "v1alpha1Info")
    }

    private func path(_ call: ArgoCDCall) -> String { call.request(for: configuration).path ?? "" }
}
