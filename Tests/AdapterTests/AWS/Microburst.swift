import AWS
import Application
import EventSourcing
import Foundation
import HTTPClient
import HTTPTypes
import Logging
import Subprocess
import Testing

/// Somebody else's proxy that spoils what passes through it in the ways AWS and networks do, in front of an emulator.
struct Microburst: Sendable {
    /// The emulator, as its clients see it through the proxy.
    let emulator: Emulator
    private let http: CurlClient

    static func run<Result: Sendable>(
        before upstream: Emulator, _ body: @Sendable (Microburst) async throws -> Result
    ) async throws -> Result {
        let arguments = ["-u", "-c", script, upstream.url, upstream.accessKeyID, upstream.secretAccessKey]
        return try await Subprocess.run(
            Python.executable, arguments: Python.arguments(arguments), input: .none, output: .sequence,
            error: .currentStandardError
        ) { execution in
            var port: String?
            for try await text in execution.standardOutput.strings() {
                port = text.trimmingCharacters(in: .whitespacesAndNewlines)
                break
            }
            guard let port, Int(port) != nil else { throw Emulator.DidNotStart() }
            let http = CurlClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let proxy = Microburst(
                emulator: Emulator(
                    url: "http://127.0.0.1:\(port)", accessKeyID: upstream.accessKeyID,
                    secretAccessKey: upstream.secretAccessKey, hostedZone: upstream.hostedZone,
                    fileSystem: upstream.fileSystem), http: http)
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await body(proxy))
            } catch {
                result = .failure(error)
            }
            await http.shutdown()
            try execution.send(signal: .kill)
            return try result.get()
        }.closureResult
    }

    /// Takes the place of all rules.
    func spoil(_ rules: JSONValue) async throws {
        let reply = try await administer(.post, "rules", Array(try JSONEncoder().encode(rules)))
        try #require((200...299).contains(reply.status), "\(String(decoding: reply.body, as: UTF8.self))")
    }

    /// How many requests were spoilt.
    func firedCount() async throws -> Int {
        let reply = try await administer(.get, "fired", [])
        return try JSONDecoder().decode(JSONValue.self, from: Data(reply.body)).array?.count ?? 0
    }

    private func administer(_ method: HTTPRequest.Method, _ what: String, _ body: [UInt8]) async throws -> HTTPReply {
        let endpoint = try #require(Endpoint(emulator.url))
        let request = endpoint.request(
            method, ["_microburst", what], headerFields: body.isEmpty ? [:] : [.contentType: "application/json"])
        return try await http.send(request, body: body, timeout: .seconds(10))
    }

    /// The proxy signs anew what it sends on, because the emulator verifies the host that was signed. It dies with this process.
    private static let script = #"""
        import ctypes, os, socket, subprocess, sys, time
        upstream, key, secret = sys.argv[1:]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        def die_with_parent(): ctypes.CDLL(None).prctl(1, 9)
        environment = dict(os.environ, AWS_ACCESS_KEY_ID=key, AWS_SECRET_ACCESS_KEY=secret, AWS_DEFAULT_REGION="eu-central-1")
        environment.pop("AWS_SESSION_TOKEN", None)
        log = open(os.devnull, "w")
        command = ["-m", "microburst", "--host", "127.0.0.1", "--port", str(port), "--upstream", upstream, "--resign"]
        proxy = subprocess.Popen([sys.executable] + command, env=environment, stdout=log, stderr=log, preexec_fn=die_with_parent)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if proxy.poll() is not None: sys.exit("microburst ended")
                time.sleep(0.05)
        print(port)
        proxy.wait()
        """#
}
