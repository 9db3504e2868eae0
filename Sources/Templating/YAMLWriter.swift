/// Writes YAML whose bytes depend on the value alone: block style, two spaces, quotes wherever a reader could err.
struct YAMLWriter {
    private var text = ""

    /// A whole document, ending with a newline. `apiVersion`, `kind` and `metadata` come first, as people expect.
    static func document(_ value: ManifestValue) -> String {
        var writer = YAMLWriter()
        if case .map(let members) = value, !members.isEmpty {
            let first = ["apiVersion", "kind", "metadata"].compactMap { key in members.first { $0.key == key } }
            writer.write(first + members.filter { member in !first.contains { $0.key == member.key } }, indent: 0)
        } else {
            writer.text += writer.scalar(value, indent: 0) + "\n"
        }
        return writer.text
    }

    private mutating func write(_ members: [ManifestValue.Member], indent: Int, isFirstInline: Bool = false) {
        for (index, member) in members.enumerated() {
            if index > 0 || !isFirstInline { text += spaces(indent) }
            text += Self.quoted(member.key) + ":"
            switch member.value {
            case .map(let inner) where !inner.isEmpty:
                text += "\n"
                write(inner, indent: indent + 2)
            case .list(let elements) where !elements.isEmpty:
                text += "\n"
                write(elements, indent: indent + 2)
            default:
                text += " " + scalar(member.value, indent: indent + 2) + "\n"
            }
        }
    }

    private mutating func write(_ elements: [ManifestValue], indent: Int, isFirstInline: Bool = false) {
        for (index, element) in elements.enumerated() {
            if index > 0 || !isFirstInline { text += spaces(indent) }
            text += "- "
            switch element {
            case .map(let members) where !members.isEmpty: write(members, indent: indent + 2, isFirstInline: true)
            case .list(let inner) where !inner.isEmpty: write(inner, indent: indent + 2, isFirstInline: true)
            default: text += scalar(element, indent: indent + 2) + "\n"
            }
        }
    }

    private func scalar(_ value: ManifestValue, indent: Int) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): "\(value)"
        case .integer(let value): "\(value)"
        case .number(let value): "\(value)"
        case .string(let value): Self.literalBlock(value, indent: indent) ?? Self.quoted(value)
        case .list: "[]"
        case .map: "{}"
        }
    }

    private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

    /// Plain where it can only be read as this text, otherwise a JSON string, which is YAML as well.
    private static func quoted(_ text: String) -> String {
        isPlain(text) && PlainScalar(text) == .text ? text : escaped(text)
    }

    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        guard isLetterOrDigit(first) || "/_".utf8.contains(first), last != UInt8(ascii: ":"), last != UInt8(ascii: " ")
        else { return false }
        var previous: UInt8 = 0
        for byte in text.utf8 {
            guard isLetterOrDigit(byte) || "/_.-:+=@~^,;()$* ".utf8.contains(byte) else { return false }
            // ": " would begin a value; " #" cannot occur, as # is not in the list.
            if byte == UInt8(ascii: " "), previous == UInt8(ascii: ":") { return false }
            previous = byte
        }
        return true
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    private static func escaped(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default:
                if isPrintable(scalar) { result.unicodeScalars.append(scalar) } else { result += hexadecimal(scalar) }
            }
        }
        return result + "\""
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let width = scalar.value > 0xFFFF ? 8 : 4
        return (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
    }

    /// Without marks that turn the reading direction or vanish from sight: reviewers must see what is there.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E, 0xA1...0x2FF, 0x370...0x1FFF, 0x2010...0x2027, 0x2030...0x205E, 0x2070...0xD7FF,
            0xF900...0xFDCF, 0xFE30...0xFEFE, 0xFF01...0xFFEF:
            !scalar.properties.isDefaultIgnorableCodePoint && !scalar.properties.isNoncharacterCodePoint
        default: false
        }
    }

    /// Several lines, readable as such; nil where a block would not bring back just this text.
    private static func literalBlock(_ text: String, indent: Int) -> String? {
        let newline = UInt8(ascii: "\n")
        // Bytes, not characters: a space with a combining mark is one character, and still begins with a space.
        let body = text.utf8.last == newline ? text.utf8.dropLast() : text.utf8[...]
        let lines = body.split(separator: newline, omittingEmptySubsequences: false)
        guard lines.count > 1, let first = lines.first?.first, first != UInt8(ascii: " "), lines.last?.isEmpty == false,
            !lines.contains(where: { $0.last == UInt8(ascii: " ") }),
            text.unicodeScalars.allSatisfy({ $0 == "\n" || isPrintable($0) })
        else { return nil }
        let margin = String(repeating: " ", count: indent)
        return (text.utf8.last == newline ? "|\n" : "|-\n")
            + lines.map { $0.isEmpty ? "" : margin + String(Substring($0)) }.joined(separator: "\n")
    }
}
