import EventSourcing

/// One schema object, read once: what a value in this place must satisfy.
struct SchemaNode: Sendable {
    var types: [SchemaType] = []
    var allowedValues: [JSONValue]?
    /// Text of a `$ref`; the target is in the schema's definitions, so a schema may contain itself.
    var reference: String?
    var allOf: [SchemaNode] = []
    var anyOf: [SchemaNode] = []
    var oneOf: [SchemaNode] = []
    var defaultValue: JSONValue?

    var required: [String] = []
    var properties: [String: SchemaNode] = [:]
    var additionalProperties = AdditionalProperties.any
    var propertyCount = Bounds<Int>()

    /// No or one schema: an array only because a struct cannot hold itself.
    var items: [SchemaNode] = []
    var itemCount = Bounds<Int>()
    var uniqueItems = false

    var length = Bounds<Int>()
    var pattern: Pattern?
    var format: Format?

    var range = Bounds<Double>()
    var exclusiveRange = Bounds<Double>()
    var multipleOf: Double?
}

/// The names that `type` knows.
enum SchemaType: String, Sendable, CaseIterable {
    case null, boolean, integer, number, string, array, object

    func admits(_ value: JSONValue) -> Bool {
        switch (self, value) {
        case (.null, .null), (.boolean, .bool), (.integer, .integer), (.number, .integer), (.number, .number),
            (.string, .string), (.array, .array), (.object, .object):
            true
        case (.integer, .number(let number)): number == number.rounded()
        default: false
        }
    }

    var withArticle: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// What becomes of properties that the schema does not name.
enum AdditionalProperties: Sendable {
    case any
    case none
    indirect case each(SchemaNode)
}

/// A lower and an upper limit, either of which may be missing.
struct Bounds<Limit: Comparable & Sendable>: Sendable {
    var lower: Limit?
    var upper: Limit?
}
