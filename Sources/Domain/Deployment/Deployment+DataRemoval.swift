package import EventSourcing

/// When data may go that a deployment has outlived: until then the wish can be undone.
package struct DataRemovalTerms: Equatable, Sendable {
    package let removesAt: Timestamp
    /// From the wish until `removesAt`; 0 is at once, with nothing to undo.
    package let graceSeconds: Int

    package init(removesAt: Timestamp, graceSeconds: Int) {
        self.removesAt = removesAt
        self.graceSeconds = graceSeconds
    }
}

extension Step {
    /// Whether what the step makes holds what people have entered: the files of the application and its objects. Databases are elsewhere,
    /// or in volumes of the cluster, which outlive an application that is taken away.
    package var holdsData: Bool {
        switch self {
        case .accessPoint, .bucket: true
        case .render, .name, .commit, .application, .sync, .health: false
        }
    }
}

extension Deployment {
    /// What people and the clock want to become of the data that a decommission keeps.
    static func decideDataRemoval(_ command: Command, in state: State) throws(Rejection) -> [DeploymentEvent] {
        switch command {
        case .scheduleDataRemoval(let terms, let reason, let person):
            switch state.phase {
            case .decommissioned, .decommissioning(removeData: false), .decommissionIncomplete(removeData: false):
                if state.dataRemoval == nil, state.keptData.isEmpty { throw .noDataKept }
                return removalScheduled(terms, reason: reason, by: person, in: state)
            case .decommissioning(removeData: true), .decommissionIncomplete(removeData: true): return []
            case .unknown: throw .unknown
            default: throw .notDecommissioned
            }
        case .withdrawDataRemoval(let reason, let person):
            if let removal = state.dataRemoval {
                return [
                    .dataRemovalWithdrawn(
                        .init(
                            number: state.run.number, removal: removal.removal, reason: reason, withdrawnBy: person))
                ]
            }
            switch state.phase {
            case .decommissioning(removeData: true), .decommissionIncomplete(removeData: true):
                throw .dataRemovalBegun
            case .decommissioned where !state.keptData.isEmpty, .decommissioning, .decommissionIncomplete: return []
            case .unknown: throw .unknown
            default: throw .nothingToWithdraw
            }
        case .dataRemovalDue(let removal, let now):
            guard let wanted = state.dataRemoval, wanted.removal == removal, state.phase == .decommissioned,
                now >= wanted.removesAt
            else { return [] }
            let request = DeploymentEvent.decommissionRequested(
                .init(
                    number: state.nextNumber, removeData: true, reason: wanted.reason, requestedBy: wanted.scheduledBy))
            return ended([request], in: state)
        default: preconditionFailure("decide sends no other command here")
        }
    }

    static func decideDecommission(
        removing terms: DataRemovalTerms?, reason: String, by person: Actor, in state: State
    ) throws(Rejection) -> [DeploymentEvent] {
        let isAtOnce = terms?.graceSeconds == 0
        switch (state.phase, terms) {
        case (.decommissioning(removeData: false), nil), (.decommissioning(removeData: true), _?): return []
        case (.decommissioning(removeData: false), let terms?) where !isAtOnce:
            return removalScheduled(terms, reason: reason, by: person, in: state)
        case (.decommissioned, nil): return []
        case (.decommissioned, let terms?):
            if state.keptData.isEmpty { return [] }
            if !isAtOnce { return removalScheduled(terms, reason: reason, by: person, in: state) }
        case (.compensationIncomplete, _): break  // What was left goes now.
        default: try requireSettled(state)
        }
        let request = DeploymentEvent.decommissionRequested(
            .init(number: state.nextNumber, removeData: isAtOnce, reason: reason, requestedBy: person))
        let events = ended([request], in: state)
        guard let terms, !isAtOnce else { return events }
        return events + removalScheduled(terms, reason: reason, by: person, in: fold(events, from: state))
    }

    /// Nothing where there is nothing to remove, and where it is to be removed already.
    private static func removalScheduled(
        _ terms: DataRemovalTerms, reason: String, by person: Actor, in state: State
    ) -> [DeploymentEvent] {
        let data = state.keptData
        guard state.dataRemoval == nil, !data.isEmpty else { return [] }
        return [
            .dataRemovalScheduled(
                .init(
                    number: state.run.number, removal: state.dataRemovals + 1, data: data, removesAt: terms.removesAt,
                    graceSeconds: terms.graceSeconds, reason: reason, scheduledBy: person))
        ]
    }

    static func evolveDataRemoval(_ state: inout State, with event: DeploymentEvent) {
        switch event {
        case .dataRemovalScheduled(let fact):
            state.dataRemoval = fact
            state.dataRemovals = fact.removal
        case .dataRemovalWithdrawn: state.dataRemoval = nil
        default: break
        }
    }
}

extension Deployment.State {
    /// What holds data and stays where it is, as far as it is decided.
    package var keptData: [Step] {
        let going = undoPlan
        return Step.undoOrder.filter { step in
            guard step.holdsData, !going.contains(step) else { return false }
            return step == .bucket ? resources.bucket != nil : resources.accessPoint != nil
        }
    }
}

/// The data that a decommission keeps is to go for good once its time has come, unless somebody undoes that.
package struct DataRemovalScheduled: Codable, Equatable, Sendable {
    /// The decommission that keeps the data.
    package let number: Int
    /// Counted from 1 for each deployment, so that a timer knows its own.
    package let removal: Int
    /// What would be removed as things are.
    package let data: [Step]
    package let removesAt: Timestamp
    /// From the wish until `removesAt`.
    package let graceSeconds: Int
    package let reason: String
    package let scheduledBy: Actor

    package init(
        number: Int, removal: Int, data: [Step], removesAt: Timestamp, graceSeconds: Int, reason: String,
        scheduledBy: Actor
    ) {
        self.number = number
        self.removal = removal
        self.data = data
        self.removesAt = removesAt
        self.graceSeconds = graceSeconds
        self.reason = reason
        self.scheduledBy = scheduledBy
    }
}

/// The data stays after all.
package struct DataRemovalWithdrawn: Codable, Equatable, Sendable {
    package let number: Int
    package let removal: Int
    package let reason: String
    package let withdrawnBy: Actor

    package init(number: Int, removal: Int, reason: String, withdrawnBy: Actor) {
        self.number = number
        self.removal = removal
        self.reason = reason
        self.withdrawnBy = withdrawnBy
    }
}
