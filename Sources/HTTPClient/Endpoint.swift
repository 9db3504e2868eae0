package import HTTPTypes

/// Where an HTTP API lives, so that requests are built from path segments and query items instead of glued text.
package struct Endpoint: Hashable, Sendable {
    package let scheme: String
    package let authority: String
    /// Without a slash at the end; empty for the root.
    package let path: String

    /// Reads `http(s)://host[:port][/path]`; nil for anything else, so also where there is a user, a query or a fragment.
    package init?(_ url: String) {
        guard let colon = url.firstIndex(of: ":"), url[colon...].hasPrefix("://") else { return nil }
        let scheme = url[..<colon].lowercased()
        let rest = url[url.index(colon, offsetBy: 3)...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        guard ["http", "https"].contains(scheme), !authority.isEmpty,
            rest.utf8.allSatisfy({ $0 > 32 && $0 < 127 && !Array("@?#\\".utf8).contains($0) })
        else { return nil }
        self.scheme = scheme
        self.authority = String(authority)
        var path = rest[slash...]
        while path.hasSuffix("/") { path.removeLast() }
        self.path = String(path)
    }

    package var url: String { "\(scheme)://\(authority)\(path)" }

    /// A request for a path below this one; segments and query items are percent-encoded here.
    package func request(
        _ method: HTTPRequest.Method, _ segments: [String], query: [(name: String, value: String)] = [],
        headerFields: HTTPFields = [:]
    ) -> HTTPRequest {
        var target = path + segments.map { "/" + Self.percentEncoded($0) }.joined()
        if target.isEmpty { target = "/" }
        if !query.isEmpty {
            target += "?"
            target += query.map { "\(Self.percentEncoded($0.name))=\(Self.percentEncoded($0.value))" }.joined(
                separator: "&")
        }
        return HTTPRequest(
            method: method, scheme: scheme, authority: authority, path: target, headerFields: headerFields)
    }

    /// All but RFC 3986's unreserved characters encoded, in UTF-8.
    package static func percentEncoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
