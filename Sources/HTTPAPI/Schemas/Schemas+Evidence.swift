import EventSourcing

extension Schemas {
    private static let hex: JSONValue = [
        "type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256, in hex.",
    ]
    private static let hexes: JSONValue = ["type": "array", "items": hex]

    static let evidence: [String: JSONValue] = [
        "Checkpoint": object(
            ["treeSize": integer, "root": hex, "note": string], description: "A signed note (C2SP tlog-checkpoint)."),
        "CheckpointList": object(["items": ["type": "array", "items": reference("Checkpoint")]]),
        "InclusionProof": object([
            "position": position, "treeSize": integer,
            "entry": [
                "type": "string",
                "description": "The event's canonical envelope; its hash behind a zero byte is the leaf.",
            ],
            "leafHash": hex, "path": hexes, "root": hex, "checkpoint?": string,
        ]),
        "ConsistencyProof": object(["from": integer, "to": integer, "fromRoot": hex, "toRoot": hex, "path": hexes]),
        "LogKeys": object(["keys": texts]),
        "LogStatus": object([
            "treeSize": integer, "head": integer, "signedAt?": time, "alarm?": reference("AuditFinding"),
            "witnessed": ["type": "object", "additionalProperties": integer],
        ]),
        "AuditFinding": object(["kind": string, "position": position, "detail": string]),
        "Subject": object([
            "name": string, "since": time, "forgottenAt?": time, "key?": string, "destroyedKeys": texts,
        ]),
        "SubjectPage": object([
            "items": ["type": "array", "items": reference("Subject")],
            "nextCursor": orNull([
                "type": "string", "description": "Send it as `cursor` for the next page; null on the last.",
            ]),
        ]),
    ]
}
