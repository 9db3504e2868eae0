package import Application
import FoundationEssentials
import HTTPClient
package import HTTPTypes

/// What to do after Argo CD did not do as asked: one case per reaction.
package enum ArgoCDFailure: Error, Equatable, Sendable {
    /// Argo CD itself says that there is no such application.
    case missing(reason: String)
    /// Another sync is running: wait and observe.
    case operationInProgress
    /// A sync window of the project forbids syncs now.
    case notInWindow(reason: String)
    /// There is no sync that could be ended.
    case noOperation
    /// An application of this name is there and is not as described: look whose it is.
    case differs(reason: String)
    case retryable(reason: String, after: Duration?)
    /// Too much is asked of Argo CD.
    case throttled(reason: String)
    /// Argo CD is broken or cannot be reached.
    case unavailable(reason: String)
    case refused(reason: String)

    package var providerError: ProviderError {
        switch self {
        case .missing(let reason), .differs(let reason), .refused(let reason): .refused(reason: reason)
        case .operationInProgress: .retryable(reason: "another operation is already in progress", after: .seconds(10))
        case .notInWindow(let reason): .retryable(reason: reason, after: .seconds(60))
        case .noOperation: .retryable(reason: "no operation is in progress", after: nil)
        case .retryable(let reason, let after): .retryable(reason: reason, after: after)
        case .throttled(let reason): .throttled(reason: reason, after: nil)
        case .unavailable(let reason): .unavailable(reason: reason, after: nil)
        }
    }
}

extension ArgoCDFailure {
    /// Reads an answer outside 200…299. Decided by the gRPC code and the text, because Argo CD's gateway gives several codes
    /// one status (9 becomes 400); by the status alone only where something before Argo CD answered.
    package init(_ response: HTTPResponse, body: [UInt8], to operation: String) {
        let status = response.status.code
        // Proxies, and Argo CD's own check of content types, answer in plain text.
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(body)), let code = answer.code else {
            self = Self.withoutCode(status, to: operation)
            return
        }
        let text = Redaction.text(answer.message ?? answer.error ?? "no explanation", lengthMax: 500)
        let reason = "Argo CD answered \(status) (code \(code)) to \(operation): \(text)"
        let lower = text.lowercased()
        switch code {
        case 5: self = .missing(reason: reason)
        case 9 where lower.contains("another operation is already in progress"): self = .operationInProgress
        case 3 where lower.contains("no operation is in progress"),
            9 where lower.contains("no operation is in progress"):
            self = .noOperation
        case 7 where lower.contains("blocked by sync window"):
            self = .notInWindow(reason: reason)
        case 7:
            self = .refused(
                reason: "\(reason) (do the token's rights in argocd-rbac-cm cover this project's applications?)")
        case 16: self = .refused(reason: "\(reason) (the token is not valid any more)")
        case 3 where lower.contains("existing application spec is different"): self = .differs(reason: reason)
        case 3 where Self.looksPassing(lower): self = .retryable(reason: reason, after: .seconds(15))
        case 8: self = .throttled(reason: reason)
        case 14: self = .unavailable(reason: reason)
        // The others may be about this one application, such as a refresh that takes too long.
        case 1, 2, 4, 10, 13: self = .retryable(reason: reason, after: nil)
        default: self = .refused(reason: reason)
        }
    }

    private static func withoutCode(_ status: Int, to operation: String) -> ArgoCDFailure {
        let reason = "HTTP status \(status) to \(operation), not in the form of Argo CD's API"
        switch status {
        case 429: return .throttled(reason: reason)
        case 408, 500...599: return .unavailable(reason: reason)
        // Not proof that the application is gone: it may be a wrong address, or a proxy without its target.
        case 404: return .refused(reason: "\(reason) (is the address of Argo CD right?)")
        default: return .refused(reason: reason)
        }
    }

    /// Validation asks the repository server and the cluster; that one of them did not answer says nothing about the request.
    private static func looksPassing(_ text: String) -> Bool {
        ["code = unavailable", "deadline exceeded", "connection refused", "i/o timeout", "connection reset"]
            .contains { text.contains($0) }
    }

    /// The gateway's `runtimeError`.
    private struct Answer: Decodable {
        let code: Int?
        let error: String?
        let message: String?
    }
}
