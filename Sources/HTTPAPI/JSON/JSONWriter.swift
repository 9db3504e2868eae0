package import EventSourcing

/// Writes answers as JSON bytes; rows and payloads that are JSON text already go in as they are.
package struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    /// Keys are sorted, so that equal values give equal bytes.
    package static func write(_ value: JSONValue) -> [UInt8] {
        var writer = JSONWriter()
        writer.append(value)
        return writer.bytes
    }

    mutating func append(_ value: JSONValue) {
        switch value {
        case .null: raw("null")
        case .bool(let value): raw(value ? "true" : "false")
        case .integer(let value): raw(String(value))
        case .number(let value): raw(value.isFinite ? "\(value)" : "null")
        case .string(let value): append(value)
        case .array(let elements): list(elements) { $0.append($1) }
        case .object(let members):
            object(members.sorted { $0.key < $1.key }) { writer, member in
                writer.append(member.value)
            } key: {
                $0.key
            }
        }
    }

    /// An object in the given order.
    mutating func append(members: [(String, Part)]) {
        object(members) { writer, member in
            switch member.1 {
            case .value(let value): writer.append(value)
            case .text(let json): writer.raw(json)
            case .texts(let rows): writer.list(rows) { $0.raw($1) }
            }
        } key: {
            $0.0
        }
    }

    /// What a member of an object can be.
    enum Part {
        case value(JSONValue)
        /// JSON already.
        case text(String)
        /// A list of what is JSON already.
        case texts([String])
    }

    private mutating func object<Member>(
        _ members: [Member], _ write: (inout JSONWriter, Member) -> Void, key: (Member) -> String
    ) {
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in members.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            append(key(member))
            bytes.append(UInt8(ascii: ":"))
            write(&self, member)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    private mutating func list<Element>(_ elements: [Element], _ write: (inout JSONWriter, Element) -> Void) {
        bytes.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(&self, element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    private mutating func raw(_ text: String) { bytes += text.utf8 }

    private mutating func append(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): raw("\\\"")
            case UInt8(ascii: "\\"): raw("\\\\")
            case UInt8(ascii: "\n"): raw("\\n")
            case UInt8(ascii: "\r"): raw("\\r")
            case UInt8(ascii: "\t"): raw("\\t")
            case 0..<0x20: raw("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))")
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
