package import EventSourcing

/// What one page of the log comes to for a process: how far it goes, and what it owes.
package struct ProcessAdvance: Sendable {
    package let from: Position
    package let to: Position
    package var effects: [NewEffect]
    /// Streams that could not be handled from an event of this page on.
    package var parking: [ParkedStream] = []
    /// Streams that were parked before and that this page has events of.
    package var skipping: Set<StreamName> = []
    /// Streams whose steps are not wanted any more: whoever waits to do one finds that out at once.
    package var hastening: Set<StreamName> = []

    package init(from: Position, to: Position, effects: [NewEffect] = []) {
        self.from = from
        self.to = to
        self.effects = effects
    }
}

/// Where a process manager is.
package struct ProcessStanding: Equatable, Sendable {
    package let checkpoint: Position
    package let failure: SubscriptionFailure?
    package let parked: [ParkedStream]

    package init(checkpoint: Position, failure: SubscriptionFailure?, parked: [ParkedStream]) {
        self.checkpoint = checkpoint
        self.failure = failure
        self.parked = parked
    }
}

/// A stream that a process cannot handle from an event on: it goes on with the others, and owes this one what follows.
package struct ParkedStream: Hashable, Sendable {
    package let stream: StreamName
    /// Of the first event that was not handled.
    package let version: Int
    package let position: Position
    package let reason: String

    package init(stream: StreamName, version: Int, position: Position, reason: String) {
        self.stream = stream
        self.version = version
        self.position = position
        self.reason = reason
    }
}

extension EffectStore {
    package func advance(
        _ process: String, from: Position, to: Position, adding effects: [NewEffect]
    ) async throws(EventStoreError) -> Bool {
        try await advance(process, ProcessAdvance(from: from, to: to, effects: effects))
    }
}
