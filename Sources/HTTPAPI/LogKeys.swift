/// The keys of the API's log lines.
enum LogKeys {
    static let correlation = "correlation.id"
    static let duration = "duration.ms"
    static let error = "error.reason"
    static let method = "http.method"
    static let operation = "operation.id"
    static let path = "http.path"
    static let principal = "principal.subject"
    static let problem = "problem.code"
    static let status = "http.status"
}
