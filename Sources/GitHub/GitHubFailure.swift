package import Application
import EventSourcing
import FoundationEssentials
import HTTPClient
package import HTTPTypes

/// What to do after GitHub did not do as asked: one case per reaction.
package enum GitHubFailure: Error, Equatable, Sendable {
    /// The branch has moved since it was read: read again and apply again.
    case outdated(reason: String)
    /// GitHub does not take the token any more: get a new one, once.
    case tokenRejected(reason: String)
    /// What was named is not there, or may not be seen: the caller knows what that means.
    case missing(reason: String)
    case retryable(reason: String, after: Duration?)
    /// There is no commit yet.
    case empty(reason: String)
    /// Something in the request breaks a rule: without that part the rest may go through.
    case invalid(reason: String)
    /// A limit of all that we may ask.
    case throttled(reason: String, after: Duration)
    /// GitHub is broken or cannot be reached.
    case unavailable(reason: String, after: Duration?)
    case refused(reason: String)

    package var providerError: ProviderError {
        switch self {
        case .outdated(let reason): .retryable(reason: reason, after: nil)
        case .tokenRejected(let reason), .missing(let reason), .empty(let reason), .invalid(let reason),
            .refused(let reason):
            .refused(reason: reason)
        case .retryable(let reason, let after): .retryable(reason: reason, after: after)
        case .throttled(let reason, let after): .throttled(reason: reason, after: after)
        case .unavailable(let reason, let after): .unavailable(reason: reason, after: after)
        }
    }
}

extension GitHubFailure {
    /// Reads an answer outside 200…299. `nowSeconds` is Unix time, for limits that name the moment of their end.
    package init(_ response: HTTPResponse, body: [UInt8], to operation: String, nowSeconds: Int64) {
        let answer = Answer(body)
        let status = response.status.code
        let reason = "GitHub answered \(status) to \(operation): \(answer.text)"
        switch status {
        case 401: self = .tokenRejected(reason: reason)
        case 403, 429:
            if let wait = Self.limit(response, text: answer.text, nowSeconds: nowSeconds) {
                self = .throttled(reason: reason, after: wait)
            } else {
                self = .refused(reason: reason + " (the token needs the right to write contents of this repository)")
            }
        case 404: self = .missing(reason: reason)
        case 408: self = .unavailable(reason: reason, after: nil)
        case 409 where answer.text.lowercased().contains("empty"):
            self = .empty(reason: reason)
        case 409 where answer.isRuleViolation: self = .invalid(reason: reason)
        case 409: self = .outdated(reason: reason)
        case 422 where answer.text.lowercased().contains("not a fast forward"): self = .outdated(reason: reason)
        // An object that was made a moment ago and that another of GitHub's servers does not have yet.
        case 422 where answer.text.lowercased().contains("object does not exist"): self = .outdated(reason: reason)
        case 422: self = .invalid(reason: reason)
        case 500...599: self = .unavailable(reason: reason, after: Self.retryAfter(response))
        case 300...399: self = .refused(reason: reason + " (has the repository been renamed or moved?)")
        default: self = .refused(reason: reason)
        }
    }

    /// How long a rate limit asks to wait, in GitHub's own order of precedence; nil if this is not a rate limit.
    private static func limit(_ response: HTTPResponse, text: String, nowSeconds: Int64) -> Duration? {
        if let wait = retryAfter(response) { return wait }
        if response.headerFields["x-ratelimit-remaining"] == "0",
            let reset = response.headerFields["x-ratelimit-reset"].flatMap({ Int64($0) })
        {
            // The two clocks may differ by a little. Nothing lasts longer than the hour that the limit counts.
            return .seconds(min(max(reset - nowSeconds, 0) + 1, 3_601))
        }
        let lower = text.lowercased()
        if response.status.code == 429 || lower.contains("rate limit") || lower.contains("abuse detection") {
            return .seconds(60)
        }
        return nil
    }

    private static func retryAfter(_ response: HTTPResponse) -> Duration? {
        response.headerFields["retry-after"].flatMap { Int64($0) }.map { .seconds(min(max($0, 0), 86_400)) }
    }

    /// The error texts of a `BasicError`, `ValidationError` or `RepositoryRuleViolationError`, without secrets.
    private struct Answer {
        let text: String
        private(set) var isRuleViolation = false

        init(_ body: [UInt8]) {
            guard let json = try? JSONDecoder().decode(JSONValue.self, from: Data(body)),  // Proxies answer HTML.
                let message = json["message"]?.string
            else {
                text = "no explanation"
                return
            }
            let details = (json["errors"]?.array ?? []).map { error in
                error.string
                    ?? [error["resource"], error["field"], error["code"], error["message"]].compactMap { $0?.string }
                    .joined(separator: " ")
            }
            let blocked = json["metadata"]?["secret_scanning"] == nil ? [] : ["push protection found a secret"]
            isRuleViolation = message.lowercased().contains("rule violation") || !blocked.isEmpty
            text = Redaction.text(([message] + details + blocked).joined(separator: "; "), lengthMax: 500)
        }
    }
}

extension HTTPFields {
    fileprivate subscript(name: String) -> String? { HTTPField.Name(name).flatMap { self[$0] } }
}
