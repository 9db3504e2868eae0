import Cryptography
import EventSourcing
import JWTKit

/// Tokens issued to the App's installation, by digest: the file of the sandbox holds no usable token.
struct GitHubState: Codable, Sendable, Equatable {
    var expiries: [String: Timestamp] = [:]
    var created: Timestamp?
    var deliveries = 0
}

/// Who may call, and how often.
actor GitHubAccess {
    nonisolated let appKey: SigningKey
    private let configuration: SimulatorConfiguration.GitHub
    private let clock: SimulatorClock
    private let world: World<GitHubState>
    private let appKeys: JWTKeyCollection
    private var usage: [String: (used: Int, reset: Timestamp)] = [:]

    init(
        _ configuration: SimulatorConfiguration.GitHub, key: SigningKey, world: World<GitHubState>,
        clock: @escaping SimulatorClock
    ) async {
        self.configuration = configuration
        self.clock = clock
        self.world = world
        appKey = key
        appKeys = await key.collection(kid: "app")
    }

    /// Whether the token is the configured one, or an installation's that has not expired.
    func accepts(_ token: String) async -> Bool {
        if constantTimeEqual(Array(token.utf8), Array(configuration.token.utf8)) { return true }
        guard let expiry = await world.current.expiries[digest(token)] else { return false }
        return clock() < expiry
    }

    /// The reason for which GitHub refuses this JWT of an App; nil where it is good.
    func refusal(ofAppToken token: String?) async -> String? {
        guard let token else { return "A JSON web token could not be decoded" }
        // GitHub says no more than this either.
        guard let claims = try? await appKeys.verify(token, as: Claims.self).value else {
            return "A JSON web token could not be decoded"
        }
        let now = clock().seconds
        guard let issued = claims["iat"]?.seconds, let expiry = claims["exp"]?.seconds else {
            return "Missing 'iat' or 'exp' claim in assertion"
        }
        if (claims["iss"]?.string ?? claims["iss"]?.integer.map(String.init)) != configuration.appID {
            return "'Issuer' claim ('iss') must be an Integer"
        }
        if issued > now + 60 { return "'Issued at' claim ('iat') must be an Integer representing the time in the past" }
        if expiry < now {
            return "'Expiration time' claim ('exp') must be a numeric value representing the future time"
        }
        if expiry > now + 600 { return "'Expiration time' claim ('exp') is too far in the future" }
        return nil
    }

    /// A new token of the installation, good for an hour.
    func issue() async -> (token: String, expiry: Timestamp) {
        let token = "ghs_\(SecureRandom.bytes(24).base64URL)"
        let now = clock()
        let expiry = now.adding(3600)
        let key = digest(token)
        await world.change { state in
            state.expiries = state.expiries.filter { $0.value > now }
            state.expiries[key] = expiry
        }
        return (token, expiry)
    }

    /// Counts one request, or none for an answer that GitHub does not charge; returns the headers that tell so.
    func charge(_ token: String, cost: Int) -> (headers: [String: String], exceeded: Bool) {
        let now = clock()
        var window = usage[digest(token)] ?? (0, now.adding(3600))
        if now >= window.reset { window = (0, now.adding(3600)) }
        let exceeded = cost > 0 && window.used >= configuration.requestsPerHour
        if !exceeded { window.used += cost }
        usage[digest(token)] = window
        let headers = [
            "x-ratelimit-limit": "\(configuration.requestsPerHour)",
            "x-ratelimit-remaining": "\(configuration.requestsPerHour - window.used)",
            "x-ratelimit-used": "\(window.used)", "x-ratelimit-reset": "\(Int(window.reset.seconds))",
            "x-ratelimit-resource": "core",
        ]
        return (headers, exceeded)
    }

    private func digest(_ token: String) -> String { SHA256.hash(utf8: token).hex }
}

extension JSONValue {
    /// A numeric date of a token, which may have a fraction.
    var seconds: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
