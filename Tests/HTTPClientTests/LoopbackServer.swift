import Foundation
import HTTPClient
import HTTPTypes
import Subprocess

/// A small server in a process of its own, made of Python's standard library, for as long as a test needs it.
struct LoopbackServer: Sendable {
    let scheme: String
    let authority: String

    /// `port` 0 takes a free one. With `certificate` it speaks TLS.
    @discardableResult static func run<Result: Sendable>(
        port: Int = 0, certificate: TestCertificate? = nil, _ body: @Sendable (LoopbackServer) async throws -> Result
    ) async throws -> Result {
        let arguments = [String(port)] + (certificate.map { [$0.certificatePath, $0.keyPath] } ?? [])
        return try await Subprocess.run(
            .name("python3"), arguments: Arguments(["-u", "-c", script] + arguments), input: .none,
            output: .sequence, error: .currentStandardError
        ) { execution in
            var port: String?
            for try await line in execution.standardOutput.strings() {
                port = line.trimmingCharacters(in: .whitespacesAndNewlines)
                break
            }
            guard let port else { throw ServerDidNotStart() }
            let scheme = certificate == nil ? "http" : "https"
            let result: Swift.Result<Result, any Error>
            do {
                result = .success(try await body(LoopbackServer(scheme: scheme, authority: "127.0.0.1:\(port)")))
            } catch {
                result = .failure(error)
            }
            try execution.send(signal: .kill)
            return try result.get()
        }.closureResult
    }

    func request(_ path: String, method: HTTPRequest.Method = .get, headers: HTTPFields = [:]) -> HTTPRequest {
        HTTPRequest(method: method, scheme: scheme, authority: authority, path: path, headerFields: headers)
    }

    struct ServerDidNotStart: Error {}

    private static let script = #"""
        import http.server, json, socket, ssl, sys, threading

        count = {"accepts": 0, "waiting": 0, "written": 0, "left": 0}
        lock = threading.Lock()
        def add(key, n=1):
            with lock: count[key] += n

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024
            def get_request(self):
                pair = super().get_request()
                add("accepts")
                return pair

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            def log_message(self, *arguments): pass
            def version_string(self): return "test"
            def reply(self, status, body, fields=()):
                self.send_response(status)
                for name, value in fields: self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD": self.wfile.write(body)
            def chunk(self, data):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
                add("written", len(data))
            def begin_chunks(self):
                self.send_response(200)
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path, _, query = self.path.partition("?")
                if path.endswith("/count"): return self.reply(200, json.dumps(count).encode())
                if path == "/wait":
                    add("waiting")
                    self.connection.settimeout(30)
                    try:
                        while self.connection.recv(1): pass
                    except OSError: pass
                    add("left")
                    self.close_connection = True
                    return
                if path == "/lines":
                    self.begin_chunks()
                    for n in range(int(query)): self.chunk(b'{"n":%d}\n' % n)
                    self.wfile.write(b"0\r\n\r\n")
                    return
                if path == "/endless":
                    self.begin_chunks()
                    try:
                        while True: self.chunk(b"x" * 65536)
                    except OSError: pass
                    add("left")
                    self.close_connection = True
                    return
                if path == "/bytes": return self.reply(200, b"x" * int(query))
                if path == "/cut":
                    self.send_response(200)
                    self.send_header("Content-Length", "1000")
                    self.end_headers()
                    self.wfile.write(b"x" * 10)
                    self.close_connection = True
                    return
                if path == "/hang-up":
                    self.close_connection = True
                    return
                if path == "/early":
                    self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
                    return self.reply(200, b"late", [("X-Empty", ""), ("X-Twice", "a"), ("X-Twice", "b")])
                if path == "/redirect": return self.reply(302, b"", [("Location", "/bytes?1")])
                if path.startswith("/status/"): return self.reply(int(path[8:]), b"")
                self.reply(200, json.dumps({"method": self.command, "path": self.path,
                    "headers": self.headers.items(), "body": body.decode("latin-1")}).encode())
            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any

        server = Server(("127.0.0.1", int(sys.argv[1])), Handler)
        if len(sys.argv) > 2:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[2], sys.argv[3])
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        print(server.server_address[1])
        server.serve_forever()
        """#
}

/// What the server's other paths answer: the request as it arrived.
struct Echo: Decodable {
    let method: String
    let path: String
    let headers: [[String]]
    let body: String

    init(_ reply: HTTPReply) throws { self = try JSONDecoder().decode(Echo.self, from: Data(reply.body)) }

    /// Values in order of arrival; names compared exactly as they were written.
    subscript(name: String) -> [String] { headers.filter { $0[0] == name }.map { $0[1] } }
}

/// How often things happened in the server.
struct Counts: Decodable {
    let accepts: Int
    let waiting: Int
    let written: Int
    let left: Int

    static func read(_ client: CurlClient, _ server: LoopbackServer) async throws -> Counts {
        let reply = try await client.send(server.request("/count"), timeout: .seconds(60))
        return try JSONDecoder().decode(Counts.self, from: Data(reply.body))
    }

    /// Reads until `condition` holds; a bounded number of reads, each at most 20 ms after the one before.
    static func until(
        _ client: CurlClient, _ server: LoopbackServer, _ condition: (Counts) -> Bool
    ) async throws -> Counts {
        for _ in 1...500 {
            let counts = try await read(client, server)
            if condition(counts) { return counts }
            // Gives way to the server's threads; the condition, not the time, ends the loop.
            try await Task.sleep(for: .milliseconds(20))
        }
        return try await read(client, server)
    }
}
