import EventSourcing

/// The formats that are checked, not only noted.
enum Format: String, Sendable, CaseIterable, CustomStringConvertible {
    case email, hostname, uri, date
    case dateTime = "date-time"
    case uuid

    /// Formats of OpenAPI that say how wide a number is or how a form should show a field.
    static let annotations: Set<String> = ["int32", "int64", "float", "double", "password", "byte", "binary"]

    var description: String {
        switch self {
        case .email: "an e-mail address such as ana@example.com"
        case .hostname: "a host name such as shop.example.com"
        case .uri: "an absolute URI such as https://example.com/path"
        case .date: "a date such as 2026-11-23"
        case .dateTime: "a time in RFC 3339 such as 2026-11-23T10:00:00Z"
        case .uuid: "a UUID such as 3f0c2a1e-9b1d-4a57-8c7e-0d8f5b6a7c11"
        }
    }

    func admits(_ text: String) -> Bool {
        switch self {
        case .email: Self.isEmail(text)
        case .hostname: Self.isHostname(text[...])
        case .uri: Self.isURI(text)
        case .date: text.utf8.count == 10 && Timestamp(text + "T00:00:00Z") != nil
        case .dateTime: text.utf8.dropFirst(10).first == UInt8(ascii: "T") && Timestamp(text) != nil
        case .uuid: Self.isUUID(text)
        }
    }

    private static func isEmail(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count) else { return false }
        let local = parts[0]
        return !local.hasPrefix(".") && !local.hasSuffix(".") && !local.contains("..")
            && local.utf8.allSatisfy { isLetterOrDigit($0) || "!#$%&'*+/=?^_`{|}~.-".utf8.contains($0) }
            && parts[1].contains(".") && isHostname(parts[1])
    }

    /// RFC 1123: labels of 1–63 letters, digits and inner hyphens, 253 in all.
    private static func isHostname(_ text: Substring) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isURI(_ text: String) -> Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = text.utf8[..<colon]
        let rest = text.utf8[text.utf8.index(after: colon)...]
        guard let first = scheme.first, isLetterOrDigit(first), !isDigit(first), !rest.isEmpty else { return false }
        return scheme.allSatisfy { isLetterOrDigit($0) || "+-.".utf8.contains($0) }
            && rest.allSatisfy { (0x21...0x7E).contains($0) && !"\"<>\\^`{|}".utf8.contains($0) }
    }

    private static func isUUID(_ text: String) -> Bool {
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return groups.map(\.count) == [8, 4, 4, 4, 12]
            && groups.joined().allSatisfy { isDigit($0) || (0x61...0x66).contains($0 | 0x20) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x7A).contains(byte | 0x20) }
}
