import AWS
import Application
import EventSourcing
import Foundation
import HTTPClient
import HTTPTypes
import Logging
import Subprocess
import Synchronization
import TestSupport
import Testing

@Suite struct `Talking to AWS` {
    @Test func `a clock that is wrong is corrected from the answer, once`() async throws {
        try await OneAnswerServer.run("skew") { endpoint in
            try await client(endpoint, StaticCredentials(key("A")), skew: .seconds(-3600)) { client in
                for _ in 1...3 { _ = try await client.send(call(endpoint)) }
                // The first request was refused and repeated; later ones had the right time at once.
                let reply = try await client.send(call(endpoint))
                #expect(String(decoding: reply.body, as: UTF8.self) == "5")
            }
        }
    }

    @Test func `credentials that AWS calls expired are fetched anew, once`() async throws {
        try await OneAnswerServer.run("stale") { endpoint in
            let fetches = Mutex(0)
            let source = CachedCredentials(now: currentTime) { () async throws(AWSFailure) in
                let count = fetches.withLock { count in
                    count += 1
                    return count
                }
                return key(count == 1 ? "STALE" : "FRESH")
            }
            try await client(endpoint, source) { client in
                for _ in 1...3 { _ = try await client.send(call(endpoint)) }
            }
            #expect(fetches.withLock { $0 } == 2)
        }
    }

    @Test func `an unreachable server is tried again`() async throws {
        let endpoint = try #require(Endpoint("http://127.0.0.1:1"))
        try await client(endpoint, StaticCredentials(key("A"))) { client in
            await #expect {
                try await client.send(call(endpoint))
            } throws: {
                if case .unavailable = $0 as? AWSFailure { true } else { false }
            }
        }
    }

    @Test func `Pod Identity sends its token and reads the credentials`() async throws {
        try await OneAnswerServer.run("pod") { endpoint in
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)")
            try "pod-token\n".write(to: file, atomically: true, encoding: .utf8)
            let environment = [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "\(endpoint.url)/v1/credentials",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": file.path,
            ]
            let found = try await credentials(environment, .init())
            #expect(found.accessKeyID == "ASIAPOD" && found.sessionToken == "session")
            #expect(found.expiresAt == Timestamp("2030-01-01T00:00:00Z"))
            try FileManager.default.removeItem(at: file)
        }
    }

    @Test(arguments: ["http://example.com/credentials", "http://169.254.169.254/latest", "ftp://127.0.0.1/", "x"])
    func `a token is not sent to just anybody`(url: String) {
        #expect(throws: AWSFailure.self) { try PodIdentity(environment: ["AWS_CONTAINER_CREDENTIALS_FULL_URI": url]) }
    }

    @Test(.enabled(if: Emulator.Kind.moto.isInstalled, "moto is not installed"))
    func `a web identity is exchanged for credentials of a role`() async throws {
        try await Emulator.run(.moto) { emulator in
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("token-\(UUID().uuidString)")
            try "header.payload.signature".write(to: file, atomically: true, encoding: .utf8)
            let environment = [
                "AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/deploycenter", "AWS_WEB_IDENTITY_TOKEN_FILE": file.path,
                "AWS_ENDPOINT_URL": emulator.url, "AWS_REGION": "eu-central-1",
            ]
            let found = try await credentials(environment, AWSConfiguration(environment: environment))
            #expect(found.accessKeyID.hasPrefix("ASIA") && found.sessionToken?.isEmpty == false)
            #expect(found.expiresAt.map { $0 > currentTime() } == true)
            try FileManager.default.removeItem(at: file)
        }
    }

    @Test func `without any credentials it says what to set`() async throws {
        await #expect {
            try await credentials([:], .init())
        } throws: {
            if case .refused(let reason) = $0 as? AWSFailure { reason.contains("AWS_ACCESS_KEY_ID") } else { false }
        }
    }

    private func key(_ id: String) -> AWSCredentials { AWSCredentials(accessKeyID: id, secretAccessKey: "S") }

    private func call(_ endpoint: Endpoint) -> AWSCall {
        AWSCall(service: .efs, operation: "Test", region: "eu-central-1", request: endpoint.request(.get, ["x"]))
    }

    private func credentials(
        _ environment: [String: String], _ configuration: AWSConfiguration
    ) async throws -> AWSCredentials {
        let http = CurlClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let result: Result<AWSCredentials, any Error>
        do {
            let source = try CredentialChain.source(
                environment: environment, configuration: configuration, http: http, now: currentTime)
            result = .success(try await source.credentials())
        } catch {
            result = .failure(error)
        }
        await http.shutdown()
        return try result.get()
    }

    private func client(
        _ endpoint: Endpoint, _ source: any AWSCredentialSource, skew: Duration = .zero,
        _ body: (AWSClient) async throws -> Void
    ) async throws {
        let http = CurlClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let client = AWSClient(
            configuration: .init(), credentials: source, http: http, now: { currentTime() + skew })
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(client))
        } catch {
            result = .failure(error)
        }
        await http.shutdown()
        try result.get()
    }
}

/// A server of Python's standard library that has one rule of AWS: times, expired keys, the Pod Identity agent's, or one code
/// of S3 for every bucket.
enum OneAnswerServer {
    static func run<Value: Sendable>(
        _ rule: String, _ body: @Sendable (Endpoint) async throws -> Value
    ) async throws -> Value {
        try await Subprocess.run(
            .name("python3"), arguments: ["-u", "-c", script, rule], input: .none, output: .sequence,
            error: .currentStandardError
        ) { execution in
            var port = ""
            for try await line in execution.standardOutput.strings() {
                port = line.trimmingCharacters(in: .whitespacesAndNewlines)
                break
            }
            let result: Result<Value, any Error>
            do {
                result = .success(try await body(#require(Endpoint("http://127.0.0.1:\(port)"))))
            } catch {
                result = .failure(error)
            }
            try execution.send(signal: .kill)
            return try result.get()
        }.closureResult
    }

    private static let script = #"""
        import calendar, http.server, json, sys, time
        rule, requests = sys.argv[1], 0
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass
            def answer(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def do_HEAD(self):
                self.answer(301 if rule == "PermanentRedirect" else 403, b"")
            def do_GET(self):
                global requests
                requests += 1
                if rule == "skew":
                    sent = calendar.timegm(time.strptime(self.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ"))
                    if abs(sent - time.time()) > 300: return self.answer(403, b'{"ErrorCode":"RequestTimeTooSkewed"}')
                if rule == "stale" and "Credential=STALE/" in self.headers["Authorization"]:
                    return self.answer(403, b'{"ErrorCode":"ExpiredTokenException"}')
                if "tagging" in self.path:
                    return self.answer(403, f"<Error><Code>{rule}</Code><Message>no</Message></Error>".encode())
                if rule == "pod":
                    if self.path != "/v1/credentials" or self.headers["Authorization"] != "pod-token": return self.answer(401, b"")
                    return self.answer(200, json.dumps({"AccessKeyId": "ASIAPOD", "SecretAccessKey": "secret",
                        "Token": "session", "Expiration": "2030-01-01T00:00:00Z"}).encode())
                self.answer(200, str(requests).encode())
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        print(server.server_address[1])
        server.serve_forever()
        """#
}
