import HTTPTypes

/// Collects header lines until the final head of an answer is whole.
///
/// Interim answers (1xx) come as blocks of their own before it, trailers as lines after it; neither is kept.
struct ResponseHead {
    private(set) var response: HTTPResponse?
    private var status: HTTPResponse.Status?
    private var fields = HTTPFields()

    /// Takes one line with its line break; true when this line made the head whole.
    mutating func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard response == nil else { return false }
        let line = bytes.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        if line.starts(with: "HTTP/".utf8) {
            fields = HTTPFields()
            status = Self.status(String(decoding: line, as: UTF8.self))
        } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
            let name = String(decoding: line[..<colon], as: UTF8.self)
            let value = line[(colon + 1)...].drop { $0 == 32 || $0 == 9 }
            // A name that is no token cannot be asked for, so nobody misses it.
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        } else if line.isEmpty, let status, status.kind != .informational {
            response = HTTPResponse(status: status, headerFields: fields)
            return true
        }
        return false
    }

    /// `HTTP/1.1 200 OK`, `HTTP/2 200`.
    private static func status(_ line: String) -> HTTPResponse.Status? {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, let code = Int(parts[1]), (100...999).contains(code) else { return nil }
        return HTTPResponse.Status(code: code, reasonPhrase: parts.count > 2 ? String(parts[2]) : "")
    }
}
