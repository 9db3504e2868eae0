import Foundation
import Glibc
import HTTPClient
import HTTPTypes
import Testing

/// The proxy variables of the test process, set once before the first client: changing them while libcurl reads them
/// would be a race. Loopback addresses stay direct.
enum ProxyEnvironment {
    static let port = freePort()
    static let isSet: Bool =
        setenv("http_proxy", "http://127.0.0.1:\(port)", 1) == 0 && setenv("no_proxy", "127.0.0.1,localhost", 1) == 0

    static func freePort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(UInt32(0x7f00_0001).bigEndian)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = bind(descriptor, pointer, length)
                _ = getsockname(descriptor, pointer, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

@Suite struct `Proxies` {
    private let outside = HTTPRequest(method: .get, scheme: "http", authority: "outside.invalid", path: "/a?b=c")

    @Test func `the proxy of the environment is asked with the whole URL`() async throws {
        try await withClient { client in
            try await LoopbackServer.run(port: ProxyEnvironment.port) { _ in
                let reply = try await client.send(outside, timeout: .seconds(60))
                #expect(try Echo(reply).path == "http://outside.invalid/a?b=c")
            }
        }
    }

    @Test func `a configured proxy goes before the environment`() async throws {
        try await LoopbackServer.run { server in
            var configuration = CurlClient.Configuration()
            configuration.proxy = .through(url: "http://\(server.authority)")
            try await withClient(configuration) { client in
                let reply = try await client.send(outside, timeout: .seconds(60))
                #expect(try Echo(reply)["Host"] == ["outside.invalid"])
            }
        }
    }

    @Test func `a direct client asks no proxy`() async throws {
        var configuration = CurlClient.Configuration()
        configuration.proxy = .direct
        try await withClient(configuration) { client in
            await #expect {
                try await client.send(outside, timeout: .seconds(60))
            } throws: {
                if case .cannotConnect = $0 as? HTTPClientError { true } else { false }
            }
        }
    }
}
