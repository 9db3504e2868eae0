import EventSourcing

extension Schemas {
    static let log: [String: JSONValue] = [
        "Receipt": object(
            [
                "stream": string, "id": string,
                "version": ["type": "integer", "minimum": 0, "description": "The stream's version after the command."],
                "position": position,
                "repeated": [
                    "type": "boolean", "description": "Whether the same command with the same key had run before.",
                ],
            ], description: "What a command did."),
        "AuditEntry": object([
            "position": position, "recordedAt": time, "actor": string, "actorName": orNull(string), "roles": texts,
            "action": string, "category": string, "object": string, "customer": orNull(string),
            "deployment": orNull(string), "release": orNull(integer), "summary": string, "correlation": string,
            "causation": orNull(string), "source": string, "eventId": string, "streamVersion": integer,
        ]),
        "AuditPage": page("AuditEntry"),
        "EventMetadata": object([
            "actor": string, "actorName?": string, "roles": texts, "correlationID": string, "causationID?": string,
            "source": string,
        ]),
        "Event": object([
            "position": position, "stream": string, "streamVersion": integer, "id": string, "type": string,
            "schemaVersion": integer, "recordedAt": time, "metadata": reference("EventMetadata"),
            "payload": ["type": "object"],
        ]),
        "EventPage": page("Event"),
    ]

    static let operations: [String: JSONValue] = [
        "Problem": object(
            [
                "type": string, "title": string, "status": ["type": "integer"], "detail": string, "instance": string,
                "code": ["type": "string", "description": "Stable, for programs."],
                "retryable": ["type": "boolean", "description": "Whether the same request may succeed later."],
                "correlationID": string,
                "whatToDo": string,
                "errors?": ["type": "array", "items": reference("FieldError")],
            ], description: "Why a request did not do what it asked for (RFC 9457)."),
        "FieldError": object([
            "in": choice(FieldError.Part.allCases.map(\.rawValue), "The part of the request."),
            "path": ["type": "string", "description": "A JSON Pointer into the body, or / and the parameter's name."],
            "message": string,
        ]),
        "Caller": object([
            "subject": string, "username": string, "displayName?": string,
            "roles": ["type": "array", "items": choice(["viewer", "deployer", "admin"], "What the caller may do.")],
        ]),
        "ViewStatus": object([
            "view": string, "state": choice(["building", "live", "failed"], "How the view is doing."),
            "digest": string, "definitionChanged": ["type": "boolean"], "position": position, "lag": integer,
            "failure?": string, "buildingPosition?": integer,
        ]),
        "ViewStatusList": object(["items": ["type": "array", "items": reference("ViewStatus")]]),
        "Verification": object([
            "view": string, "digest": string, "position": position, "isEqual": ["type": "boolean"],
            "differenceCount": integer,
            "differences": [
                "type": "array",
                "items": object([
                    "table": string, "side": choice(["kept", "rebuilt"], "Served, or what the events say."),
                    "row": ["type": "object"],
                ]),
            ],
        ]),
        "Health": object(["status": choice(["ok"], "The process answers.")]),
        "Readiness": object([
            "status": choice(["ready", "degraded"], "Degraded: a view stands still or is being built."),
            "position": position,
            "views": [
                "type": "array",
                "items": object([
                    "view": string, "state": choice(["building", "live", "failed"], "How the view is doing."),
                    "lag": integer,
                ]),
            ],
        ]),
    ]
}
