import Domain
import EventSourcing

extension Deployment.State: ReplayableState {
    var replayed: JSONValue {
        [
            "phase": .string(phase.name), "isCancelled": phase.isCancelled.map { .bool($0) } ?? .null,
            "removesData": phase.removesData.map { .bool($0) } ?? .null, "liveRelease": JSONValue(liveRelease),
            "provenReleases": .array(provenReleases.sorted().map { .integer(Int64($0)) }),
            "releases": .object(
                Dictionary(releases.map { (String($0.key), $0.value.replayed) }) { first, _ in first }),
            "run": run.replayed, "plannedSteps": .array(plannedSteps.map { .string($0.rawValue) }),
            "resources": resources.replayed, "awaiting": awaiting?.replayed ?? .null,
            "dataRemoval": dataRemoval?.replayed ?? .null, "dataRemovals": JSONValue(dataRemovals),
            "unexplainedChanges": .array(unexplainedChanges.sorted().map { .string($0) }),
            "degradation": degradation?.replayed ?? .null, "drift": drift?.replayed ?? .null,
        ]
    }
}

extension BecameDegraded {
    fileprivate var replayed: JSONValue {
        [
            "number": JSONValue(number), "status": .string(status), "resource": JSONValue(resource),
            "message": .string(message), "since": .string("\(since)"),
        ]
    }
}

extension Drifted {
    fileprivate var replayed: JSONValue {
        [
            "number": JSONValue(number), "resources": .array(resources.map { .string($0) }),
            "moreResources": JSONValue(moreResources), "since": .string("\(since)"),
        ]
    }
}

extension Deployment.Phase {
    var name: String {
        switch self {
        case .unknown: "unknown"
        case .awaitingApproval: "awaiting_approval"
        case .notApproved(.rejected): "rejected"
        case .notApproved(.expired): "approval_expired"
        case .notApproved(.withdrawn): "approval_withdrawn"
        case .provisioning: "provisioning"
        case .held: "held"
        case .live: "live"
        case .compensating: "compensating"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .compensationIncomplete: "compensation_incomplete"
        case .decommissioning: "decommissioning"
        case .decommissionIncomplete: "decommission_incomplete"
        case .decommissioned: "decommissioned"
        }
    }

    /// Whether the release is taken back because somebody cancelled it; nil if none is taken back.
    fileprivate var isCancelled: Bool? {
        switch self {
        case .compensating(let cancelled), .compensationIncomplete(let cancelled): cancelled
        default: nil
        }
    }

    /// Whether a decommission takes the data as well; nil if there is none under way.
    fileprivate var removesData: Bool? {
        switch self {
        case .decommissioning(let removeData), .decommissionIncomplete(let removeData): removeData
        default: nil
        }
    }
}

extension Deployment.Awaiting {
    fileprivate var replayed: JSONValue {
        [
            "number": JSONValue(request.number), "plan": .string(request.digest), "rule": .string(request.rule),
            "requestedBy": .string("\(request.requestedBy)"), "expiresAt": .string("\(request.expiresAt)"),
            "release": request.release.replayed,
        ]
    }
}

extension DataRemovalScheduled {
    fileprivate var replayed: JSONValue {
        [
            "removal": JSONValue(removal), "data": .array(data.map { .string($0.rawValue) }),
            "removesAt": .string("\(removesAt)"), "reason": .string(reason), "scheduledBy": .string("\(scheduledBy)"),
        ]
    }
}

extension Deployment.Run {
    fileprivate var replayed: JSONValue {
        [
            "number": JSONValue(number), "steps": keyed(steps) { .string("\($0)") },
            "undos": keyed(undos) { .string("\($0)") }, "failedAttempts": keyed(failedAttempts) { JSONValue($0) },
            "failedUndoAttempts": keyed(failedUndoAttempts) { JSONValue($0) }, "before": before.replayed,
            "leftovers": keyed(leftovers) { JSONValue($0) },
        ]
    }

    private func keyed<Value>(_ entries: [Step: Value], _ json: (Value) -> JSONValue) -> JSONValue {
        .object(Dictionary(entries.map { ($0.key.rawValue, json($0.value)) }) { first, _ in first })
    }
}

extension Deployment.Resources {
    fileprivate var replayed: JSONValue {
        [
            "accessPoint": accessPoint?.replayed ?? .null, "bucket": bucket?.replayed ?? .null,
            "name": name?.replayed ?? .null, "commit": commit?.replayed ?? .null,
            "application": application.map {
                [
                    "name": .string($0.value.name), "project": .string($0.value.project),
                    "release": JSONValue($0.release),
                ]
            } ?? .null,
        ]
    }
}

extension Deployment.Resources.Made<String> {
    fileprivate var replayed: JSONValue { ["value": .string(value), "release": JSONValue(release)] }
}

extension Release {
    fileprivate var replayed: JSONValue {
        [
            "customer": .string(customer.rawValue), "customerName": .string(customerName), "name": .string(name),
            "environment": .string(environment.rawValue), "size": .string(size.rawValue),
            "cluster": .string(cluster.rawValue), "template": .string(template.rawValue),
            "templateVersion": .string(templateVersion), "parameters": parameters, "domain": JSONValue(domain),
            "steps": .array(steps.map { .string($0.rawValue) }),
        ]
    }
}
