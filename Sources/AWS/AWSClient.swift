import Application
package import EventSourcing
package import HTTPClient
package import HTTPTypes
import Synchronization

/// Signs requests, sends them and says what an error means. It repeats what a wrong clock or stale credentials spoilt, and what AWS'
/// SDKs would; all longer patience belongs to the caller.
package final class AWSClient: Sendable {
    package let configuration: AWSConfiguration
    private let http: CurlClient
    private let source: any AWSCredentialSource
    let retry: StandardRetry
    private let now: @Sendable () -> Timestamp
    /// What AWS' clock shows more than ours.
    private let clockSkew = Mutex(Duration.zero)

    /// Without `retry`, as the SDKs repeat by default.
    package init(
        configuration: AWSConfiguration, credentials: any AWSCredentialSource, http: CurlClient,
        now: @escaping @Sendable () -> Timestamp, retry: StandardRetry? = nil
    ) {
        self.configuration = configuration
        self.http = http
        self.now = now
        self.retry = retry ?? StandardRetry(now: now)
        source = credentials
    }

    /// Answers replies of 200…299 only.
    package func send(_ call: AWSCall) async throws(AWSFailure) -> HTTPReply {
        try await retry.run(call.service, isRepeatable: call.isRepeatable) { () throws(AWSFailure) in
            try await sendMending(call)
        }
    }

    /// Repeats what was refused for a reason that is mended by then, once for each: `sendOnce` has read the right time from the
    /// answer, or has the credentials renewed.
    private func sendMending(
        _ call: AWSCall, knowing mended: Set<String> = []
    ) async throws(AWSFailure) -> HTTPReply {
        do throws(AWSFailure) {
            return try await sendOnce(call)
        } catch .answered(let answer) where Self.mendable.contains(answer.code) && !mended.contains(answer.code) {
            return try await sendMending(call, knowing: mended.union([answer.code]))
        }
    }

    private func sendOnce(_ call: AWSCall) async throws(AWSFailure) -> HTTPReply {
        let credentials = try await source.credentials()
        let signer = AWSRequestSigner(credentials: credentials, region: call.region, service: call.service.signingName)
        let signed = signer.sign(call.request, body: call.body, at: now() + clockSkew.withLock { $0 })
        let reply: HTTPReply
        do throws(HTTPClientError) {
            reply = try await http.send(signed, body: call.body, timeout: configuration.timeout)
        } catch {
            throw AWSFailure(error, to: call.operation)
        }
        if (200...299).contains(reply.status) { return reply }
        let answer = AWSErrorAnswer(operation: call.operation, reply)
        if Self.skewCodes.contains(answer.code) { adoptClock(of: reply) }
        if Self.staleCodes.contains(answer.code) { await source.reject(credentials) }
        throw AWSFailure(answer, after: reply.retryAfter)
    }

    /// AWS refuses times that are more than five minutes off; smaller differences are left alone.
    private func adoptClock(of reply: HTTPReply) {
        guard let text = reply.header(.date), let date = Timestamp(httpDate: text) else { return }
        let skew = date - now()
        clockSkew.withLock { $0 = skew }
    }

    private static let skewCodes: Set<String> = [
        "RequestTimeTooSkewed", "RequestExpired", "InvalidSignatureException", "SignatureDoesNotMatch",
        "RequestInTheFuture",
    ]
    private static let staleCodes: Set<String> = [
        "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired",
    ]
    private static let mendable = skewCodes.union(staleCodes)
}

/// One request to AWS before it is signed.
package struct AWSCall: Sendable, Equatable {
    package let service: AWSService
    /// The operation's name in AWS' documentation, for texts.
    package let operation: String
    /// Of the signature; Route 53, which has no regions, is signed for `us-east-1`.
    package let region: String
    package let request: HTTPRequest
    package let body: [UInt8]
    /// False for what makes something: if its answer is lost, its caller looks first whether it was done.
    package var isRepeatable = true

    package init(service: AWSService, operation: String, region: String, request: HTTPRequest, body: [UInt8] = []) {
        self.service = service
        self.operation = operation
        self.region = region
        self.request = request
        self.body = body
    }
}

extension HTTPReply {
    /// `x-amz-retry-after` counts milliseconds, `Retry-After` seconds. More than an hour is not believed.
    fileprivate var retryAfter: Duration? {
        if let milliseconds = header(.amzRetryAfter).flatMap({ Int($0) }) {
            return .milliseconds(min(max(milliseconds, 0), 3_600_000))
        }
        return header(.retryAfter).flatMap { Int($0) }.map { .seconds(min(max($0, 0), 3600)) }
    }
}

extension Timestamp {
    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7, the one form that is still sent).
    init?(httpDate text: String) {
        let parts = text.split(separator: " ")
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        self.init("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}
