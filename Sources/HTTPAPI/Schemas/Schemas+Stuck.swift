import Application
import EventSourcing

extension Schemas {
    static let stuck: [String: JSONValue] = [
        "Remainder": object(
            [
                "step": string, "what": string, "system": string, "ask": string,
            ], description: "Something that had to go and is still there, or may be, and who is asked about it."),
        "NextAction": object(
            [
                "operation": string, "method": string, "path": string, "purpose": string,
            ], description: "What can be done about the deployment as it is."),
        "StuckDeployment": object([
            "deployment": string, "release?": integer,
            "kind": choice(StuckDeployment.Kind.allCases.map(\.rawValue), "What keeps it."),
            "since": time, "sentence": string, "effect?": string,
            "remains": ["type": "array", "items": reference("Remainder")],
            "actions": ["type": "array", "items": reference("NextAction")],
        ]),
        "StuckList": object(["items": ["type": "array", "items": reference("StuckDeployment")]]),
    ]
}
