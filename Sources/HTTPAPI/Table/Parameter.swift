import Application
import Domain
import EventSourcing

/// A value that a request has outside its body.
struct Parameter: Sendable {
    enum Place: String, Sendable {
        case path, query, header
    }

    let name: String
    let place: Place
    let description: String
    let schema: JSONValue
    var isRequired: Bool { place == .path }

    init(_ name: String, _ place: Place, _ description: String, _ schema: JSONValue) {
        self.name = name
        self.place = place
        self.description = description
        self.schema = schema
    }

    /// A text as the type that the schema asks for; as text where it does not have that type, so that the schema refuses it.
    func value(of text: String) -> JSONValue {
        switch schema["type"]?.string {
        case "integer": Int64(text).map { .integer($0) } ?? .string(text)
        case "boolean": text == "true" ? true : text == "false" ? false : .string(text)
        default: .string(text)
        }
    }
}

extension Parameter {
    static let idempotencyKey = Parameter(
        "Idempotency-Key", .header,
        "Chosen by you, new for every request that you mean: a repetition with the same key answers what the first one did.",
        ["type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"])

    static let ifMatch = Parameter(
        "If-Match", .header,
        "The version that you have seen, in quotation marks; the command is refused if somebody changed the thing since.",
        ["type": "string", "pattern": "^\"(0|[1-9][0-9]{0,15})\"$", "examples": ["\"3\""]])

    static let cursor = Parameter(
        "cursor", .query, "Where the last page ended: its `nextCursor`. The first page without.",
        ["type": "string", "minLength": 1, "maxLength": 1000])

    static let limit = Parameter(
        "limit", .query, "The most items of a page.",
        ["type": "integer", "minimum": 1, "maximum": 200, "default": 50])

    static let after = Parameter(
        "after", .query,
        "Waits, ten seconds at most, until the view has seen this position (`Deploycenter-Position` of your command).",
        ["type": "integer", "format": "int64", "minimum": 0])

    static let asOf = Parameter(
        "asOf", .query,
        "As of this moment of the past: a position of the log, or a time such as `2026-11-23T03:40:00Z`. A cursor stays at its moment.",
        ["type": "string", "minLength": 1, "maxLength": 40, "examples": ["4711", "2026-11-23T03:40:00Z"]])

    static let customer = name("customer", "The customer's id.", NamePattern.customer)
    static let cluster = name("cluster", "The cluster's name.", NamePattern.cluster)
    static let template = name("template", "The template's name.", NamePattern.template)
    static let version = name("version", "The template's version.", NamePattern.version)
    static let deployment = Parameter(
        "deployment", .path, "The deployment's id: `<customer>-<name>-<environment>`.",
        ["type": "string", "pattern": "^[a-z0-9-]{1,63}$", "examples": ["acme-shop-production"]])
    static let release = Parameter(
        "release", .path, "The release's number.", ["type": "integer", "minimum": 1, "maximum": 1_000_000])

    static func name(_ name: String, _ description: String, _ pattern: String) -> Parameter {
        Parameter(name, .path, description, ["type": "string", "pattern": .string(pattern)])
    }

    /// What the lists of a view can be narrowed by, without what the path says already.
    static func filters(of view: QueryView, except fixed: Set<String> = []) -> [Parameter] {
        view.filters.filter { !fixed.contains($0.name) }.map { filter in
            Parameter(filter.name, .query, "Only items of this `\(filter.name)`.", schema(of: filter, view))
        }
    }

    private static func schema(of filter: QueryFilter, _ view: QueryView) -> JSONValue {
        guard filter.parts.isEmpty else {
            let part = "(\(filter.parts.joined(separator: "|")))"
            return [
                "type": "string", "pattern": .string("^\(part)(,\(part))*$"), "maxLength": 200,
                "examples": [.string(filter.parts.suffix(2).joined(separator: ","))],
            ]
        }
        return switch (filter.kind, filter.name) {
        case (.integer, _): ["type": "integer", "format": "int64", "minimum": 0]
        case (.time, _): ["type": "string", "format": "date-time"]
        case (.text, "state"): Schemas.states(of: view)
        case (.text, "standing"): ["type": "string", "enum": ["waiting", "approved", "rejected", "deprecated"]]
        case (.text, "environment"):
            ["type": "string", "enum": .array(Environment.allCases.map { .string($0.rawValue) })]
        case (.text, "step"):
            [
                "type": "string",
                "enum": .array(
                    // The whole of a release has a row among its steps.
                    (view == .stepDurations ? ["release"] : []) + Step.allCases.map { .string($0.rawValue) }),
            ]
        case (.text, "action") where view == .deploymentTimeline:
            ["type": "string", "enum": ["do", "compensate", "remove"]]
        case (.text, _): ["type": "string", "minLength": 1, "maxLength": 200]
        }
    }
}
