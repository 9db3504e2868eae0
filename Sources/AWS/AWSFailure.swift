package import Application
import EventSourcing
import FoundationEssentials
package import HTTPClient
import HTTPTypes

/// What to do after AWS did not do as asked: one case per reaction.
package enum AWSFailure: Error, Equatable, Sendable {
    /// AWS says no and names the reason by a code; the caller may know that this means "already done".
    case answered(AWSErrorAnswer)
    /// AWS has had enough of us for now: try again, slowly.
    case throttled(reason: String, after: Duration?)
    /// Busy with the same thing, or does not know it yet: try again.
    case retryable(reason: String, after: Duration?)
    /// Broken or unreachable, for whatever is asked: try again.
    case unavailable(reason: String, after: Duration?)
    /// Repeating will not help.
    case refused(reason: String)

    package var providerError: ProviderError {
        switch self {
        case .answered(let answer): .refused(reason: answer.description)
        case .throttled(let reason, let after): .throttled(reason: reason, after: after)
        case .retryable(let reason, let after): .retryable(reason: reason, after: after)
        case .unavailable(let reason, let after): .unavailable(reason: reason, after: after)
        case .refused(let reason): .refused(reason: reason)
        }
    }

    /// What to make of an answer outside 200…299.
    package init(_ answer: AWSErrorAnswer, after: Duration?) {
        if answer.status == 429 || Self.throttlingCodes.contains(answer.code) {
            self = .throttled(reason: answer.description, after: after)
        } else if Self.waitingCodes.contains(answer.code) {
            self = .retryable(reason: answer.description, after: after)
        } else if [408, 500, 502, 503, 504].contains(answer.status) || Self.failureCodes.contains(answer.code) {
            self = .unavailable(reason: answer.description, after: after)
        } else {
            self = .answered(answer)
        }
    }

    package init(_ error: HTTPClientError, to operation: String) {
        switch error {
        case .timedOut, .cannotConnect, .connectionLost, .cancelled, .tls:
            self = .unavailable(reason: "AWS \(operation): \(error)", after: nil)
        case .bodyTooLarge, .invalidRequest: self = .refused(reason: "AWS \(operation): \(error)")
        }
    }

    /// botocore 1.44, `retries/standard.py`.
    private static let throttlingCodes: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException",
        "TooManyRequestsException", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
        "BandwidthLimitExceeded", "LimitExceededException", "TransactionInProgressException", "SlowDown",
        "PriorRequestNotComplete", "EC2ThrottledException",
    ]

    /// The other side is busy with the same thing, or does not know it yet.
    private static let waitingCodes: Set<String> = ["OperationAborted", "IncorrectFileSystemLifeCycleState"]

    /// The other side failed, whatever the status says.
    private static let failureCodes: Set<String> = [
        "IDPCommunicationError", "RequestTimeout", "RequestTimeoutException", "InternalError", "InternalServerError",
        "ServiceUnavailable",
    ]
}

/// An error as AWS names it, whichever of its three formats it came in.
package struct AWSErrorAnswer: Equatable, Sendable, CustomStringConvertible {
    package let operation: String
    package let status: Int
    package let code: String
    /// Free of secrets.
    package let message: String
    /// Of an access point that exists already.
    package let accessPointID: String?

    package init(operation: String, _ reply: HTTPReply) {
        self.operation = operation
        status = reply.status
        var code: String?
        var message: String?
        var accessPointID: String?
        if let json = try? JSONDecoder().decode(JSONValue.self, from: Data(reply.body)) {  // Else it is XML or nothing.
            code = json["ErrorCode"]?.string ?? json["__type"]?.string ?? json["code"]?.string
            message = json["Message"]?.string ?? json["message"]?.string
            accessPointID = json["AccessPointId"]?.string
        } else if let root = XMLNode(reply.body) {
            let error = root["Error"] ?? root["Errors"]?["Error"] ?? root
            code = error["Code"]?.text ?? (root.name == "InvalidChangeBatch" ? root.name : nil)
            message = error["Message"]?.text ?? root["Messages"]?.children.map(\.text).joined(separator: "; ")
        }
        // `AccessPointAlreadyExists:http://…` and `com.amazon#ThrottlingException` name the code between other things.
        let header = reply.header(.amzErrorType)?.prefix { $0 != ":" }
        let named = code ?? header.map(String.init) ?? ""
        self.code = named.split(separator: "#").last.map(String.init) ?? ""
        self.message = Redaction.text(message ?? "", lengthMax: 500)
        self.accessPointID = accessPointID
    }

    package var description: String {
        "AWS answered \(status) to \(operation)" + (code.isEmpty ? "" : ": \(code)")
            + (message.isEmpty ? "" : " (\(message))")
    }
}
