import Application
import Domain
import EventSourcing

extension Schemas {
    private static let expectation = object([
        "p50Seconds?": ["type": "number"], "p95Seconds?": ["type": "number"],
        "count": integer,
        "basis": choice(["template", "all", "none"], "Whose history: this template's, or that of all."),
    ])
    private static let change = choice(["create", "change", "remove", "keep"], "What would become of it.")

    static let plans: [String: JSONValue] = [
        "DeploymentPlan": object([
            "digest": pattern(
                NamePattern.plan, "Names all that the plan rests on: send it as `plan` with the request."),
            "plannedAt": time, "expiresAt": time, "deployment": string, "release": integer, "action": string,
            "template": string, "templateVersion": string, "domain?": string,
            "cluster": object([
                "id": string, "region": string, "destination": string,
                "rule": choice(
                    ["request", "customerRoute", "deployment"],
                    "Why there: the request names it, the customer is routed there, or the deployment is there already."
                ),
            ]),
            "git": object(["repository": string, "branch": string, "head": string, "folder": string]),
            "files": [
                "type": "array",
                "items": object([
                    "path": string, "change": change,
                    "diff": ["type": "string", "description": "Unified, against `git.head`."],
                ]),
            ],
            "resources": [
                "type": "array",
                "items": object(["kind": string, "name?": string, "change": change, "note?": string]),
            ],
            "steps": [
                "type": "array",
                "items": object(["step": string, "undoes": ["type": "boolean"], "expected": expectation]),
            ],
            "expected": expectation,
            "approval?": object([
                "rule": ["type": "string", "description": "The part of the policy that asks for it."],
                "validSeconds": integer,
            ]),
            "warnings": texts,
        ])
    ]
}
