import AWS
import Application
import EventSourcing
import FoundationEssentials
import HTTPClient
import HTTPTypes
import Logging
import Simulators
import Testing

/// The simulators of AWS and of the identity provider whose tokens it takes, for one test. They verify every signature.
struct AWSLoopback: Sendable {
    let aws: AWSSimulator
    let identity: IdentitySimulator
    let endpoint: Endpoint
    let http: CurlClient
    /// The vendors' clock.
    let clock: TestClock
    let directory: String

    static let region = "eu-central-1"
    static let fileSystem = "fs-0123456789abcdef0"
    static let zone = "Z0SANDBOX00000001"

    static func run(_ body: @Sendable (AWSLoopback) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "aws-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: directory) }  // What is left is the system's to clean.
        let clock = TestClock()
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let settings = SimulatorConfiguration(directory: directory)
        let identity = try await IdentitySimulator(settings, clock: clock.now, logger: logger)
        let aws = try await AWSSimulator(settings, clock: clock.now, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await identity.run() }
            group.addTask { try await aws.run() }
            let endpoint = try #require(Endpoint("http://127.0.0.1:\(try await aws.port)"))
            try await body(
                AWSLoopback(
                    aws: aws, identity: identity, endpoint: endpoint, http: CurlClient(logger: logger), clock: clock,
                    directory: directory))
            group.cancelAll()
            do { while try await group.next() != nil {} } catch is CancellationError {}
        }
    }

    /// A client whose credentials come as the environment says; by default from a key. Its pauses take no time.
    func client(
        _ environment: [String: String] = [
            "AWS_ACCESS_KEY_ID": "AKIASANDBOX00000001",
            "AWS_SECRET_ACCESS_KEY": "sandbox/secret+access/key0000000000000000",
        ], clock: TestClock? = nil
    ) throws -> AWSClient {
        let now = (clock ?? self.clock).now
        let configuration = try AWSConfiguration(
            environment: environment.merging(["AWS_ENDPOINT_URL": endpoint.url]) { $1 })
        return AWSClient(
            configuration: configuration,
            credentials: try CredentialChain.source(
                environment: environment, configuration: configuration, http: http, now: now),
            http: http, now: now, retry: StandardRetry(now: now, pause: { _ in await Task.yield() }))
    }

    /// A service account's token in a file, as Kubernetes puts it beside a pod.
    func writeToken(validFor: Duration = .seconds(86_400)) async throws -> String {
        let path = "\(directory)/token"
        let token = try #require(try await identity.issueToken(for: "dana", validFor: validFor))
        try token.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// Makes the simulator answer so instead, as often as `rule` says.
    func addFault(_ rule: JSONValue) async throws {
        let reply = try await http.send(
            endpoint.request(.post, ["_simulator", "faults"], headerFields: [.contentType: "application/json"]),
            body: Array(try JSONEncoder().encode(rule)), timeout: .seconds(5))
        #expect(reply.status == 204)
    }

    func state() async throws -> JSONValue {
        let reply = try await http.send(endpoint.request(.get, ["_simulator", "state"]), timeout: .seconds(5))
        return try JSONDecoder().decode(JSONValue.self, from: Data(reply.body))
    }

    var sessions: Int64 { get async throws { try await state()["sessions"]?.integer ?? -1 } }

    func accessPoint(
        _ deployment: String = "acme-shop", token: String? = nil, customer: String = "acme"
    ) -> AccessPointRequest {
        AccessPointRequest(
            token: token ?? "\(deployment)-r1", region: Self.region, fileSystem: Self.fileSystem,
            path: "/\(deployment)", uid: 1000, gid: 1000,
            ownership: Ownership(deployment: deployment, customer: customer, release: 1))
    }
}
