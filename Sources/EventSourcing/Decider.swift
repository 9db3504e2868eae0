/// The rules of one kind of stream: what may happen next, given what happened.
///
/// `decide` and `evolve` are pure: no clock, no randomness, no I/O. Time and identifiers arrive in the command.
package protocol Decider {
    associatedtype State: Sendable
    associatedtype Command: Sendable
    associatedtype Event: StorableEvent
    associatedtype Rejection: Error & Equatable & Sendable

    static var initialState: State { get }

    /// The facts that the command adds. An empty list means "that has already been done" and is not an error.
    static func decide(_ command: Command, in state: State) throws(Rejection) -> [Event]

    /// Takes a fact into the state. It cannot fail: history is not up for discussion.
    static func evolve(_ state: inout State, with event: Event)
}

extension Decider {
    /// The state after a history.
    package static func fold(_ history: some Sequence<Event>, from start: State? = nil) -> State {
        var state = start ?? initialState
        for event in history { evolve(&state, with: event) }
        return state
    }
}

/// Watches the facts of one stream over time and names what to do next; it does nothing itself.
package protocol ProcessManager {
    associatedtype State: Sendable
    associatedtype Event: StorableEvent
    associatedtype Effect: Sendable

    /// What follows from `event`, where `state` already includes it. Late or repeated news names no effect.
    static func react(to event: Event, in state: State) -> [Effect]
}
