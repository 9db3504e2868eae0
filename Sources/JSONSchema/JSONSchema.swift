package import EventSourcing

/// A JSON Schema 2020-12 document, checked and made ready to judge values; the subset that forms and request bodies need.
///
/// Keywords: `type` `enum` `const` `required` `properties` `additionalProperties` `minProperties` `maxProperties` `items`
/// `minItems` `maxItems` `uniqueItems` `minLength` `maxLength` `pattern` `minimum` `maximum` `exclusiveMinimum`
/// `exclusiveMaximum` `multipleOf` `format` `default` `$ref` `$defs` `allOf` `anyOf` `oneOf`, and annotations. Any other
/// keyword is refused: a limit that nobody enforces is worse than none.
package struct JSONSchema: Sendable {
    let root: SchemaNode
    /// What each `$ref` leads to, by its text.
    let definitions: [String: SchemaNode]

    /// Refuses a schema that this validator would not enforce wholly, with all the reasons.
    ///
    /// - Parameter whole: where `$ref` looks things up, such as an OpenAPI document; the schema itself where nil.
    package init(_ schema: JSONValue, within whole: JSONValue? = nil) throws(JSONSchemaError) {
        var reader = SchemaReader(whole: whole ?? schema)
        root = reader.read(schema)
        definitions = reader.definitions
        let problems = reader.problems
        if !problems.isEmpty { throw JSONSchemaError(problems: problems) }
    }

    /// Everything that is wrong with `value`, in the order of its keys; empty where it is valid.
    package func validate(_ value: JSONValue) -> [Violation] {
        var check = Check(definitions: definitions)
        check.check(value, against: root, at: Pointer())
        return check.violations
    }

    /// `value` with every missing property that has a `default` filled in; nothing that is there changes.
    package func applyingDefaults(to value: JSONValue) -> JSONValue {
        fill(value, from: root, depth: 0)
    }

    /// A default may lead to a schema that has a default again; deeper than this it can only be a circle.
    private static let depthMax = 64

    private func fill(_ value: JSONValue, from node: SchemaNode, depth: Int) -> JSONValue {
        guard depth < Self.depthMax else { return value }
        var value = value
        for part in node.allOf + [node.reference.flatMap { definitions[$0] }].compactMap(\.self) {
            value = fill(value, from: part, depth: depth + 1)
        }
        switch value {
        case .object(var members):
            for (name, property) in node.properties {
                guard let known = members[name] ?? defaultValue(of: property, depth: depth) else { continue }
                members[name] = fill(known, from: property, depth: depth + 1)
            }
            return .object(members)
        case .array(let elements):
            guard let item = node.items.first else { return value }
            return .array(elements.map { fill($0, from: item, depth: depth + 1) })
        default:
            return value
        }
    }

    private func defaultValue(of node: SchemaNode, depth: Int) -> JSONValue? {
        if let value = node.defaultValue { return value }
        guard depth < Self.depthMax, let target = node.reference.flatMap({ definitions[$0] }) else { return nil }
        return defaultValue(of: target, depth: depth + 1)
    }
}
