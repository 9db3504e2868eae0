import AWS
import EventSourcing
import Foundation
import HTTPClient
import Logging
import Subprocess
import TestSupport

/// The Python that has the stand-ins for AWS: `DEPLOYCENTER_TEST_PYTHON`, by default `python3`.
enum Python {
    private static let configured = ProcessInfo.processInfo.environment["DEPLOYCENTER_TEST_PYTHON"]
    static let path = configured ?? "python3"
    /// Through `env`, so that a name is looked up and a path is taken as it is.
    static let executable = Executable.name("env")

    static func arguments(_ rest: [String]) -> Arguments { Arguments([path] + rest) }

    /// Where a Python was named, or in CI, a missing module must fail the test instead of skipping it.
    static func has(_ module: String) -> Bool {
        if configured != nil || ProcessInfo.processInfo.environment["CI"] != nil { return true }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [path, "-c", "import \(module)"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// Somebody else's stand-in for AWS, with a user whose key it verifies, a hosted zone and a file system.
struct Emulator: Sendable {
    let url: String
    let accessKeyID: String
    let secretAccessKey: String
    let hostedZone: String
    let fileSystem: String

    enum Kind: String, CaseIterable, Sendable {
        /// Verifies signatures. Differs from AWS: the same client token makes a second access point.
        case ministack
        /// Verifies nothing. Differs from AWS: a change of names has one fixed id and is in sync at once.
        case moto

        var isInstalled: Bool { Python.has(rawValue) && Python.has("boto3") }
    }

    private struct Started: Decodable {
        let port: Int
        let key: String
        let secret: String
        let zone: String
        let fileSystem: String
    }

    static func run<Result: Sendable>(
        _ kind: Kind, _ body: @Sendable (Emulator) async throws -> Result
    ) async throws -> Result {
        try await Subprocess.run(
            Python.executable, arguments: Python.arguments(["-u", "-c", script, kind.rawValue]), input: .none,
            output: .sequence, error: .currentStandardError
        ) { execution in
            var line: String?
            for try await text in execution.standardOutput.strings() {
                line = text
                break
            }
            guard let line else { throw DidNotStart() }
            let started = try JSONDecoder().decode(Started.self, from: Data(line.utf8))
            let emulator = Emulator(
                url: "http://127.0.0.1:\(started.port)", accessKeyID: started.key, secretAccessKey: started.secret,
                hostedZone: started.zone, fileSystem: started.fileSystem)
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await body(emulator))
            } catch {
                result = .failure(error)
            }
            try execution.send(signal: .kill)
            return try result.get()
        }.closureResult
    }

    /// A client of all four services, for the length of `body`.
    func client<Result: Sendable>(
        secretAccessKey: String? = nil, skew: Duration = .zero, _ body: @Sendable (AWSClient) async throws -> Result
    ) async throws -> Result {
        let configuration = try AWSConfiguration(environment: ["AWS_ENDPOINT_URL": url])
        let http = CurlClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let credentials = AWSCredentials(
            accessKeyID: accessKeyID, secretAccessKey: secretAccessKey ?? self.secretAccessKey)
        let client = AWSClient(
            configuration: configuration, credentials: StaticCredentials(credentials), http: http,
            now: { currentTime() + skew })
        do {
            let result = try await body(client)
            await http.shutdown()
            return result
        } catch {
            await http.shutdown()
            throw error
        }
    }

    struct DidNotStart: Error {}

    /// Starts the server, which dies with this process, makes what the tests need, and says where it is.
    private static let script = #"""
        import ctypes, json, os, socket, subprocess, sys, time, urllib.request
        kind = sys.argv[1]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        def die_with_parent(): ctypes.CDLL(None).prctl(1, 9)
        environment = dict(os.environ, AUTH="true", BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port))
        for name in [n for n in environment if n.startswith("AWS_")]: del environment[name]
        command = {"ministack": ["-m", "ministack"], "moto": ["-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]}[kind]
        log = open(os.devnull, "w")
        server = subprocess.Popen([sys.executable] + command, env=environment, stdout=log, stderr=log, preexec_fn=die_with_parent)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if server.poll() is not None: sys.exit("%s ended" % kind)
                time.sleep(0.05)
        import boto3
        def client(name, key="test", secret="test"):
            return boto3.client(name, endpoint_url="http://127.0.0.1:%d" % port, region_name="eu-central-1",
                                aws_access_key_id=key, aws_secret_access_key=secret)
        iam = client("iam")
        iam.create_user(UserName="deploycenter")
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="deploycenter", PolicyName="all", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName="deploycenter")["AccessKey"]
        keys = (key["AccessKeyId"], key["SecretAccessKey"])
        zone = client("route53", *keys).create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]["Id"]
        file_system = client("efs", *keys).create_file_system(CreationToken="1")["FileSystemId"]
        print(json.dumps({"port": port, "key": keys[0], "secret": keys[1], "zone": zone.split("/")[-1], "fileSystem": file_system}))
        server.wait()
        """#
}
