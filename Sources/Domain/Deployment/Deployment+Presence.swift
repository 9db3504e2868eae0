package import EventSourcing

extension Deployment.State {
    /// What is on record as being there of this kind; nil for nothing.
    package func onRecord(_ kind: ResourceKind, of deployment: ID<Deployment>) -> (identity: String, release: Int)? {
        switch kind {
        case .accessPoint: resources.accessPoint.map { ($0.value, $0.release) }
        case .bucket: resources.bucket.map { ($0.value, $0.release) }
        case .name: resources.name.map { ($0.value, $0.release) }
        case .folder: resources.commit.map { (deployment.rawValue, $0.release) }
        case .application: resources.application.map { ($0.value.name, $0.release) }
        }
    }

    /// Whether somebody may be making or removing it now, or has to: what is there says nothing then.
    package func isInFlight(_ kind: ResourceKind) -> Bool {
        let step = kind.step
        if isProvisioning { return plannedSteps.contains(step) && run.steps[step] != .succeeded }
        return run.steps[step] == .running || remaining.contains(step)
    }

    /// Whether nothing of it is meant to be there but what is on record as kept.
    package var hasEnded: Bool {
        switch phase {
        case .failed, .cancelled, .decommissioned: true
        default: false
        }
    }
}
