import CLibCurl
import Glibc

/// Sets the options of one transfer and remembers whether libcurl took them all.
struct EasyOptions {
    private let easy: UnsafeMutableRawPointer
    private(set) var areAccepted = true

    init(_ easy: UnsafeMutableRawPointer) { self.easy = easy }

    mutating func set(
        _ request: PreparedRequest, headers: UnsafeMutablePointer<curl_slist>?, errorText: UnsafeMutablePointer<CChar>
    ) {
        check(dc_easy_set_error_buffer(easy, errorText))
        check(dc_easy_set_list(easy, CURLOPT_HTTPHEADER, headers))
        set(CURLOPT_URL, request.url)
        set(CURLOPT_PATH_AS_IS, 1)
        set(method: request.method, body: request.body)
        set(CURLOPT_CONNECTTIMEOUT_MS, request.limits.connectMilliseconds)
        if let total = request.limits.totalMilliseconds { set(CURLOPT_TIMEOUT_MS, total) }
        if let idle = request.limits.idleSeconds {
            set(CURLOPT_LOW_SPEED_LIMIT, 1)
            set(CURLOPT_LOW_SPEED_TIME, idle)
        }
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        // Without this libcurl uses SIGALRM for name lookup, which is not safe with threads.
        set(CURLOPT_NOSIGNAL, 1)
        // Waits for a connection that can be shared over HTTP/2 instead of opening another.
        set(CURLOPT_PIPEWAIT, 1)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_TCP_KEEPIDLE, 30)
        set(CURLOPT_TCP_KEEPINTVL, 10)
    }

    mutating func set(_ configuration: CurlClient.Configuration) {
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_USERAGENT, configuration.userAgent)
        if let path = configuration.caBundlePath ?? Self.environment("CURL_CA_BUNDLE")
            ?? Self.environment("SSL_CERT_FILE")
        {
            set(CURLOPT_CAINFO, path)
            // Else the system's directory of authorities would be trusted beside the bundle.
            check(dc_easy_set_string(easy, CURLOPT_CAPATH, nil))
        }
        switch configuration.proxy {
        case .environment: break
        case .direct: set(CURLOPT_PROXY, "")
        case .through(let url): set(CURLOPT_PROXY, url)
        }
    }

    mutating func set(callbacksWith context: UnsafeMutableRawPointer) {
        check(dc_easy_set_context(easy, context))
        check(
            dc_easy_set_callbacks(
                easy,
                { bytes, size, count, context in
                    let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
                    EasyOptions.transfer(context)?.take(header: bytes)
                    return size * count
                },
                { bytes, size, count, context in
                    let bytes = UnsafeRawBufferPointer(start: bytes, count: size * count)
                    return EasyOptions.transfer(context)?.take(body: bytes) ?? -1
                }, context))
    }

    /// The transfer is alive whenever libcurl calls: its handle is removed and freed in its `deinit`.
    static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    /// A body, even an empty one of POST, PUT or PATCH, goes with its length.
    private mutating func set(method: String, body: [UInt8]) {
        if method == "HEAD" {
            set(CURLOPT_NOBODY, 1)
        } else if !body.isEmpty || ["POST", "PUT", "PATCH"].contains(method) {
            set(CURLOPT_POST, 1)
            check(
                body.withUnsafeBytes {
                    dc_easy_set_body(easy, $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1), $0.count)
                })
        }
        set(CURLOPT_CUSTOMREQUEST, method)
    }

    private static func environment(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    private mutating func set(_ option: CURLoption, _ value: Int) { check(dc_easy_set_long(easy, option, value)) }
    private mutating func set(_ option: CURLoption, _ value: String) { check(dc_easy_set_string(easy, option, value)) }
    private mutating func check(_ code: CURLcode) { if code != CURLE_OK { areAccepted = false } }
}
