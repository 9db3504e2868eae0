import HTTPTypes

/// A request checked and in the form that libcurl takes.
struct PreparedRequest: Sendable {
    let method: String
    let url: String
    let headerLines: [String]
    let body: [UInt8]
    let limits: Limits

    /// Milliseconds; nil is no limit.
    struct Limits: Sendable {
        let connectMilliseconds: Int
        let totalMilliseconds: Int?
        /// After so many seconds without a byte the connection is taken for lost.
        let idleSeconds: Int?
    }

    init(_ request: HTTPRequest, body: [UInt8], limits: Limits) throws(HTTPClientError) {
        guard let scheme = request.scheme, scheme == "https" || scheme == "http" else {
            throw .invalidRequest(reason: "the scheme must be http or https")
        }
        guard let authority = request.authority, !authority.isEmpty,
            authority.utf8.allSatisfy({ $0 > 32 && $0 < 127 && !"/?#@\\".utf8.contains($0) })
        else { throw .invalidRequest(reason: "the authority must be a host with an optional port") }
        let path = request.path ?? "/"
        // libcurl would cut off a fragment and encode other bytes: what is signed would not be what is sent.
        guard path.utf8.first == UInt8(ascii: "/"), path.utf8.allSatisfy({ $0 > 32 && $0 < 127 && $0 != 35 }) else {
            throw .invalidRequest(reason: "the path must begin with a slash and be percent-encoded")
        }
        method = request.method.rawValue
        url = "\(scheme)://\(authority)\(path)"
        headerLines = Self.headerLines(request.headerFields)
        self.body = body
        self.limits = limits
    }

    /// `Name;` is libcurl's spelling of an empty value and `Name:` its spelling of "do not add this yourself".
    private static func headerLines(_ fields: HTTPFields) -> [String] {
        var lines = fields.map { $0.value.isEmpty ? "\($0.name.rawName);" : "\($0.name.rawName): \($0.value)" }
        for name in [HTTPField.Name.accept, .contentType, .expect] where !fields.contains(name) {
            lines.append("\(name.rawName):")
        }
        return lines
    }
}

extension Duration {
    /// At least 1: libcurl takes 0 for "no limit".
    var wholeMilliseconds: Int {
        let (seconds, attoseconds) = components
        return max(1, Int(clamping: seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000))
    }
}
