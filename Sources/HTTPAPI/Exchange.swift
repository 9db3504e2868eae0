import Application
import EventSourcing
import HTTPTypes
import Hummingbird
import Logging

/// What is known of a request while it is being answered, and how its answer is written.
struct Exchange {
    let correlationID: String
    let path: String
    let logger: Logger
    var operation: Operation?
    var principal: Principal?
    private(set) var problem: Problem?

    init(correlationID: String, path: String, logger: Logger) {
        self.correlationID = correlationID
        self.path = path
        var logger = logger
        logger[metadataKey: LogKeys.correlation] = "\(correlationID)"
        self.logger = logger
    }

    func response(_ reply: Reply) -> Response {
        var headers = HTTPFields()
        headers[.eTag] = reply.version.map { "\"\($0)\"" }
        headers[.position] = reply.position.map(\.description)
        headers[.location] = reply.location
        if reply.isImmutable { headers[.cacheControl] = "private, max-age=31536000, immutable" }
        let body: ResponseBody
        switch reply.content {
        case .json(let bytes):
            headers[.contentType] = "application/json"
            body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .bytes(let bytes, let type):
            headers[.contentType] = type
            body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        case .stream(let type, let stream):
            headers[.contentType] = type
            // Proxies such as nginx hold a stream back unless they are told not to.
            headers[.accelBuffering] = "no"
            body = stream
        }
        return Response(status: reply.success.status, headers: headers, body: body)
    }

    mutating func response(_ problem: Problem) -> Response {
        self.problem = problem
        var headers = HTTPFields()
        headers[.contentType] = "application/problem+json"
        headers[.retryAfter] = problem.retryAfterSeconds.map { String($0) }
        if !problem.allowed.isEmpty { headers[.allow] = problem.allowed.map(\.rawValue).joined(separator: ", ") }
        if problem.kind == .unauthenticated { headers[.wwwAuthenticate] = problem.challenge }
        let json = JSONWriter.write(problem.json(instance: path, correlationID: correlationID))
        return Response(
            status: problem.kind.status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }
}

extension Problem {
    /// RFC 6750, 3: a request without a token gets no error code.
    fileprivate var challenge: String {
        code == Problem.tokenMissing.code
            ? "Bearer realm=\"deploycenter\""
            : "Bearer realm=\"deploycenter\", error=\"invalid_token\", error_description=\"\(detail)\""
    }
}

extension HTTPFields {
    /// An answer belongs to the one who asked, is what it says it is, and is no page. None is kept, but what never changes.
    mutating func addSecurity() {
        self[.cacheControl] = self[.cacheControl] ?? "no-store"
        self[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
        self[.referrerPolicy] = "no-referrer"
        self[.xContentTypeOptions] = "nosniff"
    }
}
