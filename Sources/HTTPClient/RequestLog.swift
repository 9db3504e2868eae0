import HTTPTypes
import Logging

/// Writes one line for each request, free of secrets: headers and bodies are never in it.
struct RequestLog: Sendable {
    let logger: Logger

    func ended(_ request: HTTPRequest, _ outcome: Result<Int, HTTPClientError>, after duration: Duration) {
        var metadata: Logger.Metadata = [
            "http.method": "\(request.method.rawValue)",
            "http.host": "\(request.authority ?? "")",
            "http.path": "\(Redaction.path(request.path ?? "/"))",
            "duration.ms": "\(duration.wholeMilliseconds)",
        ]
        switch outcome {
        case .success(let status):
            metadata["http.status"] = "\(status)"
            logger.log(level: status < 400 ? .debug : .info, "http request", metadata: metadata)
        case .failure(let error):
            metadata["error"] = "\(error)"
            logger.info("http request", metadata: metadata)
        }
    }
}
