package import EventSourcing

/// A person whose data is in the log, by the name of what it is kept for: `customer:<id>` or `actor:<subject at the identity
/// provider>`. The person can be forgotten: the keys of the data are destroyed, and the fact stays.
package enum DataSubject: Decider {
    package struct State: Equatable, Sendable {
        /// Keys that were destroyed.
        package var forgotten: Set<String> = []
    }

    package enum Command: Equatable, Sendable {
        /// `keys` are those that the person's data can be read with at the moment.
        case forget(ID<DataSubject>, keys: [String], reason: String)
    }

    package enum Rejection: Error, Equatable, Sendable {
        /// Nothing is kept under that name and nothing was: to say "forgotten" would hide a slip of the pen.
        case nothingKept
    }

    package static let initialState = State()

    package static func decide(_ command: Command, in state: State) throws(Rejection) -> [DataSubjectEvent] {
        switch command {
        case .forget(let subject, let keys, let reason):
            let usable = keys.filter { !state.forgotten.contains($0) }
            if !usable.isEmpty { return [.forgotten(.init(subject: subject, keys: usable, reason: reason))] }
            guard !state.forgotten.isEmpty else { throw .nothingKept }
            return []
        }
    }

    package static func evolve(_ state: inout State, with event: DataSubjectEvent) {
        switch event {
        case .forgotten(let fact): state.forgotten.formUnion(fact.keys)
        }
    }
}
