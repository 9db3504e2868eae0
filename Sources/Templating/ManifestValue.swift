import EventSourcing

/// A finished value: JSON whose maps keep the order of the source. Nothing in it is an expression any more.
enum ManifestValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case list([ManifestValue])
    case map([Member])

    /// One entry of a map.
    struct Member: Equatable, Sendable {
        let key: String
        let value: ManifestValue
    }

    subscript(key: String) -> ManifestValue? {
        guard case .map(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    var string: String? {
        if case .string(let text) = self { text } else { nil }
    }
}

extension ManifestValue {
    /// JSON maps have no order of their own: keys are sorted.
    init(_ json: JSONValue) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .number(let value): self = .number(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .list(elements.map(ManifestValue.init))
        case .object(let members):
            self = .map(
                members.sorted { $0.key < $1.key }.map { Member(key: $0.key, value: ManifestValue($0.value)) })
        }
    }

    var json: JSONValue {
        switch self {
        case .null: .null
        case .bool(let value): .bool(value)
        case .integer(let value): .integer(value)
        case .number(let value): .number(value)
        case .string(let value): .string(value)
        case .list(let elements): .array(elements.map(\.json))
        case .map(let members):
            .object(Dictionary(members.map { ($0.key, $0.value.json) }, uniquingKeysWith: { _, last in last }))
        }
    }
}
