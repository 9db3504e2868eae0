import Application
import EventSourcing
import FoundationEssentials
import GitHub
import HTTPClient
import PostgresEventStore
import Simulators
import TestSupport
import Testing

/// A server that plans against a real repository behind the simulator of GitHub's API.
struct PlanningAPI: Sendable {
    let api: RunningAPI
    let repository: GitHubRepository

    static let conventions = Conventions(
        bucketPrefix: "dc", project: "customers", secretStore: "store", stableSeconds: 0)

    /// The request, by the name of another plan or none.
    static func order(_ plan: JSONValue? = nil, _ changes: [String: JSONValue] = [:]) -> JSONValue {
        guard case .object(var order) = Fixtures.deployment else { return .null }
        order["plan"] = plan
        return .object(order.merging(changes) { _, changed in changed })
    }

    static let folder = "deployments/acme-shop-production"

    /// The plan's digest.
    func plan(_ changes: [String: JSONValue] = [:]) async throws -> JSONValue {
        let answer = try await api.post("/api/v1/deployments/plan", as: "dana", Self.order(nil, changes))
        #expect(answer.status == 200, "\(answer.text)")
        return try #require(answer.body["digest"])
    }

    /// Brings the folder to these files, as somebody else's push would.
    func push(_ files: [String: String], to folder: String = PlanningAPI.folder) async throws {
        _ = try await repository.commit(FolderChange(folder: folder, files: files, subject: "edit", trailers: []))
    }
}

/// Runs `body` with a prepared server of its own and an empty repository.
func withPlanningAPI(
    policy: String = "", approvalSeconds: Int = 3600, planSeconds: Int = 600, projecting: Bool = false,
    _ body: @Sendable (PlanningAPI) async throws -> Void
) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "plans-\(UUID())").path()
    defer { try? FileManager.default.removeItem(atPath: directory) }  // What is left is the system's to clean.
    let gitHub = try await GitHubSimulator(
        SimulatorConfiguration(directory: directory), clock: { currentTime() }, logger: .silent)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await gitHub.run() }
        var direct = CurlClient.Configuration()
        direct.proxy = .direct
        let client = CurlClient(configuration: direct, logger: .silent)
        let configuration = try #require(
            GitHubConfiguration(
                apiURL: "http://127.0.0.1:\(try await gitHub.port)", owner: "acme", repository: "clusters",
                branch: "main", authentication: .token("ghp_sandbox"), pushInterval: .zero))
        let repository = GitHubRepository(configuration, client: client, now: { currentTime() })
        let approvals = try ApprovalPolicy(policy, validSeconds: approvalSeconds)
        try await withAPI(
            projecting: projecting,
            planning: { store, pool, queries in
                Planning(
                    repository: repository, location: repository.location, plans: PostgresPlanStore(pool: pool),
                    history: queries, templates: TemplateLibrary(store: store),
                    conventions: PlanningAPI.conventions, policy: approvals, validSeconds: planSeconds)
            }
        ) { api in
            try await api.prepare()
            try await body(PlanningAPI(api: api, repository: repository))
        }
        await client.shutdown()
        group.cancelAll()
        do { while try await group.next() != nil {} } catch is CancellationError {}
    }
}
