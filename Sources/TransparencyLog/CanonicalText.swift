/// Takes a text that is known to be canonical JSON apart; without spaces and with one spelling of each value, a scan does.
struct CanonicalText {
    let bytes: ArraySlice<UInt8>

    /// Of any JSON text.
    init(json: [UInt8]) throws(CanonicalJSONError) { bytes = try CanonicalJSON.bytes(ofJSON: json)[...] }

    private init(part: ArraySlice<UInt8>) { bytes = part }

    /// By name, for objects whose names are known. Nil unless it is an object.
    var members: [String: CanonicalText]? {
        guard let pairs else { return nil }
        let members = Dictionary(pairs.map { (String(decoding: $0.name, as: UTF8.self), $0.value) }) { first, _ in first
        }
        // Two names that Swift takes for one, being only normalized differently, are none that is known.
        return members.count == pairs.count ? members : nil
    }

    /// Nil unless it is an object.
    var pairs: [(name: [UInt8], value: CanonicalText)]? {
        guard bytes.first == UInt8(ascii: "{") else { return nil }
        var pairs: [(name: [UInt8], value: CanonicalText)] = []
        var rest = bytes.dropFirst()
        while rest.first == UInt8(ascii: "\"") {
            let name = Self.takeValue(&rest).dropFirst().dropLast()
            rest.removeFirst()  // The colon.
            pairs.append((unescapedBytes(name), CanonicalText(part: Self.takeValue(&rest))))
            rest.removeFirst()  // The comma, or the end.
        }
        return pairs
    }

    /// Nil unless it is an array.
    var elements: [CanonicalText]? {
        guard bytes.first == UInt8(ascii: "[") else { return nil }
        var elements: [CanonicalText] = []
        var rest = bytes.dropFirst()
        while rest.count > 1 {
            elements.append(CanonicalText(part: Self.takeValue(&rest)))
            rest.removeFirst()
        }
        return elements
    }

    /// Nil unless it is a string.
    var string: String? {
        bytes.first == UInt8(ascii: "\"")
            ? String(decoding: unescapedBytes(bytes.dropFirst().dropLast()), as: UTF8.self) : nil
    }

    /// Nil unless it is a whole number of at most fifteen digits, which every JSON reader takes alike.
    var integer: Int64? {
        bytes.count <= 15 ? Int64(String(decoding: bytes, as: UTF8.self)) : nil
    }

    private static func takeValue(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let start = rest.startIndex
        var index = start
        var depth = 0
        var isInString = false
        while index < rest.endIndex {
            let byte = rest[index]
            if isInString {
                if byte == UInt8(ascii: "\\") { index += 1 }
                if byte == UInt8(ascii: "\"") { isInString = false }
            } else if byte == UInt8(ascii: "\"") {
                isInString = true
            } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
                depth += 1
            } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
                if depth == 0 { break }
                depth -= 1
            } else if depth == 0, byte == UInt8(ascii: ",") || byte == UInt8(ascii: ":") {
                break
            }
            index += 1
        }
        defer { rest = rest[index...] }
        return rest[start..<index]
    }
}

/// Undoes the escapes of a canonical string, of which there are few.
func unescapedBytes(_ escaped: some RandomAccessCollection<UInt8>) -> [UInt8] {
    var plain: [UInt8] = []
    plain.reserveCapacity(escaped.count)
    var rest = escaped.makeIterator()
    while let byte = rest.next() {
        guard byte == UInt8(ascii: "\\"), let letter = rest.next() else {
            plain.append(byte)
            continue
        }
        switch letter {
        case UInt8(ascii: "b"): plain.append(0x08)
        case UInt8(ascii: "t"): plain.append(0x09)
        case UInt8(ascii: "n"): plain.append(0x0A)
        case UInt8(ascii: "f"): plain.append(0x0C)
        case UInt8(ascii: "r"): plain.append(0x0D)
        case UInt8(ascii: "u"):  // Below 0x20: two zeros, then the byte.
            let digits = (0..<4).compactMap { _ in rest.next() }
            if digits.count == 4 { plain.append(hexValue(digits[2]) << 4 | hexValue(digits[3])) }
        default: plain.append(letter)
        }
    }
    return plain
}
