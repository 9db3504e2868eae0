package import HTTPTypes

extension CurlClient {
    /// How a client reaches the outside; read once when the client is made.
    package struct Configuration: Sendable {
        /// PEM file of the only authorities trusted. nil: the file named by `CURL_CA_BUNDLE`, else by `SSL_CERT_FILE`,
        /// else the system's.
        package var caBundlePath: String?
        package var proxy: Proxy = .environment
        /// For name lookup, TCP and TLS together.
        package var connectTimeout: Duration = .seconds(10)
        /// A larger answer to `send` fails; a stream has no such limit.
        package var bodyBytesMax = 32 * 1024 * 1024
        /// Idle connections kept for the next request. libcurl's own choice (4 for each running transfer) closed
        /// connections under a steady load.
        package var idleConnectionsMax = 64
        package var userAgent = "deploycenter"
        /// Is called at both ends of each exchange, on the caller's task.
        package var witness: (@Sendable (HTTPRequest, Moment) -> Void)?

        package init(caBundlePath: String? = nil) { self.caBundlePath = caBundlePath }

        /// The ends of an exchange.
        package enum Moment: Sendable {
            case beforeSending
            /// The reply, or a stream's head, is here and not handed on yet.
            case afterReply
        }

        /// Which way requests leave.
        package enum Proxy: Sendable, Equatable {
            /// `http_proxy`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, as every curl reads them.
            case environment
            case direct
            case through(url: String)
        }
    }
}
