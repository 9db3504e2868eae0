import Foundation
import HTTPClient
import HTTPTypes
import Subprocess
import Testing

@Suite struct `TLS` {
    @Test func `a server of the configured authority is trusted`() async throws {
        try await TestCertificate.use { certificate in
            try await LoopbackServer.run(certificate: certificate) { server in
                try await withClient(.init(caBundlePath: certificate.certificatePath)) { client in
                    let reply = try await client.send(server.request("/"), timeout: .seconds(60))
                    #expect(reply.status == 200)
                }
            }
        }
    }

    @Test func `a server of another authority gets no request`() async throws {
        try await TestCertificate.use { certificate in
            try await TestCertificate.use { other in
                try await LoopbackServer.run(certificate: certificate) { server in
                    for configuration in [CurlClient.Configuration(), .init(caBundlePath: other.certificatePath)] {
                        try await withClient(configuration) { client in
                            await #expect {
                                try await client.send(server.request("/"), timeout: .seconds(60))
                            } throws: {
                                if case .tls = $0 as? HTTPClientError { true } else { false }
                            }
                        }
                    }
                }
            }
        }
    }

    @Test func `a server with a certificate for another name gets no request`() async throws {
        try await TestCertificate.use { certificate in
            try await LoopbackServer.run(certificate: certificate) { server in
                try await withClient(.init(caBundlePath: certificate.certificatePath)) { client in
                    var request = server.request("/")
                    request.authority = "localhost:" + (server.authority.split(separator: ":").last ?? "")
                    await #expect {
                        try await client.send(request, timeout: .seconds(60))
                    } throws: {
                        if case .tls = $0 as? HTTPClientError { true } else { false }
                    }
                }
            }
        }
    }

    /// nginx answers with the protocol and the number of the connection.
    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/nginx"), "nginx is not installed"))
    func `requests to one server share one HTTP/2 connection`() async throws {
        try await TestCertificate.use { certificate in
            let port = ProxyEnvironment.freePort()
            let configuration = """
                daemon off; pid \(certificate.directory.path)/pid; error_log stderr crit; events {}
                http { access_log off; server {
                  listen 127.0.0.1:\(port) ssl http2;
                  ssl_certificate \(certificate.certificatePath); ssl_certificate_key \(certificate.keyPath);
                  location / { return 200 "$server_protocol $connection"; } } }
                """
            let path = certificate.directory.appendingPathComponent("nginx.conf")
            try configuration.write(to: path, atomically: true, encoding: .utf8)
            _ = try await Subprocess.run(
                .name("sh"), arguments: ["-c", "exec /usr/sbin/nginx -c \"$0\"", path.path], input: .none,
                output: .discarded,
                error: .currentStandardError
            ) { execution in
                do {
                    try await expectOneConnection(port: port, certificate)
                } catch {
                    Issue.record(error)
                }
                // QUIT lets the master end its workers.
                try execution.send(signal: .quit)
            }
        }
    }

    private func expectOneConnection(port: Int, _ certificate: TestCertificate) async throws {
        try await withClient(.init(caBundlePath: certificate.certificatePath)) { client in
            let request = HTTPRequest(method: .get, scheme: "https", authority: "127.0.0.1:\(port)", path: "/")
            try await untilConnected(client, request)
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 1...100 {
                    group.addTask {
                        String(decoding: try await client.send(request, timeout: .seconds(10)).body, as: UTF8.self)
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(answers.count == 1)
            #expect(answers.first?.hasPrefix("HTTP/2.0 ") == true)
        }
    }

    /// nginx does not say when it listens; the connection, not the time, ends the loop.
    private func untilConnected(_ client: CurlClient, _ request: HTTPRequest) async throws {
        for _ in 1...500 where await !isConnected(client, request) { try await Task.sleep(for: .milliseconds(10)) }
    }

    private func isConnected(_ client: CurlClient, _ request: HTTPRequest) async -> Bool {
        do {
            _ = try await client.send(request, timeout: .seconds(60))
            return true
        } catch {
            return false
        }
    }
}
