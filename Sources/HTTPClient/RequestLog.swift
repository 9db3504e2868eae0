import HTTPTypes
import Logging
import Metrics

/// Counts each request and writes one line for it, free of secrets: headers and bodies are never in it.
struct RequestLog: Sendable {
    let logger: Logger

    func ended(_ request: HTTPRequest, _ outcome: Result<Int, HTTPClientError>, after duration: Duration) {
        var metadata: Logger.Metadata = [
            "http.method": "\(request.method.rawValue)",
            "http.host": "\(request.authority ?? "")",
            "http.path": "\(Redaction.path(request.path ?? "/"))",
            "duration.ms": "\(duration.wholeMilliseconds)",
        ]
        let answer: String
        switch outcome {
        case .success(let status): answer = "\(status / 100)xx"
        case .failure: answer = "none"
        }
        let dimensions = [("host", request.authority ?? ""), ("answer", answer)]
        Timer(label: "http.client.duration", dimensions: dimensions).record(duration: duration)
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
