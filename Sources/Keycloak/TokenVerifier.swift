package import Application
package import EventSourcing
package import HTTPClient

/// Accepts the identity provider's access tokens and says whose they are. Owns the provider's keys as last fetched.
///
/// Keys are fetched when first needed, when they are ten minutes old, and when a token names an unknown one: but never more
/// often than every 30 seconds, because anybody can send made-up key ids.
package actor TokenVerifier: TokenVerification {
    private let documents: ProviderDocuments
    private let rules: TokenRules
    private let now: @Sendable () -> Timestamp
    private var keys = SigningKeys.none
    private var fetchedAt: Timestamp?
    private var lastTry: Timestamp?
    private var lastFailure: TokenRejection?
    private var isFetching = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    package static let fetchIntervalSeconds = 30
    /// After a failure: long enough not to press a provider that is starting, short enough not to lock people out.
    package static let retryIntervalSeconds = 5
    /// A key that the provider has withdrawn is no longer taken after this, as long as the provider answers.
    package static let keyAgeSecondsMax = 600

    package init(_ configuration: KeycloakConfiguration, client: CurlClient, now: @escaping @Sendable () -> Timestamp) {
        self.init(configuration, fetch: ProviderDocuments.fetching(with: client), now: now)
    }

    package init(
        _ configuration: KeycloakConfiguration, fetch: @escaping ProviderDocuments.Fetch,
        now: @escaping @Sendable () -> Timestamp
    ) {
        documents = ProviderDocuments(configuration, fetch: fetch)
        rules = TokenRules(configuration)
        self.now = now
    }

    package func verify(token: String) async throws(TokenRejection) -> Principal {
        do {
            let header = try TokenHeader(token: token, allowing: rules.configuration.algorithms)
            let keys = try await keys(for: header)
            let claims = try await keys.claims(of: token, header)
            return try rules.principal(claims, headerType: header.type, now: now())
        } catch let rejection as TokenRejection {
            throw rejection
        } catch let defect as TokenDefect {
            throw .invalid(reason: defect.reason)
        } catch {
            throw .invalid(reason: "the token cannot be checked")
        }
    }

    /// The keys to check this token with, fetched anew where that may help and is allowed.
    private func keys(for header: TokenHeader) async throws(TokenRejection) -> SigningKeys {
        while isFetching, isStale || !keys.contains(header) {
            await withCheckedContinuation { waiting.append($0) }
        }
        if isStale || !keys.contains(header), mayFetch { await refetch() }
        if !keys.contains(header), let lastFailure { throw lastFailure }
        return keys
    }

    private var isStale: Bool {
        guard let fetchedAt else { return true }
        return now() - fetchedAt >= .seconds(Self.keyAgeSecondsMax)
    }

    private var mayFetch: Bool {
        guard let lastTry else { return true }
        let interval = lastFailure == nil ? Self.fetchIntervalSeconds : Self.retryIntervalSeconds
        return now() - lastTry >= .seconds(interval)
    }

    /// Keeps the old keys if the provider does not answer: people who are logged in go on working.
    private func refetch() async {
        isFetching = true
        lastTry = now()
        do {
            keys = try await documents.signingKeys()
            fetchedAt = now()
            lastFailure = nil
        } catch {
            lastFailure = error
        }
        isFetching = false
        let woken = waiting
        waiting = []
        for continuation in woken { continuation.resume() }
    }
}
