// JSON written by hand in its canonical form, for the few documents whose members are known beforehand.

/// Writes into memory that is known to be large enough: a string takes at most six times its bytes and two quotes.
struct JSONCursor {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

    mutating func put(byte: UInt8) {
        precondition(count < buffer.count, "the room was counted before")
        buffer[count] = byte
        count += 1
    }

    mutating func put(_ text: StaticString) {
        for place in 0..<text.utf8CodeUnitCount { put(byte: text.utf8Start[place]) }
    }

    mutating func put(hex bytes: [UInt8]) {
        for byte in bytes {
            put(byte: hexDigit(byte >> 4))
            put(byte: hexDigit(byte & 15))
        }
    }

    mutating func put(_ value: Int64) {
        if value < 0 { put(byte: UInt8(ascii: "-")) }
        var rest = value.magnitude
        let start = count
        repeat {
            put(byte: UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        buffer[start..<count].reverse()
    }

    /// A string with its quotes, escaped as RFC 8785 (3.2.2.2) says.
    mutating func put(string text: String) {
        put(byte: UInt8(ascii: "\""))
        var text = text  // No copy where the text is native UTF-8, which is everywhere on Linux.
        text.withUTF8 { bytes in
            for byte in bytes { put(escaping: byte) }
        }
        put(byte: UInt8(ascii: "\""))
    }

    private mutating func put(escaping byte: UInt8) {
        switch byte {
        case 0x22, 0x5C:
            put(byte: UInt8(ascii: "\\"))
            put(byte: byte)
        case 0x20...: put(byte: byte)
        case 0x08: put(#"\b"#)
        case 0x09: put(#"\t"#)
        case 0x0A: put(#"\n"#)
        case 0x0C: put(#"\f"#)
        case 0x0D: put(#"\r"#)
        default:
            put(#"\u00"#)
            put(hex: [byte])
        }
    }
}

extension [UInt8] {
    mutating func appendJSON(_ text: String) {
        let capacity = 6 * text.utf8.count + 2
        self += [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            var cursor = JSONCursor(buffer)
            cursor.put(string: text)
            count = cursor.count
        }
    }
}

private func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
