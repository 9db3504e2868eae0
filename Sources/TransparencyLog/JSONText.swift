// JSON written by hand in its canonical form, for the few documents whose members are known beforehand.

extension [UInt8] {
    /// A string with its quotes, escaped as RFC 8785 (3.2.2.2) says.
    mutating func appendJSON(_ text: String) {
        append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case 0x22, 0x5C:
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0x08: self += #"\b"#.utf8
            case 0x09: self += #"\t"#.utf8
            case 0x0A: self += #"\n"#.utf8
            case 0x0C: self += #"\f"#.utf8
            case 0x0D: self += #"\r"#.utf8
            case ..<0x20:
                self += #"\u00"#.utf8
                appendHex([byte])
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    mutating func appendHex(_ bytes: [UInt8]) {
        for byte in bytes {
            append(hexDigit(byte >> 4))
            append(hexDigit(byte & 15))
        }
    }

    mutating func appendDecimal(_ value: Int64) {
        guard value >= 0, value < 10 else { return self += String(value).utf8 }
        append(UInt8(ascii: "0") + UInt8(value))
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
