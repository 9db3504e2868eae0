import AWS
import EventSourcing
import Synchronization
import Testing

@Suite struct `Repeating requests to AWS as its SDKs do` {
    private let clock = TestClock()
    private let waits = Waits()

    /// The waits that were asked for, which pass on the test's clock.
    private final class Waits: Sendable {
        private let all = Mutex<[Duration]>([])
        var value: [Duration] { all.withLock { $0 } }
        func add(_ wait: Duration) { all.withLock { $0.append(wait) } }
    }

    private func retry(random: Double = 0.5, quota: RetryQuota = RetryQuota()) -> StandardRetry {
        StandardRetry(
            now: clock.now, random: { random },
            pause: { [clock, waits] in
                waits.add($0)
                clock.advance($0)
            }, quota: quota)
    }

    /// How many attempts it took; each of the first ones fails as the list says.
    private func run(_ retry: StandardRetry, _ failures: [AWSFailure], took: Duration = .zero) async throws -> Int {
        let attempts = Mutex(0)
        do throws(AWSFailure) {
            return try await retry.run(.efs) { () throws(AWSFailure) in
                let number = attempts.withLock { count in
                    count += 1
                    return count
                }
                clock.advance(took)
                if number <= failures.count { throw failures[number - 1] }
                return number
            }
        } catch {
            throw GaveUp(attempts: attempts.withLock { $0 }, failure: error)
        }
    }

    private struct GaveUp: Error, Equatable {
        let attempts: Int
        let failure: AWSFailure
    }

    private let throttled = AWSFailure.throttled(reason: "slow down", after: nil)
    private let broken = AWSFailure.retryable(reason: "503", after: nil)

    @Test func `waits of throttled requests begin with a second and double`() async throws {
        #expect(try await run(retry(), [throttled, throttled]) == 3)
        #expect(waits.value == [.milliseconds(500), .seconds(1)])
    }

    @Test func `waits of requests that failed otherwise begin with fifty milliseconds`() async throws {
        #expect(try await run(retry(), [broken, broken]) == 3)
        #expect(waits.value == [.milliseconds(25), .milliseconds(50)])
    }

    @Test func `the third failure is the last`() async throws {
        await #expect(throws: GaveUp(attempts: 3, failure: broken)) {
            try await run(retry(), [broken, throttled, broken, broken])
        }
    }

    @Test func `what must not be applied twice is repeated only where it was throttled`() async throws {
        let failures = [throttled, broken]
        let attempts = Mutex(0)
        await #expect(throws: broken) {
            try await retry().run(.efs, isRepeatable: false) { () throws(AWSFailure) in
                let number = attempts.withLock { count in
                    count += 1
                    return count
                }
                throw failures[number - 1]
            }
        }
        #expect(attempts.withLock { $0 } == 2)
    }

    @Test func `a refusal is not repeated`() async throws {
        let refused = AWSFailure.refused(reason: "no")
        await #expect(throws: GaveUp(attempts: 1, failure: refused)) { try await run(retry(), [refused]) }
    }

    @Test func `what AWS asks for is waited for, unless it is long`() async throws {
        #expect(try await run(retry(), [.throttled(reason: "", after: .seconds(4))]) == 2)
        #expect(waits.value == [.seconds(4)])
        let long = AWSFailure.throttled(reason: "", after: .seconds(6))
        await #expect(throws: GaveUp(attempts: 1, failure: long)) { try await run(retry(), [long]) }
    }

    @Test func `a request that took long is not repeated here`() async throws {
        await #expect(throws: GaveUp(attempts: 1, failure: broken)) {
            try await run(retry(), [broken], took: .seconds(11))
        }
    }

    @Test func `a service in trouble gets fewer repetitions, and successes bring them back`() async throws {
        let quota = RetryQuota()
        // Each call gives up after three attempts, which cost 28 of 500.
        var attempts = 0
        for _ in 1...30 {
            do { _ = try await run(retry(quota: quota), [broken, broken, broken]) } catch let error as GaveUp {
                attempts += error.attempts
            }
        }
        #expect(attempts == 30 + 500 / 14)
        #expect(quota.left(for: .efs) == 500 % 14)
        #expect(quota.left(for: .s3) == 500)
        for _ in 1...4 { _ = try await run(retry(quota: quota), []) }
        #expect(quota.left(for: .efs) == 14)
        #expect(try await run(retry(quota: quota), [broken]) == 2)
        #expect(quota.left(for: .efs) == 14)
    }
}
