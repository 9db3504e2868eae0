import Application
import EventSourcing

extension Schemas {
    static let effects: [String: JSONValue] = [
        "System": object([
            "circuit": string, "system": string,
            "state": choice(
                ["closed", "open", "half_open"],
                "Closed: effects pass. Half open: one tries whether the system answers."),
            "failures": integer, "reason?": string, "changedAt?": time, "probeAt?": time, "throttledUntil?": time,
            "waiting": integer, "working": integer,
        ]),
        "SystemList": object(["items": ["type": "array", "items": reference("System")]]),
        "Effect": object([
            "id": string, "stream": string, "work": ["type": "object"],
            "state": choice(
                EffectRow.State.allCases.map(\.rawValue), "Held: due, and its system is not asked now."),
            "system": string, "circuit": string, "cluster?": string, "customer?": string, "createdAt": time,
            "dueAt": time, "endedAt?": time, "failures": integer, "forgiven": integer, "reason?": string,
            "worker?": string, "leaseUntil?": time,
        ]),
        "EffectList": object([
            "items": ["type": "array", "items": reference("Effect")],
            "parked": [
                "type": "array",
                "items": object(["stream": string, "version": integer, "position": position, "reason": string]),
            ],
        ]),
        "EffectHappening": object([
            "position": position, "at": time, "type": string, "actor": string, "attempt?": integer, "reason?": string,
        ]),
        "EffectStory": object([
            "effect": reference("Effect"), "event?": reference("EffectHappening"),
            "decision": ["type": "array", "items": reference("Effect")],
            "attempts": ["type": "array", "items": reference("EffectHappening")],
        ]),
    ]
}
