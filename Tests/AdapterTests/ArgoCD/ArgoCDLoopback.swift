import Application
import ArgoCD
import EventSourcing
import FoundationEssentials
import GitHub
import HTTPClient
import HTTPTypes
import Logging
import Simulators
import Testing

/// Argo CD's API over a repository that GitHub's API serves, both on loopback, for one test.
struct ArgoCDLoopback: Sendable {
    let argoCD: ArgoCD
    let repository: GitHubRepository
    let client: CurlClient
    let clock: TestClock
    private let endpoint: Endpoint

    static func run(
        pace: Pace = .immediate, _ body: @Sendable (ArgoCDLoopback) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "argocd-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: directory) }  // What is left is the system's to clean.
        let clock = TestClock()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let simulation = SimulatorConfiguration(directory: directory, pace: pace)
        let gitHub = try await GitHubSimulator(simulation, clock: clock.now, logger: logger)
        let argoCD = try await ArgoCDSimulator(simulation, clock: clock.now, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gitHub.run() }
            group.addTask { try await argoCD.run() }
            let client = CurlClient(logger: logger)
            let endpoint = try #require(Endpoint("http://127.0.0.1:\(try await argoCD.port)"))
            let gitHubConfiguration = try #require(
                GitHubConfiguration(
                    apiURL: "http://127.0.0.1:\(try await gitHub.port)", owner: "acme", repository: "clusters",
                    authentication: .token("ghp_sandbox"), pushInterval: .zero))
            let configuration = try #require(ArgoCDConfiguration(url: endpoint.url, token: "argocd-sandbox"))
            try await body(
                ArgoCDLoopback(
                    argoCD: ArgoCD(configuration, client: client),
                    repository: GitHubRepository(gitHubConfiguration, client: client, now: clock.now), client: client,
                    clock: clock, endpoint: endpoint))
            group.cancelAll()
            do { while try await group.next() != nil {} } catch is CancellationError {}
        }
    }

    /// Commits one Deployment with this image; answers the commit.
    func release(_ image: String, folder: String = "apps/shop") async throws -> String {
        let manifest = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: web, namespace: shop}
            spec:
              selector: {matchLabels: {app: web}}
              template:
                metadata: {labels: {app: web}}
                spec: {containers: [{name: web, image: "\(image)"}]}

            """
        return try await repository.commit(FolderChange(folder, ["web.yaml": manifest])).commit
    }

    func request(
        _ name: String = "shop", deployment: String = "acme-shop", release: Int = 1, project: String = "customers"
    ) -> ApplicationRequest {
        ApplicationRequest(
            name: name, project: project, destination: "eks-production", namespace: "shop",
            repository: repository.location, folder: "apps/shop",
            ownership: Ownership(deployment: deployment, customer: "acme", release: release))
    }

    func sync(_ commit: String) -> SyncRequest {
        SyncRequest(
            application: "shop", project: "customers", revision: commit, ownership: request().ownership,
            at: clock.now())
    }

    /// Makes the simulator answer so instead, as often as `rule` says.
    func addFault(_ rule: JSONValue) async throws {
        try await post(["_simulator", "faults"], rule)
    }

    /// An application that somebody made by hand.
    func addForeignApplication() async throws {
        try await post(
            ["api", "v1", "applications"],
            [
                "metadata": ["name": "shop", "labels": ["team": "web"]],
                "spec": [
                    "project": "customers", "destination": ["name": "eks-production", "namespace": "shop"],
                    "source": [
                        "repoURL": .string(repository.location.url), "path": "apps/shop", "targetRevision": "main",
                    ],
                ],
            ])
    }

    /// The sync windows of the project, in place of those there were.
    func setWindows(_ windows: [JSONValue]) async throws {
        try await post(
            ["api", "v1", "projects", "customers"], ["project": ["spec": ["syncWindows": .array(windows)]]], .put)
    }

    /// A sync that somebody asks for in Argo CD itself.
    func strangerSyncs(_ application: String, to revision: String) async throws {
        try await post(
            ["api", "v1", "applications", application, "sync"],
            ["project": "customers", "revision": .string(revision), "prune": true])
    }

    private func post(_ segments: [String], _ body: JSONValue, _ method: HTTPRequest.Method = .post) async throws {
        let reply = try await client.send(
            endpoint.request(
                method, segments,
                headerFields: [.contentType: "application/json", .authorization: "Bearer argocd-sandbox"]),
            body: Array(try JSONEncoder().encode(body)), timeout: .seconds(10))
        #expect(reply.head.status.kind == .successful, "\(String(decoding: reply.body, as: UTF8.self))")
    }
}
