import Domain
import ProcessManagers

extension DeploymentEvent {
    /// The effect whose work the event tells of, and whether its row ends with it; nil for what people say and what follows from another
    /// event of the same append.
    var origin: (label: String, number: Int, endsRow: Bool)? {
        switch self {
        case .stepStarted(let fact): (fact.step.rawValue, fact.number, false)
        case .attemptFailed(let fact): (fact.step.rawValue, fact.number, false)
        case .rendered(let fact): (Step.render.rawValue, fact.number, true)
        case .accessPointProvisioned(let fact): (Step.accessPoint.rawValue, fact.number, true)
        case .bucketProvisioned(let fact): (Step.bucket.rawValue, fact.number, true)
        case .nameProvisioned(let fact): (Step.name.rawValue, fact.number, true)
        case .committed(let fact): (Step.commit.rawValue, fact.number, true)
        case .applicationDeclared(let fact): (Step.application.rawValue, fact.number, true)
        case .synced(let fact): (Step.sync.rawValue, fact.number, true)
        case .becameHealthy(let fact): (Step.health.rawValue, fact.number, true)
        case .stepFailed(let fact): (fact.step.rawValue, fact.number, true)
        case .stepAbandoned(let fact): (fact.step.rawValue, fact.number, true)
        case .undoStarted(let fact): ("undo_\(fact.step.rawValue)", fact.number, false)
        case .undoAttemptFailed(let fact): ("undo_\(fact.step.rawValue)", fact.number, false)
        case .undone(let fact): ("undo_\(fact.step.rawValue)", fact.number, true)
        case .undoFailed(let fact): ("undo_\(fact.step.rawValue)", fact.number, true)
        case .approvalExpired(let fact): ("expire_approval", fact.number, true)
        default: nil
        }
    }
}

extension DeploymentEffect {
    var number: Int {
        switch self {
        case .perform(_, let number), .undo(_, let number), .watchDeadline(let number, _),
            .expireApproval(let number, _), .removeData(let number, _):
            number
        }
    }
}
