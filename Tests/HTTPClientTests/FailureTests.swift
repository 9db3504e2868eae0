import HTTPClient
import HTTPTypes
import Testing

@Suite struct `When there is no whole answer` {
    @Test func `a silent server times out on time`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                let start = ContinuousClock.now
                await #expect(throws: HTTPClientError.timedOut) {
                    try await client.send(server.request("/wait"), timeout: .milliseconds(300))
                }
                let waited = start.duration(to: .now)
                #expect(waited >= .milliseconds(300) && waited < .seconds(60))
            }
        }
    }

    @Test func `a closed port cannot be connected to`() async throws {
        try await withClient { client in
            // Port 1 (tcpmux) is not served on any machine that builds this.
            let request = HTTPRequest(method: .get, scheme: "http", authority: "127.0.0.1:1", path: "/")
            await #expect {
                try await client.send(request, timeout: .seconds(60))
            } throws: {
                if case .cannotConnect(let reason) = $0 as? HTTPClientError {
                    reason.contains("127.0.0.1")
                } else {
                    false
                }
            }
        }
    }

    @Test(arguments: ["/cut", "/hang-up"])
    func `a server that leaves in the middle may have done its work`(path: String) async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                await #expect {
                    try await client.send(server.request(path, method: .post), timeout: .seconds(60))
                } throws: {
                    if case .connectionLost = $0 as? HTTPClientError { true } else { false }
                }
            }
        }
    }

    @Test func `a body over the limit is refused, one of exactly the limit is not`() async throws {
        try await LoopbackServer.run { server in
            var configuration = CurlClient.Configuration()
            configuration.bodyBytesMax = 50_000
            try await withClient(configuration) { client in
                let exact = try await client.send(server.request("/bytes?50000"), timeout: .seconds(60))
                #expect(exact.body.count == 50_000)
                await #expect(throws: HTTPClientError.bodyTooLarge(limitBytes: 50_000)) {
                    try await client.send(server.request("/bytes?50001"), timeout: .seconds(60))
                }
            }
        }
    }

    @Test func `a cancelled task gives up at once and the server sees the connection close`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await client.send(server.request("/wait"), timeout: .seconds(60)) }
                    _ = try await Counts.until(client, server) { $0.waiting == 1 }
                    let start = ContinuousClock.now
                    group.cancelAll()
                    let ending = await group.nextResult()
                    #expect(ending.isCancelled)
                    #expect(start.duration(to: .now) < .seconds(20))
                }
                #expect(try await Counts.until(client, server) { $0.left == 1 }.left == 1)
            }
        }
    }

    @Test func `a thousand races of start and cancel each end once`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { client in
                var ended = 0
                for _ in 1...20 {
                    await withTaskGroup(of: Bool.self) { group in
                        for index in 0..<50 {
                            group.addTask {
                                do throws(HTTPClientError) {
                                    return try await client.send(server.request("/"), timeout: .seconds(30)).status
                                        == 200
                                } catch {
                                    return error == .cancelled
                                }
                            }
                            if index.isMultiple(of: 7) { await Task.yield() }
                        }
                        group.cancelAll()
                        for await isExpected in group {
                            #expect(isExpected)
                            ended += 1
                        }
                    }
                }
                #expect(ended == 1000)
            }
        }
    }

    @Test func `shutting down cancels what runs and what comes later`() async throws {
        try await LoopbackServer.run { server in
            try await withClient { watcher in
                try await withClient { client in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { _ = try await client.send(server.request("/wait"), timeout: .seconds(60)) }
                        _ = try await Counts.until(watcher, server) { $0.waiting == 1 }
                        await client.shutdown()
                        let ending = await group.nextResult()
                        #expect(ending.isCancelled)
                    }
                    await #expect(throws: HTTPClientError.cancelled) {
                        try await client.send(server.request("/"), timeout: .seconds(60))
                    }
                }
            }
        }
    }
}

extension Result<Void, any Error>? {
    /// How a task ended that was told to stop.
    var isCancelled: Bool {
        if case .failure(let error) = self { error as? HTTPClientError == .cancelled } else { false }
    }
}
