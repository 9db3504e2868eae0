import Application
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
                "moved?": [
                    "type": "array", "items": ["type": "string"],
                    "description": "What is otherwise than it was planned: a line each.",
                ],
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
            "generation?": integer, "digest": string, "definitionChanged": ["type": "boolean"], "position": position,
            "lag": integer, "eventsPerSecond?": ["type": "number"], "hasPrevious": ["type": "boolean"],
            "failure?": reference("ViewFailure"), "building?": reference("RebuildProgress"),
        ]),
        "ViewFailure": object(
            [
                "reason": string, "position?": position, "file?": string, "line?": integer, "statement?": string,
            ], description: "Why a view stands still, and where to look."),
        "RebuildProgress": object([
            "view": string, "generation": integer,
            "phase": choice(
                ["folding", "indexing", "catchingUp", "held", "failed", "served", "none"], "What is being done."),
            "done": integer, "total": integer, "eventsPerSecond?": ["type": "number"],
            "secondsLeft?": ["type": "number"],
            "position": position, "failure?": reference("ViewFailure"),
        ]),
        "DroppedGenerations": object(["dropped": integer]),
        "Subscription": object([
            "name": string, "kind": choice(["view", "process"], "What follows."), "position": position, "lag": integer,
            "holder?": string, "state": choice(["live", "catchingUp", "failed"], "How it is doing."),
            "failure?": object(["position?": position, "reason": string]),
        ]),
        "SubscriptionList": object(["items": ["type": "array", "items": reference("Subscription")]]),
        "Explanation": object(
            [
                "view": string, "key": string, "position": position, "row?": orNull(["type": "object"]),
                "steps": ["type": "array", "items": reference("ExplanationStep")], "withoutEffect": integer,
                "leadsToServedRow?": ["type": "boolean"],
            ], description: "The events that made a row, in order, each with what it changed."),
        "ExplanationStep": object([
            "kind": choice(["created", "changed", "removed"], "What the event did to the row."), "eventCount": integer,
            "event": object([
                "position": position, "stream": string, "streamVersion": integer, "id": string, "type": string,
                "recordedAt": time, "actor?": string, "actorName?": string, "correlation?": string,
            ]),
            "changes": ["type": "array", "items": object(["column": string, "before": [:], "after": [:]])],
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
        "GitHubMessage": ["type": "object", "description": "As GitHub documents it; read only after its signature."],
        "WebhookOutcome": object([
            "outcome": choice(WebhookOutcome.allCases.map(\.rawValue), "Whether the repository is looked through.")
        ]),
        "Health": object(["status": choice(["ok"], "The process answers.")]),
        "Readiness": object([
            "status": choice(
                ["ready", "degraded"],
                "Degraded: a subscription stands still, a view is not served yet, or the notary raised an alarm."),
            "position": position,
            "subscriptions": [
                "type": "array",
                "items": object([
                    "name": string,
                    "state": choice(
                        ["live", "catchingUp", "failed", "building"],
                        "How it is doing; building: it serves nothing yet."),
                    "lag": integer, "failedAt?": position,
                ]),
            ],
            "signed": position, "alarm": ["type": "boolean"], "parkedStreams": integer,
            "heldCircuits": [
                "type": "array", "items": string,
                "description": "Outside systems that are not asked now: see /api/v1/systems.",
            ],
        ]),
    ]
}
