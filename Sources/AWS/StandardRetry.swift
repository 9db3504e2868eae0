package import EventSourcing
import Synchronization

/// Repeats requests to AWS as its SDKs do in their standard mode (botocore 1.43, `retries/standard.py` and `quota.py`): three attempts,
/// waits of `rand × min(scale × 2^n, 20 s)`, paid for from a quota, so that a service in trouble gets fewer requests, not more.
package struct StandardRetry: Sendable {
    private let quota: RetryQuota
    private let now: @Sendable () -> Timestamp
    private let random: @Sendable () -> Double
    private let pause: @Sendable (Duration) async throws -> Void

    package static let attemptsMax = 3
    /// Scales of the waits: throttled, and otherwise failed.
    private static let throttledScale = 1.0
    private static let failedScale = 0.05
    private static let waitSecondsMax = 20.0
    /// What AWS asks for beyond this is left to the caller: a process manager can wait without holding anything.
    private static let obeyedWaitMax = Duration.seconds(5)
    /// A step's attempt has 20 s (`StepPolicy`); a request that took long is not repeated within it.
    private static let patience = Duration.seconds(10)

    /// `random` answers from 0 up to 1; `pause` waits on the caller's clock.
    package init(
        now: @escaping @Sendable () -> Timestamp, random: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        quota: RetryQuota = RetryQuota()
    ) {
        self.now = now
        self.random = random
        self.pause = pause
        self.quota = quota
    }

    /// The outcome of the first attempt that does not ask to be repeated, or of the last. What must not be applied twice
    /// (`isRepeatable` false) is repeated only where AWS said that it was not applied: throttled.
    package func run<Value: Sendable>(
        _ service: AWSService, isRepeatable: Bool = true, _ attempt: () async throws(AWSFailure) -> Value
    ) async throws(AWSFailure) -> Value {
        let begun = now()
        var paid: Int?
        for number in 1... {
            do throws(AWSFailure) {
                let value = try await attempt()
                quota.refund(paid ?? 1, to: service)
                return value
            } catch {
                guard number < Self.attemptsMax, let wait = delay(after: error, attempt: number, isRepeatable),
                    now() - begun + wait <= Self.patience, quota.take(RetryQuota.cost(of: error), from: service)
                else { throw error }
                paid = RetryQuota.cost(of: error)
                // Sleeping fails only when the task is cancelled: then what went wrong is the last word.
                guard (try? await pause(wait)) != nil else { throw error }
            }
        }
        preconditionFailure("the loop has no end")
    }

    /// A listing may lag behind what was made a moment ago: nothing is called absent by one look that found nothing to remove.
    package func waitBeforeSecondLook() async throws(AWSFailure) {
        guard (try? await pause(.seconds(2))) != nil else {  // Sleeping fails only when the task is cancelled.
            throw .retryable(reason: "given up before the second look", after: nil)
        }
    }

    /// The wait after the attempt (1 for the first); nil where repeating does not help, or not now.
    private func delay(after failure: AWSFailure, attempt: Int, _ isRepeatable: Bool) -> Duration? {
        let scale: Double
        let asked: Duration?
        switch failure {
        case .throttled(_, let after): (scale, asked) = (Self.throttledScale, after)
        case .retryable(_, let after), .unavailable(_, let after): (scale, asked) = (Self.failedScale, after)
        case .answered, .refused: return nil
        }
        if !isRepeatable, scale == Self.failedScale { return nil }
        if let asked, asked > Self.obeyedWaitMax { return nil }
        let growth = Double(1 << (attempt - 1))
        let jittered = Duration.seconds(random() * min(scale * growth, Self.waitSecondsMax))
        return max(jittered, asked ?? .zero)
    }
}

/// What repetitions may still cost, by service: 500 at most, each success gives a little back.
package final class RetryQuota: Sendable {
    package static let capacity = 500

    private let spent = Mutex<[AWSService: Int]>([:])

    package init() {}

    static func cost(of failure: AWSFailure) -> Int {
        if case .throttled = failure { 5 } else { 14 }
    }

    package func left(for service: AWSService) -> Int { Self.capacity - spent.withLock { $0[service, default: 0] } }

    /// False where there is not enough left.
    func take(_ cost: Int, from service: AWSService) -> Bool {
        spent.withLock { spent in
            guard spent[service, default: 0] + cost <= Self.capacity else { return false }
            spent[service, default: 0] += cost
            return true
        }
    }

    func refund(_ amount: Int, to service: AWSService) {
        spent.withLock { $0[service] = max(0, $0[service, default: 0] - amount) }
    }
}
