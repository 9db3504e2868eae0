import Domain
import EventSourcing

/// What the view must say of a deployment, by the rules of the domain: the two are written apart and must agree.
struct DeploymentStatusRules {
    let state: Deployment.State

    /// The columns that the domain knows as well.
    var columns: [String: JSONValue] {
        var columns: [String: JSONValue] = [
            "state": .string(name),
            "liveRelease": state.liveRelease.map { .integer(Int64($0)) } ?? .null,
            "steps": .object(keyed(state.run.steps.filter { $0.value != .ready }.map { ($0.key, "\($0.value)") })),
            "undos": .object(keyed(state.run.undos.map { ($0.key, "\($0.value)") })),
            "accessPoint": text(state.resources.accessPoint?.value),
            "bucket": text(state.resources.bucket?.value),
            "commit": text(state.resources.commit?.value),
            "application": text(state.resources.application?.value.name),
            "degraded": state.degradation.map(shown) ?? .null, "drifted": state.drift.map(shown) ?? .null,
        ]
        if state.phase == .decommissioned {
            let kept = state.keptData.map { JSONValue.string($0.rawValue) }
            columns["keptData"] = kept.isEmpty ? .null : .array(kept)
        }
        if state.dataRemoval == nil { columns["dataRemoval"] = .null }
        if state.releases[state.run.number] != nil, !isEnding {
            columns["release"] = .integer(Int64(state.run.number))
            columns["plannedSteps"] = .array(state.plannedSteps.map { .string($0.rawValue) })
        }
        return columns
    }

    private func shown(_ fact: BecameDegraded) -> JSONValue {
        var shown: [String: JSONValue] = [
            "status": .string(fact.status), "message": .string(fact.message), "since": .string("\(fact.since)"),
        ]
        if let resource = fact.resource { shown["resource"] = .string(resource) }
        return .object(shown)
    }

    private func shown(_ fact: Drifted) -> JSONValue {
        [
            "resources": .array(fact.resources.map { .string($0) }),
            "moreResources": .integer(Int64(fact.moreResources)), "since": .string("\(fact.since)"),
        ]
    }

    private var isEnding: Bool {
        switch state.phase {
        case .decommissioning, .decommissionIncomplete, .decommissioned: true
        default: false
        }
    }

    private var name: String {
        switch state.phase {
        case .unknown: "unknown"
        case .awaitingApproval: "awaiting_approval"
        case .notApproved(.rejected): "rejected"
        case .notApproved(.expired): "approval_expired"
        case .notApproved(.withdrawn): "approval_withdrawn"
        case .provisioning: state.run.steps.isEmpty ? "requested" : "provisioning"
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

    private func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }

    private func keyed(_ entries: [(Step, String)]) -> [String: JSONValue] {
        Dictionary(entries.map { ($0.0.rawValue, .string($0.1)) }) { first, _ in first }
    }
}
