import AWS
import EventSourcing
import Synchronization
import TestSupport
import Testing

@Suite struct `Temporary credentials` {
    /// Hands out numbered credentials for an hour, as a test lets it.
    private final class Issuer: Sendable {
        let clock = TestClock()
        private let state = Mutex((fetches: 0, isAway: false, isSlow: false))
        let (letThrough, goOn) = AsyncStream.makeStream(of: Void.self)

        var fetches: Int { state.withLock { $0.fetches } }
        func goAway(_ isAway: Bool = true) { state.withLock { $0.isAway = isAway } }
        func dawdle() { state.withLock { $0.isSlow = true } }

        func fetch() async throws(AWSFailure) -> AWSCredentials {
            let (number, isAway, isSlow) = state.withLock { state in
                state.fetches += 1
                return (state.fetches, state.isAway, state.isSlow)
            }
            if isSlow { for await _ in letThrough { break } }
            if isAway { throw .retryable(reason: "STS is away", after: nil) }
            return AWSCredentials(
                accessKeyID: "A\(number)", secretAccessKey: "S", expiresAt: clock.now() + .seconds(3600))
        }

        func source(random: Double = 0) -> CachedCredentials {
            CachedCredentials(now: clock.now, random: { random }) { () async throws(AWSFailure) in
                try await self.fetch()
            }
        }
    }

    @Test(arguments: [(0.0, 2700), (0.999, 2999)])
    func `are renewed in the last quarter of an hour, at a time that chance spreads`(
        random: Double, second: Int
    ) async throws {
        let issuer = Issuer()
        let source = issuer.source(random: random)
        _ = try await source.credentials()
        issuer.clock.advance(.seconds(second - 1))
        #expect(try await source.credentials().accessKeyID == "A1")
        #expect(issuer.fetches == 1)
        issuer.clock.advance(.seconds(2))
        // Nobody waits for the renewal: who asks meanwhile gets what is still valid.
        #expect(try await source.credentials().accessKeyID == "A1")
        try await eventually("they are renewed") { try await source.credentials().accessKeyID == "A2" }
        #expect(issuer.fetches == 2)
    }

    @Test func `are fetched once for all who wait`() async throws {
        let issuer = Issuer()
        issuer.dawdle()
        let source = issuer.source()
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 1...20 { group.addTask { try await source.credentials().accessKeyID } }
            try await eventually("somebody fetches") { issuer.fetches == 1 }
            issuer.goOn.yield()
            var keys: Set<String> = []
            for try await key in group { keys.insert(key) }
            return keys
        }
        #expect(keys == ["A1"] && issuer.fetches == 1)
    }

    @Test func `are used up while their renewal fails, which is not tried all the time`() async throws {
        let issuer = Issuer()
        let source = issuer.source()
        _ = try await source.credentials()
        issuer.goAway()
        issuer.clock.advance(.seconds(2701))
        for _ in 1...50 { #expect(try await source.credentials().accessKeyID == "A1") }
        try await eventually("a renewal was tried") { issuer.fetches == 2 }
        for _ in 1...50 { #expect(try await source.credentials().accessKeyID == "A1") }
        #expect(issuer.fetches == 2)
        // Nothing valid is left.
        issuer.clock.advance(.seconds(900))
        await #expect(throws: AWSFailure.retryable(reason: "STS is away", after: nil)) {
            try await source.credentials()
        }
        issuer.goAway(false)
        issuer.clock.advance(.seconds(2))
        #expect(try await source.credentials().accessKeyID == "A4")
    }

    @Test func `that AWS did not take are not given again`() async throws {
        let issuer = Issuer()
        let source = issuer.source()
        let first = try await source.credentials()
        await source.reject(first)
        #expect(try await source.credentials().accessKeyID == "A2")
        // News of the old ones that comes late does not cost the new ones.
        await source.reject(first)
        #expect(try await source.credentials().accessKeyID == "A2")
    }

    @Test func `are kept for a minute by a clock that calls them expired when they come`() async throws {
        let clock = TestClock()
        let fetches = Mutex(0)
        let source = CachedCredentials(now: clock.now) { () async throws(AWSFailure) in
            fetches.withLock { $0 += 1 }
            return AWSCredentials(
                accessKeyID: "A", secretAccessKey: "S", expiresAt: clock.now() + .seconds(-3600))
        }
        for _ in 1...10 { _ = try await source.credentials() }
        clock.advance(.seconds(59))
        _ = try await source.credentials()
        #expect(fetches.withLock { $0 } == 1)
        clock.advance(.seconds(2))
        _ = try await source.credentials()
        #expect(fetches.withLock { $0 } == 2)
    }
}
