import Application
import EventSourcing

extension Schemas {
    private static let boolean: JSONValue = ["type": "boolean"]
    private static let seconds: JSONValue = orNull(["type": "number", "description": "Seconds."])

    static let questions: [String: JSONValue] = [
        "Approval": object([
            "kind": choice(["template_version", "deployment"], "A template's version, or a release of a deployment."),
            "subject": string, "template": string, "version": string, "title": string,
            "description": orNull(string),
            "digest": ["type": "string", "description": "Of a version's files, or of a release's plan."],
            "release": orNull(integer), "customer": orNull(string), "environment": orNull(string),
            "cluster": orNull(string), "rule": orNull(string), "expiresAt": orNull(time), "requestedBy": string,
            "requestedAt": time,
            "basisVersion": orNull(string), "basisApprovedBy": orNull(string), "basisApprovedAt": orNull(time),
            "changes": [
                "type": "array", "description": "Against the approved version that it follows.",
                "items": object([
                    "path": string, "change": choice(["added", "removed", "changed"], "What happened to the file."),
                    "linesAdded": integer, "linesRemoved": integer,
                ]),
            ],
            "streamVersion": integer, "position": position,
        ]),
        "ApprovalPage": page("Approval"),
        "StepDuration": object([
            "key": string, "step": string, "cluster": orNull(string), "template": orNull(string),
            "templateVersion": orNull(string), "count": integer, "p50Seconds": seconds, "p95Seconds": seconds,
            "maxSeconds": seconds, "meanSeconds": seconds, "failures": integer, "abandoned": integer,
            "attempts": integer,
            "firstAt": time, "lastAt": time, "position": position,
        ]),
        "StepDurationPage": page("StepDuration"),
        "Resource": object([
            "deployment": string, "kind": string, "identity": string, "state": states(of: .resourceInventory),
            "isThere": boolean, "customer": string, "environment": string, "cluster": string, "region": orNull(string),
            "release": integer, "requestedBy": orNull(string), "purpose": orNull(string), "wasAdopted": orNull(boolean),
            "madeAt": time, "confirmedAt": orNull(time), "confirmedRelease": orNull(integer), "removedAt": orNull(time),
            "evidence": orNull(string), "removalProblem": orNull(string), "details": orNull(["type": "object"]),
            "updatedAt": time, "streamVersion": integer, "position": position,
        ]),
        "ResourcePage": page("Resource"),
        "Milestone": object([
            "position": position, "recordedAt": time, "customer": string, "kind": string, "milestone": string,
            "deployment": orNull(string), "release": orNull(integer), "summary": string, "seconds": seconds,
            "actor": string, "streamVersion": integer,
        ]),
        "MilestonePage": page("Milestone"),
        "TemplateUsage": object([
            "template": string, "version": string, "title": orNull(string), "standing": orNull(string),
            "liveCount": integer, "comingCount": integer,
            "liveByEnvironment": ["type": "object", "additionalProperties": integer], "customers": texts,
            "deployments": [
                "type": "array",
                "items": object([
                    "deployment": string, "customer": string, "customerName": string, "environment": string,
                    "cluster": string, "release": orNull(integer), "liveSince": orNull(time),
                    "comingRelease": orNull(integer),
                ]),
            ],
            "streamVersion": orNull(integer), "position": position,
        ]),
        "TemplateUsagePage": page("TemplateUsage"),
        "ReplayEntry": object([
            "position": position, "stream": string, "streamVersion": integer, "id": string, "type": string,
            "schemaVersion": integer, "recordedAt": time, "metadata": reference("EventMetadata"), "payload": [:],
            "state": ["description": "The stream's state after the event."],
            "changes": [
                "type": "array",
                "items": object([
                    "path": ["type": "string", "description": "A JSON Pointer into the state."], "before?": [:],
                    "after?": [:],
                ]),
            ],
        ]),
        "ReplayPage": object([
            "items": ["type": "array", "items": reference("ReplayEntry")],
            "nextCursor": orNull([
                "type": "string", "description": "Send it as `cursor` for the next page; null on the last.",
            ]),
        ]),
    ]
}
