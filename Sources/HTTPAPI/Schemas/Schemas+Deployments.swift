import Application
import Domain
import EventSourcing

extension Schemas {
    private static let size = choice(Size.allCases.map(\.rawValue), "How much the deployment gets.")
    private static let environment = choice(
        Environment.allCases.map(\.rawValue), "Which data it holds and who may see it.")
    private static let parameters: JSONValue = [
        "type": "object", "maxProperties": 200,
        "description": "Under the template's own schema; what is left out takes its default.",
    ]
    private static let supersede: JSONValue = [
        "type": "boolean",
        "description": "Whether this takes the place of a release that is requested but has not begun any step.",
    ]
    private static let onFailure = choice(
        OnFailure.allCases.map(\.rawValue),
        "What becomes of what the release made if it fails: `keep` holds it, so that a retry goes on where it failed.")
    private static let anything: JSONValue = ["type": "object"]
    private static let seconds: JSONValue = ["type": "number", "minimum": 0]
    private static let boolean: JSONValue = ["type": "boolean"]
    private static let plan = pattern(
        NamePattern.plan, "The digest of a plan: the request is refused if anything is otherwise than it was planned.")

    static let deployments: [String: JSONValue] = [
        "DeploymentRequest": object([
            "customer": pattern(NamePattern.customer, "For whom."),
            "name": pattern(NamePattern.deployment, "With customer and environment it names the deployment for ever."),
            "environment": environment, "size": size,
            "template": pattern(NamePattern.template, "Which application."),
            "templateVersion": pattern(NamePattern.version, "Which approved version of the template."),
            "cluster?": pattern(NamePattern.cluster, "Where; without, where the customer is routed to."),
            "domain?": pattern(NamePattern.domain, "The address; without, one is made from name, customer and zone."),
            "parameters?": parameters, "plan?": plan, "onFailure?": onFailure,
        ]),
        "ReleaseRequest": object(
            [
                "size?": size, "templateVersion?": pattern(NamePattern.version, "An approved version of the template."),
                "parameters?": parameters, "plan?": plan, "supersede?": supersede,
                "onFailure?": onFailure,
            ], description: "What is left out stays as it is; parameters are replaced as a whole."),
        "Rollback": object([
            "release": [
                "type": "integer", "minimum": 1, "maximum": 1_000_000,
                "description": "The number of a release that went live once.",
            ]
        ]),
        "ReleaseApproval": object([
            "digest": pattern(NamePattern.plan, "The plan that is approved: what waits must be just that."),
            "reason": reason,
        ]),
        "Decommission": object([
            "removeData": [
                "type": "boolean",
                "description":
                    "Whether files and bucket go too, once the time is over in which that can be undone. For administrators.",
            ],
            "reason": reason,
        ]),
        "Deployment": object([
            "id": string, "customer": string, "customerName": string, "name": string, "environment": environment,
            "release": integer, "cause": string, "ofRelease": orNull(integer), "size": size, "cluster": string,
            "template": string, "templateVersion": string, "domain": orNull(string), "parameters": anything,
            "requestedBy": string, "requestedAt": time, "plannedSteps": texts,
            "state": states(of: .deploymentStatus), "liveRelease": orNull(integer),
            "liveTemplateVersion": orNull(string), "liveAt": orNull(time), "steps": anything, "undos": anything,
            "endedAt": orNull(time), "failedStep": orNull(string), "reason": orNull(string),
            "lastProblem": orNull(string), "remaining": orNull(texts), "accessPoint": orNull(string),
            "fileSystem": orNull(string), "bucket": orNull(string), "domainTarget": orNull(string),
            "commit": orNull(string), "repository": orNull(string), "folder": orNull(string),
            "application": orNull(string), "applicationProject": orNull(string),
            "unexplainedChange": orNull(reference("UnexplainedChange")),
            "keptData": orNull(texts),
            "remains?": [
                "type": "array", "items": reference("Remainder"), "description": "Of one deployment, not in a list.",
            ],
            "actions?": [
                "type": "array", "items": reference("NextAction"), "description": "Of one deployment, not in a list.",
            ],
            "dataRemoval": orNull(
                object(
                    [
                        "removal": integer, "data": texts, "removesAt": time, "graceSeconds": integer, "reason": string,
                        "scheduledBy": string, "scheduledAt": time, "decommission": integer,
                    ],
                    description:
                        "The data that is kept goes then, unless `withdrawDataRemoval` undoes it.")),
            "degraded": orNull(reference("Degradation")), "drifted": orNull(reference("Drift")),
            "awaiting": orNull(
                object(
                    [
                        "number": integer, "plan": string, "rule": string, "expiresAt": time, "requestedBy": string,
                    ], description: "The release that waits for approval.")), "createdAt": time, "updatedAt": time,
            "streamVersion": integer, "position": position,
            "releases": [
                "type": ["array", "null"], "items": reference("DeploymentRelease"),
                "description": "The latest first; null in a list of deployments.",
            ],
        ]),
        "DeploymentRelease": object([
            "number": integer, "cause": string, "ofRelease": orNull(integer), "size": size, "cluster": string,
            "template": string, "templateVersion": string, "parameters": anything, "requestedBy": string,
            "requestedAt": time,
            "outcome": orNull(
                choice(
                    [
                        "live", "failed", "cancelled", "rejected", "approval_expired", "approval_withdrawn",
                        "superseded",
                    ],
                    "How it ended; null while it is under way.")),
            "outcomeReason": orNull(string), "outcomeAt": orNull(time), "commit": orNull(string),
        ]),
        "UnexplainedChange": object(
            [
                "commit": string, "files": texts, "moreFiles": integer,
                "author?": object(["id": string, "login": string]), "committedAt?": time, "noticedAt": time,
            ],
            description: "The latest change of the deployment's files by somebody else, until they are written again."),
        "Degradation": object(
            [
                "status": string, "resource?": string, "message": string, "since": time,
            ],
            description: "What of the live release is not well, in Argo CD's words, until it is well again."),
        "Drift": object(
            [
                "resources": texts, "moreResources": integer, "since": time,
            ],
            description: "What of the live release is not as Git declares it, until it is again."),
        "DeploymentPage": page("Deployment"),
        "TimelineEntry": object([
            "deployment": string, "release": integer,
            "action": choice(["do", "compensate", "remove"], "Forwards, back, or away with the whole deployment."),
            "step": choice(Step.allCases.map(\.rawValue), "What has to be done."),
            "state": states(of: .deploymentTimeline), "startedAt": time, "endedAt": orNull(time), "attempts": integer,
            "message": orNull(string), "evidence": orNull(anything), "durationSeconds": orNull(["type": "number"]),
            "updatedAt": time,
            "streamVersion": integer, "position": position,
        ]),
        "TimelinePage": page("TimelineEntry"),
        "ReleaseTime": object([
            "deployment": string, "release": integer,
            "state": choice(ReleaseCourse.State.allCases.map(\.rawValue), "How the release ended, or how it is."),
            "requestedAt": time, "endedAt?": time, "budgetSeconds": seconds,
            "elapsedSeconds": seconds, "overBudgetSeconds": seconds,
            "approvalSeconds?": [
                "type": "number", "minimum": 0,
                "description": "How long it waited for approval; before the request counts, so not in the others.",
            ],
            "betweenStepsSeconds": [
                "type": "number", "minimum": 0,
                "description":
                    "What passed on the critical path while no step of it ran: queues and DeployCenter's own overhead.",
            ],
            "steps": [
                "type": "array", "items": reference("StepTime"), "description": "In the order in which they began.",
            ],
            "compensation?": object(
                ["seconds": seconds, "isUnderWay": boolean, "remaining": texts],
                description: "The taking back of what the release made, from its end on."),
            "sentence": string,
        ]),
        "StepTime": object([
            "step": choice(Step.allCases.map(\.rawValue), "What has to be done."),
            "state": choice(ReleaseCourse.StepState.allCases.map(\.rawValue), "How the step is doing."),
            "attempts": integer, "beganAfterSeconds": seconds, "seconds": seconds,
            "usualSeconds?": [
                "type": "number", "minimum": 0,
                "description": "The median of what succeeded before, of the template on the cluster, if there was any.",
            ],
            "isOnCriticalPath": boolean,
        ]),
    ]
}
