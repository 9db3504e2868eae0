import EventSourcing

extension SchemaReader {
    /// Keywords that tell people something and bind nobody. `secret` marks a parameter that names an entry of a secret store.
    private static let annotations: Set<String> = [
        "title", "description", "examples", "example", "secret", "readOnly", "writeOnly", "deprecated", "$schema",
        "$id",
        "$comment", "$defs",
    ]

    mutating func read(_ keyword: String, _ value: JSONValue, into node: inout SchemaNode, at place: Pointer) {
        switch keyword {
        case "type": node.types = types(value, at: place)
        case "enum": node.allowedValues = values(value, at: place)
        case "const": node.allowedValues = [value]
        case "default": node.defaultValue = value
        case "$ref": node.reference = text(value, at: place).map { reference($0, at: place) }
        case "allOf": node.allOf = nodes(value, at: place)
        case "anyOf": node.anyOf = nodes(value, at: place)
        case "oneOf": node.oneOf = nodes(value, at: place)
        default: readLimit(keyword, value, into: &node, at: place)
        }
    }

    private mutating func readLimit(
        _ keyword: String, _ value: JSONValue, into node: inout SchemaNode, at place: Pointer
    ) {
        switch keyword {
        case "minLength": node.length.lower = count(value, at: place)
        case "maxLength": node.length.upper = count(value, at: place)
        case "pattern": node.pattern = pattern(value, at: place)
        case "format": node.format = format(value, at: place)
        case "minimum": node.range.lower = number(value, at: place)
        case "maximum": node.range.upper = number(value, at: place)
        case "exclusiveMinimum": node.exclusiveRange.lower = number(value, at: place)
        case "exclusiveMaximum": node.exclusiveRange.upper = number(value, at: place)
        case "multipleOf": node.multipleOf = divisor(value, at: place)
        default: readShape(keyword, value, into: &node, at: place)
        }
    }

    private mutating func readShape(
        _ keyword: String, _ value: JSONValue, into node: inout SchemaNode, at place: Pointer
    ) {
        switch keyword {
        case "required": node.required = names(value, at: place)
        case "properties": node.properties = properties(value, at: place)
        case "additionalProperties": node.additionalProperties = additional(value, at: place)
        case "minProperties": node.propertyCount.lower = count(value, at: place)
        case "maxProperties": node.propertyCount.upper = count(value, at: place)
        case "items": node.items = [self.node(value, at: place)]
        case "minItems": node.itemCount.lower = count(value, at: place)
        case "maxItems": node.itemCount.upper = count(value, at: place)
        case "uniqueItems": node.uniqueItems = flag(value, at: place)
        default:
            if Self.annotations.contains(keyword) || keyword.hasPrefix("x-") { return }
            report(place, "The keyword `\(keyword)` is not supported: remove it or name it `x-\(keyword)`.")
        }
    }

    private mutating func types(_ value: JSONValue, at place: Pointer) -> [SchemaType] {
        let names = value.array ?? [value]
        let types = names.compactMap { $0.string.flatMap(SchemaType.init(rawValue:)) }
        if types.count != names.count || types.isEmpty {
            report(place, "Use one or more of \(SchemaType.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return types
    }

    private mutating func values(_ value: JSONValue, at place: Pointer) -> [JSONValue]? {
        if let values = value.array, !values.isEmpty { return values }
        report(place, "Give a list of at least one value.")
        return nil
    }

    private mutating func nodes(_ value: JSONValue, at place: Pointer) -> [SchemaNode] {
        (values(value, at: place) ?? []).enumerated().map { node($1, at: place.child($0)) }
    }

    private mutating func properties(_ value: JSONValue, at place: Pointer) -> [String: SchemaNode] {
        guard let members = value.object else {
            report(place, "Give an object of schemas.")
            return [:]
        }
        return Dictionary(
            uniqueKeysWithValues: members.sorted { $0.key < $1.key }.map { ($0, node($1, at: place.child($0))) })
    }

    private mutating func additional(_ value: JSONValue, at place: Pointer) -> AdditionalProperties {
        switch value {
        case .bool(true): .any
        case .bool(false): .none
        default: .each(node(value, at: place))
        }
    }

    private mutating func names(_ value: JSONValue, at place: Pointer) -> [String] {
        let names = value.array?.compactMap(\.string)
        if let names, names.count == value.array?.count { return names }
        report(place, "Give a list of texts.")
        return []
    }

    private mutating func text(_ value: JSONValue, at place: Pointer) -> String? {
        if let text = value.string { return text }
        report(place, "Give a text.")
        return nil
    }

    private mutating func flag(_ value: JSONValue, at place: Pointer) -> Bool {
        if let flag = value.bool { return flag }
        report(place, "Give true or false.")
        return false
    }

    private mutating func count(_ value: JSONValue, at place: Pointer) -> Int? {
        if let count = value.integer.flatMap(Int.init(exactly:)), count >= 0 { return count }
        report(place, "Give a whole number of at least 0.")
        return nil
    }

    private mutating func number(_ value: JSONValue, at place: Pointer) -> Double? {
        if let number = value.double { return number }
        report(place, "Give a number.")
        return nil
    }

    private mutating func divisor(_ value: JSONValue, at place: Pointer) -> Double? {
        if let number = value.double, number > 0 { return number }
        report(place, "Give a number above 0.")
        return nil
    }

    private mutating func pattern(_ value: JSONValue, at place: Pointer) -> Pattern? {
        guard let text = text(value, at: place) else { return nil }
        do {
            return try Pattern(text)
        } catch {
            report(place, "The pattern cannot be read: \(error.reason)")
            return nil
        }
    }

    private mutating func format(_ value: JSONValue, at place: Pointer) -> Format? {
        guard let name = text(value, at: place) else { return nil }
        if Format.annotations.contains(name) { return nil }
        if let format = Format(rawValue: name) { return format }
        let known = Format.allCases.map(\.rawValue).joined(separator: ", ")
        report(place, "The format `\(name)` is not supported; use \(known), or a `pattern`.")
        return nil
    }
}

extension JSONValue {
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
}
