import HTTPClient
import HTTPTypes
import Testing

@Suite struct `Streaming an answer` {
    @Test func `all chunks arrive in order after the head`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                let stream = try await client.stream(server.request("/lines?20000"), connectTimeout: .seconds(60))
                #expect(stream.head.status == .ok)
                var bytes: [UInt8] = []
                for try await chunk in stream { bytes += chunk }
                #expect(String(decoding: bytes, as: UTF8.self) == (0..<20000).map { "{\"n\":\($0)}\n" }.joined())
            }
        }
    }

    @Test func `a reader that does not read stops the server, and goes on where it stopped`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                let stream = try await client.stream(server.request("/endless"), connectTimeout: .seconds(60))
                // The server stops writing once our buffer and the kernel's are full; two equal counts say so.
                var before = -1
                var stopped = try await Counts.until(client, server) { $0.written > 0 }
                while stopped.written != before, stopped.written < 32 << 20 {
                    before = stopped.written
                    // Nobody is told of a write that blocks: the server's own count is read again until it stands still.
                    try await Task.sleep(for: .milliseconds(100))
                    stopped = try await Counts.read(client, server)
                }
                #expect(stopped.written < 32 << 20)
                var received = 0
                for try await chunk in stream {
                    received += chunk.count
                    if received > stopped.written + (8 << 20) { break }
                }
                #expect(received > stopped.written)
            }
        }
    }

    @Test func `dropping the stream ends the transfer`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                do {
                    let stream = try await client.stream(server.request("/endless"), connectTimeout: .seconds(60))
                    for try await _ in stream { break }
                }
                #expect(try await Counts.until(client, server) { $0.left == 1 }.left == 1)
            }
        }
    }

    @Test func `cancelling the reader ends the wait and the transfer`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let stream = try await client.stream(server.request("/endless"), connectTimeout: .seconds(60))
                        for try await _ in stream {}
                    }
                    _ = try await Counts.until(client, server) { $0.written > 0 }
                    group.cancelAll()
                    let ending = await group.nextResult()
                    #expect(ending.isCancelled)
                }
                #expect(try await Counts.until(client, server) { $0.left == 1 }.left == 1)
            }
        }
    }

    @Test func `a stream that breaks off ends with an error after its chunks`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                let stream = try await client.stream(server.request("/cut"), connectTimeout: .seconds(60))
                let (received, ending) = await read(stream)
                if case .connectionLost = ending {} else { Issue.record("ended with \(String(describing: ending))") }
                #expect(received == 10)
            }
        }
    }

    @Test func `a stream that falls silent is lost after the idle time`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                await #expect(throws: HTTPClientError.timedOut) {
                    try await client.stream(
                        server.request("/wait"), connectTimeout: .seconds(60), idleTimeout: .seconds(1))
                }
            }
        }
    }

    /// How many bytes came, and what ended it.
    private func read(_ stream: HTTPStream) async -> (Int, HTTPClientError?) {
        var received = 0
        do throws(HTTPClientError) {
            for try await chunk in stream { received += chunk.count }
            return (received, nil)
        } catch {
            return (received, error)
        }
    }
}
