extension CanonicalJSONWriter {
    /// Copies a string, with escapes only where RFC 8785 (3.2.2.2) has them; true where comparing its bytes compares its
    /// UTF-16 code units: no escape, and nothing beyond the basic plane (those sort below U+E000 in UTF-16).
    mutating func string() throws(CanonicalJSONError) -> Bool {
        take()
        var isPlain = true
        while true {
            copyOrdinary()
            guard index < input.count else { throw .notJSON(offset: index) }
            switch input[index] {
            case UInt8(ascii: "\""):
                take()
                return isPlain
            case UInt8(ascii: "\\"):
                try escape(&isPlain)
            case ..<0x20: throw .notJSON(offset: index)
            case 0x80...: try multibyte(&isPlain)
            default: take()
            }
        }
    }

    /// Copies printable ASCII, eight bytes at a time, up to the first byte that needs a look or the last seven.
    private mutating func copyOrdinary() {
        guard let start = input.baseAddress else { return }
        let each: UInt64 = 0x0101_0101_0101_0101
        let high = each << 7
        while index + 8 <= input.count {
            let word = UnsafeRawPointer(start + index).loadUnaligned(as: UInt64.self).littleEndian
            let quote = word ^ (each &* 0x22)
            let backslash = word ^ (each &* 0x5C)
            // The lowest marked byte is exact; a borrow can only mark wrongly above it (Anderson, Bit Twiddling Hacks).
            let marked =
                ((word &- each &* 0x20) & ~word | (quote &- each) & ~quote | (backslash &- each) & ~backslash | word)
                & high
            UnsafeMutableRawPointer(output + written).storeBytes(of: word.littleEndian, as: UInt64.self)
            let count = marked.trailingZeroBitCount >> 3
            index += count
            written += count
            if count < 8 { return }
        }
    }

    private mutating func escape(_ isPlain: inout Bool) throws(CanonicalJSONError) {
        guard index + 1 < input.count else { throw .notJSON(offset: index) }
        let letter = input[index + 1]
        switch letter {
        case UInt8(ascii: "u"):
            let first = try codeUnit()
            try write(scalarOf: first, &isPlain)
            return
        case UInt8(ascii: "/"): write(letter)
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            isPlain = false
            write(UInt8(ascii: "\\"))
            write(letter)
        default: throw .notJSON(offset: index)
        }
        index += 2
    }

    /// Reads `\uXXXX`.
    private mutating func codeUnit() throws(CanonicalJSONError) -> UInt32 {
        guard index + 6 <= input.count, input[index] == UInt8(ascii: "\\"), input[index + 1] == UInt8(ascii: "u")
        else { throw .notJSON(offset: index) }
        var unit: UInt32 = 0
        for digit in input[index + 2..<index + 6] {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
                UInt8(ascii: "A")...UInt8(ascii: "F"):
                unit = unit << 4 | UInt32(hexValue(digit))
            default: throw .notJSON(offset: index)
            }
        }
        index += 6
        return unit
    }

    private mutating func write(scalarOf first: UInt32, _ isPlain: inout Bool) throws(CanonicalJSONError) {
        var value = first
        if (0xD800..<0xDC00).contains(first) {
            let start = index
            guard index + 1 < input.count, input[index] == UInt8(ascii: "\\"), input[index + 1] == UInt8(ascii: "u")
            else { throw .notUnicode(offset: start) }
            let second = try codeUnit()
            guard (0xDC00..<0xE000).contains(second) else { throw .notUnicode(offset: start) }
            value = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw .notUnicode(offset: index) }
        if value < 0x20 || value == 0x22 || value == 0x5C {
            isPlain = false
            return writeEscape(UInt8(value))
        }
        if value >= 0x10000 { isPlain = false }
        for byte in String(scalar).utf8 { write(byte) }
    }

    private mutating func writeEscape(_ byte: UInt8) {
        write(UInt8(ascii: "\\"))
        switch byte {
        case 0x08: write(UInt8(ascii: "b"))
        case 0x09: write(UInt8(ascii: "t"))
        case 0x0A: write(UInt8(ascii: "n"))
        case 0x0C: write(UInt8(ascii: "f"))
        case 0x0D: write(UInt8(ascii: "r"))
        case 0x22, 0x5C: write(byte)
        default:
            write(UInt8(ascii: "u"))
            write(UInt8(ascii: "0"))
            write(UInt8(ascii: "0"))
            write(UInt8(ascii: "0") + byte >> 4)
            let low = byte & 15
            write(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }

    /// Copies one scalar beyond ASCII that is well-formed (Unicode, table 3-7).
    private mutating func multibyte(_ isPlain: inout Bool) throws(CanonicalJSONError) {
        let lead = input[index]
        let (count, second): (Int, ClosedRange<UInt8>)
        switch lead {
        case 0xC2...0xDF: (count, second) = (2, 0x80...0xBF)
        case 0xE0: (count, second) = (3, 0xA0...0xBF)
        case 0xED: (count, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (count, second) = (3, 0x80...0xBF)
        case 0xF0: (count, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (count, second) = (4, 0x80...0xBF)
        case 0xF4: (count, second) = (4, 0x80...0x8F)
        default: throw .notUnicode(offset: index)
        }
        guard index + count <= input.count, second.contains(input[index + 1]) else { throw .notUnicode(offset: index) }
        for place in 2..<count where input[index + place] & 0xC0 != 0x80 { throw .notUnicode(offset: index) }
        if count == 4 { isPlain = false }
        for _ in 0..<count { take() }
    }
}
