/// Tells code, comments and strings apart, line by line: just enough of Swift for the rules, byte by byte because there are many.
struct LineDivision {
    /// The end of the multi-line string that a line begins in.
    private var closing: [UInt8]?

    mutating func divide(_ line: Substring) -> (code: String, comment: String) {
        let bytes = Array(line.utf8)
        var code: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if let end = closing {
                guard let after = Self.end(of: end, in: bytes, from: index, isRaw: end.last == Self.hash) else { break }
                closing = nil
                index = after
            } else if bytes[index...].starts(with: [Self.slash, Self.slash]) {
                return (Self.text(code), Self.text(bytes[index...]))
            } else if let opening = Self.opening(in: bytes, at: index) {
                code += [Self.quote, Self.quote]
                closing = opening.isMultiline ? opening.closing : nil
                index += opening.length
                guard closing == nil else { break }
                let isRaw = opening.closing.count > 1
                index = Self.end(of: opening.closing, in: bytes, from: index, isRaw: isRaw) ?? bytes.count
            } else {
                code.append(bytes[index])
                index += 1
            }
        }
        return (Self.text(code), "")
    }

    private static let quote = UInt8(ascii: "\"")
    private static let hash = UInt8(ascii: "#")
    private static let slash = UInt8(ascii: "/")
    private static let backslash = UInt8(ascii: "\\")

    private static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    /// The beginning of a string or a regular expression, such as `"`, `#"`, `"""` or `#/`, with what will end it.
    private static func opening(
        in bytes: [UInt8], at index: Int
    ) -> (length: Int, closing: [UInt8], isMultiline: Bool)? {
        let hashes = Array(bytes[index...].prefix { $0 == hash })
        let rest = bytes[(index + hashes.count)...]
        if !hashes.isEmpty, rest.first == slash { return (hashes.count + 1, [slash] + hashes, false) }
        guard rest.first == quote else { return nil }
        let isMultiline = rest.starts(with: [quote, quote, quote])
        let quotes = Array(repeating: quote, count: isMultiline ? 3 : 1)
        return (hashes.count + quotes.count, quotes + hashes, isMultiline)
    }

    /// The index after `closing`; escapes and interpolations are skipped unless the string is raw.
    private static func end(of closing: [UInt8], in bytes: [UInt8], from start: Int, isRaw: Bool) -> Int? {
        var index = start
        var depth = 0  // Within an interpolation, where quotes do not end the string.
        while index < bytes.count {
            if depth == 0, bytes[index...].starts(with: closing) { return index + closing.count }
            if !isRaw, bytes[index] == backslash, index + 1 < bytes.count {
                if bytes[index + 1] == UInt8(ascii: "(") { depth += 1 }
                index += 2
                continue
            }
            if depth > 0 {
                if bytes[index] == UInt8(ascii: "(") { depth += 1 }
                if bytes[index] == UInt8(ascii: ")") { depth -= 1 }
            }
            index += 1
        }
        return nil
    }
}
