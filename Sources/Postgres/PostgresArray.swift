/// An array parameter in the form in which the server reads it at once, put together piece by piece.
///
/// Pieces can be made by those who know them and joined by who sends them.
package struct PostgresArray: Equatable, Sendable {
    /// The type of the elements, by Postgres's object id.
    package enum Element: UInt32, Sendable {
        case bytea = 17
        case int8 = 20
        case text = 25
        case uuid = 2950

        var arrayType: UInt32 {
            switch self {
            case .bytea: 1001
            case .int8: 1016
            case .text: 1009
            case .uuid: 2951
            }
        }
    }

    package let element: Element
    package private(set) var count = 0
    private var holdsNull = false
    /// Each element's length and bytes.
    private var bytes: [UInt8] = []

    package init(_ element: Element) { self.element = element }

    package mutating func append(_ value: Int64) {
        precondition(element == .int8, "Integers go into an array of integers")
        count += 1
        append(big: 8)
        withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func append(_ value: String) {
        precondition(element == .text, "Text goes into an array of text")
        count += 1
        append(big: Int32(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    package mutating func append(_ value: [UInt8]) {
        precondition(element == .bytea, "Bytes go into an array of bytes")
        count += 1
        append(big: Int32(value.count))
        bytes.append(contentsOf: value)
    }

    /// Appends 32 hexadecimal digits, with or without hyphens; false if they are not a UUID.
    package mutating func append(uuid text: String) -> Bool {
        precondition(element == .uuid, "A UUID goes into an array of UUIDs")
        var halves: [UInt8] = []
        halves.reserveCapacity(32)
        for character in text.utf8 where character != UInt8(ascii: "-") {
            guard let value = WireText.nibble(character) ?? WireText.nibble(character | 0x20) else { return false }
            halves.append(value)
        }
        guard halves.count == 32 else { return false }
        count += 1
        append(big: 16)
        for index in stride(from: 0, to: 32, by: 2) { bytes.append(halves[index] << 4 | halves[index + 1]) }
        return true
    }

    package mutating func appendNull() {
        count += 1
        holdsNull = true
        append(big: -1)
    }

    package mutating func append(_ value: String?) {
        if let value { append(value) } else { appendNull() }
    }

    package mutating func append(_ value: Int64?) {
        if let value { append(value) } else { appendNull() }
    }

    package mutating func append(contentsOf other: PostgresArray) {
        precondition(element == other.element, "Arrays of one type only can be joined")
        count += other.count
        holdsNull = holdsNull || other.holdsNull
        bytes.append(contentsOf: other.bytes)
    }

    var wire: WireParameter {
        var header = PostgresArray(element)
        if count == 0 {
            for number: Int32 in [0, 0, Int32(element.rawValue)] { header.append(big: number) }
        } else {
            header.bytes.reserveCapacity(20 + bytes.count)
            // One dimension that counts from 1.
            for number: Int32 in [1, holdsNull ? 1 : 0, Int32(element.rawValue), Int32(count), 1] {
                header.append(big: number)
            }
        }
        return WireParameter(type: element.arrayType, isBinary: true, bytes: header.bytes + bytes)
    }

    private mutating func append(big number: Int32) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
