package import EventSourcing

/// Keeps temporary credentials and renews them before they end, so that nobody ever waits for that or is refused because of it.
///
/// One renewal at a time, whoever asks. While it runs, or fails, what is still valid is given out.
package actor CachedCredentials: AWSCredentialSource {
    private struct Held {
        let value: AWSCredentials
        let fetchedAt: Timestamp
        /// nil: never.
        let renewAt: Timestamp?
    }

    private let now: @Sendable () -> Timestamp
    private let random: @Sendable () -> Double
    private let fetch: @Sendable () async throws(AWSFailure) -> AWSCredentials
    private var held: Held?
    private var renewal: Task<Result<AWSCredentials, AWSFailure>, Never>?
    private var failuresInARow = 0
    private var lastFailure: (failure: AWSFailure, notBefore: Timestamp)?

    /// Renewal begins so long before the end at the earliest: replicas that began together do not all ask at once.
    private static let windowMax = Duration.seconds(900)
    /// A request signed now must still be valid when it arrives.
    private static let travelTime = Duration.seconds(15)
    /// Credentials that our clock calls expired though they are new: it is the clock that is wrong.
    private static let youth = Duration.seconds(60)

    /// `random` answers from 0 up to 1.
    package init(
        now: @escaping @Sendable () -> Timestamp, random: @escaping @Sendable () -> Double = { .random(in: 0..<1) },
        fetch: @escaping @Sendable () async throws(AWSFailure) -> AWSCredentials
    ) {
        self.now = now
        self.random = random
        self.fetch = fetch
    }

    package func credentials() async throws(AWSFailure) -> AWSCredentials {
        guard let held, isUsable(held) else {
            // Who gives out credentials is asked by one, and no more often than it bears: many are waiting.
            if let lastFailure, now() < lastFailure.notBefore { throw lastFailure.failure }
            return try await renewing().value.get()
        }
        if isDue(held) { _ = renewing() }  // Nobody waits for it.
        return held.value
    }

    package func reject(_ credentials: AWSCredentials) {
        if held?.value == credentials { held = nil }
    }

    private func isUsable(_ held: Held) -> Bool {
        guard let expiresAt = held.value.expiresAt else { return true }
        let now = now()
        return now + Self.travelTime < expiresAt || now < held.fetchedAt + Self.youth
    }

    private func isDue(_ held: Held) -> Bool {
        guard renewal == nil, let renewAt = held.renewAt, now() >= held.fetchedAt + Self.youth else { return false }
        return now() >= max(renewAt, lastFailure?.notBefore ?? renewAt)
    }

    /// The renewal that is under way, or a new one.
    private func renewing() -> Task<Result<AWSCredentials, AWSFailure>, Never> {
        if let renewal { return renewal }
        let begun = Task { await renew() }
        renewal = begun
        return begun
    }

    private func renew() async -> Result<AWSCredentials, AWSFailure> {
        defer { renewal = nil }
        do throws(AWSFailure) {
            let fresh = try await fetch()
            held = Held(value: fresh, fetchedAt: now(), renewAt: renewalTime(of: fresh))
            failuresInARow = 0
            lastFailure = nil
            return .success(fresh)
        } catch {
            lastFailure = (error, now() + .seconds(Double(1 << failuresInARow) * (0.5 + random() / 2)))
            failuresInARow = min(failuresInARow + 1, 4)  // At most 16 s.
            return .failure(error)
        }
    }

    /// In the last third of the life, of fifteen minutes at most, and there in its first third.
    private func renewalTime(of credentials: AWSCredentials) -> Timestamp? {
        guard let expiresAt = credentials.expiresAt else { return nil }
        let life = expiresAt - now()
        let window = min(Self.windowMax, life / 3)
        return expiresAt + window * (random() / 3 - 1)
    }
}
