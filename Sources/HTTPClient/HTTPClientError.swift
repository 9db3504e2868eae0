/// Why there is no whole reply, by what the caller can do about it. Texts are free of secrets.
package enum HTTPClientError: Error, Equatable, Sendable {
    /// No whole answer in the time given; the request may have been carried out.
    case timedOut
    /// The request was certainly not sent: trying again is safe.
    case cannotConnect(reason: String)
    /// The connection broke after the request had begun: it may have been carried out.
    case connectionLost(reason: String)
    /// The peer could not prove who it is, or speaks no TLS that we accept: nothing was sent.
    case tls(reason: String)
    /// The answer is larger than the configuration allows.
    case bodyTooLarge(limitBytes: Int)
    /// The request cannot be sent as it is: our own mistake.
    case invalidRequest(reason: String)
    /// The task was cancelled, or the client was shut down.
    case cancelled
}

extension HTTPClientError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .timedOut: "timed out"
        case .cannotConnect(let reason): "cannot connect: \(reason)"
        case .connectionLost(let reason): "connection lost: \(reason)"
        case .tls(let reason): "TLS: \(reason)"
        case .bodyTooLarge(let limitBytes): "the answer is larger than \(limitBytes) bytes"
        case .invalidRequest(let reason): "invalid request: \(reason)"
        case .cancelled: "cancelled"
        }
    }
}
