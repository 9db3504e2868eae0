import CLibCurl
import HTTPTypes

/// One request on its way: owns the easy handle and everything that must live as long. Only the curl thread touches it.
final class Transfer {
    let id: UInt64
    let easy: UnsafeMutableRawPointer
    private let sink: TransferSink
    private let errorText: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var head = ResponseHead()
    private var body: [UInt8] = []
    private var bodyIsTooLarge = false

    /// nil where libcurl refuses an option; the sink is then not called.
    init?(_ request: PreparedRequest, id: UInt64, sink: TransferSink, configuration: CurlClient.Configuration) {
        guard let easy = curl_easy_init() else { return nil }
        self.id = id
        self.easy = easy
        self.sink = sink
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        for line in request.headerLines { headers = curl_slist_append(headers, line) }
        var options = EasyOptions(easy)
        options.set(request, headers: headers, errorText: errorText)
        options.set(configuration)
        options.set(callbacksWith: Unmanaged.passUnretained(self).toOpaque())
        guard options.areAccepted else { return nil }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headers)
        errorText.deallocate()
    }

    /// Tells the caller how it ended; called once.
    func finish(_ code: CURLcode) {
        guard code == CURLE_OK else { return fail(error(for: code)) }
        guard let response = head.response else { return fail(.connectionLost(reason: "no answer")) }
        switch sink {
        case .whole(_, let reply): reply.resume(returning: .success(HTTPReply(head: response, body: body)))
        case .chunks(let buffer): buffer.finish(nil)
        }
    }

    func fail(_ error: HTTPClientError) { sink.fail(error) }

    func take(header bytes: UnsafeRawBufferPointer) {
        if head.take(bytes), case .chunks(let buffer) = sink, let response = head.response { buffer.begin(response) }
    }

    /// The count taken; libcurl gives up the transfer on another count, and pauses it on the pause mark.
    func take(body bytes: UnsafeRawBufferPointer) -> Int {
        switch sink {
        case .whole(let bytesMax, _):
            guard body.count + bytes.count <= bytesMax else {
                bodyIsTooLarge = true
                return -1
            }
            body.append(contentsOf: bytes)
            return bytes.count
        case .chunks(let buffer):
            return buffer.offer(bytes) ? bytes.count : Int(CURL_WRITEFUNC_PAUSE)
        }
    }

    private func error(for code: CURLcode) -> HTTPClientError {
        if bodyIsTooLarge, case .whole(let bytesMax, _) = sink { return .bodyTooLarge(limitBytes: bytesMax) }
        let text = String(cString: errorText)
        let reason = Redaction.text(text.isEmpty ? String(cString: curl_easy_strerror(code)) : text, lengthMax: 300)
        switch code {
        case CURLE_OPERATION_TIMEDOUT: return .timedOut
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT:
            return .invalidRequest(reason: reason)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_SHUTDOWN_FAILED:
            return .tls(reason: reason)
        case CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_PROXY:
            return .cannotConnect(reason: reason)
        default:
            // 0: the point just before sending was never reached.
            let wasSent = dc_easy_time(easy, CURLINFO_PRETRANSFER_TIME_T) > 0
            return wasSent ? .connectionLost(reason: reason) : .cannotConnect(reason: reason)
        }
    }
}

/// Where the answer of a transfer goes.
enum TransferSink: Sendable {
    case whole(bytesMax: Int, CheckedContinuation<Result<HTTPReply, HTTPClientError>, Never>)
    case chunks(StreamBuffer)

    func fail(_ error: HTTPClientError) {
        switch self {
        case .whole(_, let reply): reply.resume(returning: .failure(error))
        case .chunks(let buffer): buffer.finish(error)
        }
    }
}
