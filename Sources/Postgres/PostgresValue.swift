/// A statement's parameter.
///
/// The server infers each parameter's type from the statement, as it does for literals, save for arrays and `timestamptz`.
package enum PostgresValue: Equatable, Sendable {
    case null
    case text(String)
    case int8(Int64)
    case bool(Bool)
    case bytea([UInt8])
    /// JSON text.
    case jsonb(String)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamptz(Int64)
    case uuid(String)
    case textArray([String?])
    case int8Array([Int64?])
    case array(PostgresArray)
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int64) { self = .int8(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }

    package static func text(_ value: String?) -> PostgresValue { value.map { .text($0) } ?? .null }
    package static func int8(_ value: Int64?) -> PostgresValue { value.map { .int8($0) } ?? .null }
    package static func jsonb(_ value: String?) -> PostgresValue { value.map { .jsonb($0) } ?? .null }
    package static func timestamptz(_ value: Int64?) -> PostgresValue { value.map { .timestamptz($0) } ?? .null }
}

/// A parameter as the wire carries it; `bytes` is nil for NULL.
struct WireParameter {
    /// Postgres's object id of the type; 0 lets the server infer it.
    let type: UInt32
    let isBinary: Bool
    let bytes: [UInt8]?

    /// Postgres keeps no U+0000 in text, and a C string would silently end there.
    var holdsNUL: Bool { !isBinary && bytes?.dropLast().contains(0) == true }
}

extension PostgresValue {
    /// Microseconds from 1970 to 2000-01-01T00:00:00Z, where Postgres's binary times begin.
    private static let epochMicroseconds: Int64 = 946_684_800_000_000

    var wire: WireParameter {
        switch self {
        case .null: WireParameter(type: 0, isBinary: false, bytes: nil)
        case .text(let value), .jsonb(let value), .uuid(let value): Self.inferred(value)
        case .int8(let value): Self.inferred(String(value))
        case .bool(let value): Self.inferred(value ? "t" : "f")
        case .bytea(let value): WireParameter(type: 0, isBinary: true, bytes: value)
        case .timestamptz(let value):
            WireParameter(
                type: 1184, isBinary: true,
                bytes: withUnsafeBytes(of: (value - Self.epochMicroseconds).bigEndian) { Array($0) })
        case .textArray(let values):
            values.reduce(into: PostgresArray(.text)) { array, value in array.append(value) }.wire
        case .int8Array(let values):
            values.reduce(into: PostgresArray(.int8)) { array, value in array.append(value) }.wire
        case .array(let array): array.wire
        }
    }

    /// libpq takes text parameters as C strings.
    private static func inferred(_ text: String) -> WireParameter {
        WireParameter(type: 0, isBinary: false, bytes: Array(text.utf8) + [0])
    }
}
