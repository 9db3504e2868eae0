import Foundation
import HTTPClient
import HTTPTypes
import Testing

@Suite struct `Sending a request` {
    @Test func `path, query, header names and values arrive as they were given`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                let path = "/a/../b//c%2Fd/./e%20f?z=1&a=%2B&a=b+c&empty="
                var headers: HTTPFields = [:]
                headers[.init("x-Amz-dATE")!] = "20150830T123600Z"
                headers[.init("X-Empty")!] = ""
                let echo = try await Echo(client.send(server.request(path, headers: headers), timeout: .seconds(60)))
                #expect(echo.path == path)
                #expect(echo["x-Amz-dATE"] == ["20150830T123600Z"])
                #expect(echo["X-Empty"] == [""])
                #expect(Set(echo.headers.map { $0[0] }) == ["Host", "User-Agent", "x-Amz-dATE", "X-Empty"])
            }
        }
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .patch, .delete])
    func `a body goes with any method, with its length and no Expect`(method: HTTPRequest.Method) async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                let body = [UInt8](repeating: UInt8(ascii: "b"), count: 100_000)
                let reply = try await client.send(
                    server.request("/", method: method), body: body, timeout: .seconds(60))
                let echo = try Echo(reply)
                #expect(echo.method == method.rawValue)
                #expect(echo.body.utf8.elementsEqual(body))
                #expect(echo["Content-Length"] == ["100000"])
                #expect(echo["Expect"].isEmpty && echo["Content-Type"].isEmpty)
            }
        }
    }

    @Test func `an empty POST says that it is empty, and bytes of all values arrive`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                let empty = try await client.send(server.request("/", method: .post), timeout: .seconds(60))
                #expect(try Echo(empty)["Content-Length"] == ["0"])
                let bytes = [UInt8](0...255)
                let reply = try await client.send(server.request("/", method: .put), body: bytes, timeout: .seconds(60))
                #expect(try Echo(reply).body.unicodeScalars.map(\.value) == bytes.map(UInt32.init))
            }
        }
    }

    @Test func `interim answers are passed over and repeated fields are joined`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                let reply = try await client.send(server.request("/early"), timeout: .seconds(60))
                #expect(reply.status == 200 && reply.body == Array("late".utf8))
                #expect(reply.header(.init("x-twice")!) == "a, b")
                #expect(reply.header(.init("x-empty")!) == "")
                #expect(reply.header(.init("link")!) == nil)
            }
        }
    }

    @Test func `HEAD has a head only, and a redirect is an answer like others`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                let head = try await client.send(server.request("/bytes?77", method: .head), timeout: .seconds(60))
                #expect(head.body.isEmpty && head.header(.contentLength) == "77")
                let redirect = try await client.send(server.request("/redirect"), timeout: .seconds(60))
                #expect(redirect.status == 302 && redirect.header(.location) == "/bytes?1")
            }
        }
    }

    @Test func `one connection serves one request after another`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                for _ in 1...50 { _ = try await client.send(server.request("/"), timeout: .seconds(60)) }
                #expect(try await Counts.read(client, server).accepts == 1)
            }
        }
    }

    @Test(arguments: ["relative", "/with space", "/frag#ment", "/ümlaut", "/line\nbreak"])
    func `a path that would be changed on its way is refused`(path: String) async throws {
        try await withClient { client in
            let request = HTTPRequest(method: .get, scheme: "http", authority: "127.0.0.1:1", path: path)
            await #expect(
                throws: HTTPClientError.invalidRequest(
                    reason: "the path must begin with a slash and be percent-encoded")
            ) { try await client.send(request, timeout: .seconds(1)) }
        }
    }

    @Test(arguments: ["file", "ftp", "gopher"])
    func `only http and https are spoken`(scheme: String) async throws {
        try await withClient { client in
            let request = HTTPRequest(method: .get, scheme: scheme, authority: "localhost", path: "/etc/passwd")
            await #expect(throws: HTTPClientError.invalidRequest(reason: "the scheme must be http or https")) {
                try await client.send(request, timeout: .seconds(1))
            }
        }
    }
}
