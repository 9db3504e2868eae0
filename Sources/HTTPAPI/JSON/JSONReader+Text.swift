extension JSONReader {
    /// A text with its escapes resolved; surrogates have to come in pairs, and the bytes have to be UTF-8.
    mutating func string() throws(Failure) -> String {
        index += 1
        var content: [UInt8] = []
        var runStart = index
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                content += bytes[runStart..<index]
                guard let text = String(validating: content, as: UTF8.self) else { throw failure("this is not UTF-8") }
                index += 1
                return text
            case UInt8(ascii: "\\"):
                content += bytes[runStart..<index]
                index += 1
                content += Array(String(Character(try escaped())).utf8)
                runStart = index
            case 0..<0x20: throw failure("a control character has to be escaped")
            default: index += 1
            }
        }
        throw failure("a text does not end")
    }

    private mutating func escaped() throws(Failure) -> Unicode.Scalar {
        let byte = peek
        index += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{08}"
        case UInt8(ascii: "f"): return "\u{0C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicode()
        default:
            index -= 1
            throw failure("there is no such escape")
        }
    }

    private mutating func unicode() throws(Failure) -> Unicode.Scalar {
        let first = try codeUnit()
        guard first != 0 else { throw failure("the character U+0000 cannot be kept") }
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
            throw failure("half of a surrogate pair is missing")
        }
        let second = try codeUnit()
        guard (0xDC00...0xDFFF).contains(second) else { throw failure("half of a surrogate pair is missing") }
        let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(value) else { throw failure("there is no such character") }
        return scalar
    }

    private mutating func codeUnit() throws(Failure) -> UInt16 {
        guard index + 4 <= bytes.count,
            bytes[index..<index + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let unit = UInt16(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits should follow \\u") }
        index += 4
        return unit
    }
}
