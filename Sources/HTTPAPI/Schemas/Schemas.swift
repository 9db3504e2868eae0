import Application
import EventSourcing

/// The shapes of bodies and answers by name: what the document shows and what bodies are checked by.
enum Schemas {
    static let named: [String: JSONValue] = [
        customers, clusters, templates, deployments, plans, log, evidence, questions, effects, stuck,
        operations, orphans,
    ].reduce(
        into: [:]
    ) { all, part in all.merge(part) { _, _ in preconditionFailure("two schemas have one name") } }

    static func reference(_ name: String) -> JSONValue { ["$ref": "#/components/schemas/\(name)"] }

    /// An object that has no members but these; a name with a question mark need not be there.
    static func object(_ members: KeyValuePairs<String, JSONValue>, description: String? = nil) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        var required: [JSONValue] = []
        for (name, schema) in members {
            if name.hasSuffix("?") {
                properties[String(name.dropLast())] = schema
            } else {
                properties[name] = schema
                required.append(.string(name))
            }
        }
        var result: [String: JSONValue] = [
            "type": "object", "additionalProperties": false, "properties": .object(properties),
        ]
        if !required.isEmpty { result["required"] = .array(required) }
        if let description { result["description"] = .string(description) }
        return .object(result)
    }

    /// A page of items.
    static func page(_ item: String) -> JSONValue {
        object([
            "items": ["type": "array", "items": reference(item)],
            "nextCursor": orNull([
                "type": "string", "description": "Send it as `cursor` for the next page; null on the last.",
            ]),
            "position": position,
        ])
    }

    static func text(_ description: String, max: Int64 = 200) -> JSONValue {
        ["type": "string", "minLength": 1, "maxLength": .integer(max), "description": .string(description)]
    }

    static func pattern(_ pattern: String, _ description: String) -> JSONValue {
        ["type": "string", "pattern": .string(pattern), "description": .string(description)]
    }

    static func choice(_ values: [String], _ description: String) -> JSONValue {
        ["type": "string", "enum": .array(values.map { .string($0) }), "description": .string(description)]
    }

    /// What answers say may be null.
    static func orNull(_ schema: JSONValue) -> JSONValue {
        guard var members = schema.object, let type = members["type"] else {
            return ["anyOf": [schema, ["type": "null"]]]
        }
        members["type"] = [type, "null"]
        if let values = members["enum"]?.array { members["enum"] = .array(values + [.null]) }
        return .object(members)
    }

    static let string: JSONValue = ["type": "string"]
    static let integer: JSONValue = ["type": "integer", "format": "int64"]
    static let time: JSONValue = ["type": "string", "format": "date-time"]
    static let texts: JSONValue = ["type": "array", "items": ["type": "string"]]
    static let position: JSONValue = [
        "type": "integer", "format": "int64", "minimum": 0,
        "description": "A place in the log: every event up to it is included.",
    ]
    static let reason = text("Why, for the log and for those who ask later.", max: 500)

    static func states(of view: QueryView) -> JSONValue {
        switch view {
        case .customers: choice(["active", "suspended", "removed"], "Suspended customers may not deploy.")
        case .clusters: choice(["open", "cordoned", "retired"], "Only an open cluster takes new deployments.")
        case .deploymentStatus:
            choice(
                [
                    "awaiting_approval", "rejected", "approval_expired", "approval_withdrawn", "requested",
                    "provisioning", "held", "live", "compensating", "failed", "cancelled",
                    "compensation_incomplete", "decommissioning", "decommission_incomplete", "decommissioned",
                ], "Where the deployment stands.")
        case .deploymentTimeline:
            choice(
                ["running", "succeeded", "failed", "abandoned", "undoing", "undone", "undo_failed"],
                "How the step is doing.")
        case .resourceInventory:
            choice(
                ["present", "kept", "removing", "removal_failed", "removed", "replaced"],
                "Whether the thing is still there.")
        case .templateCatalog, .auditTrail, .approvalsWaiting, .stepDurations, .customerHistory, .templateUsage: string
        }
    }
}
