import EventSourcing

/// Something outside that no deployment wants, and what became of its removal.
package enum Orphan: Decider {
    package struct State: Equatable, Sendable {
        /// The removal that is on record and not proven.
        package var removal: OrphanRemovalRequested?
        /// What proved the last removal.
        package var evidence: String?
    }

    package enum Command: Equatable, Sendable {
        case requestRemoval(OrphanRemovalRequested)
        case recordRemoval(evidence: String)
    }

    package enum Rejection: Error, Equatable, Sendable {
        /// Nobody asked for its removal.
        case notAsked
    }

    package static let initialState = State()

    package static func decide(_ command: Command, in state: State) throws(Rejection) -> [OrphanEvent] {
        switch command {
        case .requestRemoval(let request): return state.removal == request ? [] : [.removalRequested(request)]
        case .recordRemoval(let evidence):
            if let removal = state.removal {
                return [.removed(.init(deployment: removal.deployment, evidence: evidence))]
            }
            guard state.evidence != nil else { throw .notAsked }
            return []  // Somebody else saw it too.
        }
    }

    package static func evolve(_ state: inout State, with event: OrphanEvent) {
        switch event {
        case .removalRequested(let fact): state = State(removal: fact)
        case .removed(let fact): state = State(evidence: fact.evidence)
        }
    }
}
