import Domain
import EventSourcing

extension Schemas {
    private static let kind = choice(
        ResourceKind.allCases.map(\.rawValue), "What sort of thing it is: `folder` is one in the Git repository.")
    private static let id: JSONValue = [
        "type": "string", "description": "`<kind>:<name>`.", "examples": ["access_point:fsap-0123456789abcdef0"],
    ]

    static let orphans: [String: JSONValue] = [
        "OrphanReport": object([
            "orphans": ["type": "array", "items": reference("Orphan")],
            "missing": ["type": "array", "items": reference("MissingResource")],
            "unread": [
                "type": "array", "items": reference("UnreadResources"),
                "description": "What could not be asked: about this the report says nothing.",
            ],
            "position": position,
        ]),
        "Orphan": object([
            "id": id, "system": string, "kind": kind, "identity": string,
            "container": [
                "type": "string", "description": "File system, region, hosted zone, repository or project.",
            ],
            "deployment": ["type": "string", "description": "What it says about whose it is."],
            "customer?": string, "release?": integer,
            "finding": choice(OrphanFinding.allCases.map(\.rawValue), "Why nobody wants it."),
            "explanation": string,
            "holdsData": ["type": "boolean", "description": "Whether customers' data may be in it."],
        ]),
        "MissingResource": object([
            "id": id, "system": string, "kind": kind, "identity": string, "deployment": string, "release": integer,
        ]),
        "UnreadResources": object(["kind": kind, "reason": string]),
        "OrphanRemoval": object([
            "reason": reason,
            "withData?": [
                "type": "boolean", "default": false, "description": "Whether customers' data may go with it, for good.",
            ],
        ]),
        "OrphanRemovalState": object([
            "id": id, "state": choice(["removed", "removing"], "While it is `removing`, ask again."),
            "evidence": orNull(["type": "string", "description": "What was read that proves its absence."]),
            "observation": orNull(["type": "string", "description": "How far it is."]), "position": position,
        ]),
    ]
}
