package import EventSourcing

/// The log: appends under conditions and reads in order.
///
/// Positions have no gaps and follow the order of commits, so a reader that has seen position n never misses an earlier one.
package protocol EventStore: Sendable {
    /// All events of one stream in order, from `version` (1 is the first) on; empty for a stream that does not exist. For deciders,
    /// which need all of them.
    func events(of stream: StreamName, from version: Int) async throws(EventStoreError) -> [RecordedEvent]

    /// At most `limit` events after `position` in order, of `categories` only unless that is empty.
    func events(
        after position: Position, categories: [String], limit: Int
    ) async throws(EventStoreError) -> [RecordedEvent]

    /// At most `limit` events of one stream in order, from `version` on.
    func events(
        of stream: StreamName, from version: Int, limit: Int
    ) async throws(EventStoreError) -> [RecordedEvent]

    /// The version that a stream has now; 0 if it does not exist.
    func version(of stream: StreamName) async throws(EventStoreError) -> Int

    /// The first page of what is selected; `pages(of:)` reads all of it.
    func page(of selection: EventSelection) async throws(EventStoreError) -> EventPage

    /// Every type and schema version that the log holds, with the first event of each.
    func storedTypes() async throws(EventStoreError) -> [StoredEventType]

    /// The position of the last event; 0 for an empty log.
    func head() async throws(EventStoreError) -> Position

    /// Appends everything or nothing. A repeated `command` appends nothing and answers what it answered first.
    func append(_ append: Append) async throws(EventStoreError) -> AppendOutcome

    /// What a command with this identity answered, if it has run.
    func outcome(of command: CommandIdentity) async throws(EventStoreError) -> AppendOutcome?

    /// Yields whenever there may be new events, also after a lost connection; a hint, not a promise. Ends on cancellation.
    func wakeUps() -> AsyncStream<Void>
}

/// One atomic addition to the log.
package struct Append: Sendable {
    /// Each stream at most once. A stream without events is only checked.
    package var streams: [StreamAppend]
    package var metadata: EventMetadata
    /// Makes a repetition answer the first outcome.
    package var command: CommandIdentity?
    /// The to-do row that ends with this append, in the same transaction; if its lease has moved on, nothing is appended.
    package var completing: EffectLease?
    /// The to-do row whose work goes on after this append; if its lease has moved on, nothing is appended.
    package var holding: EffectLease?

    package init(
        _ streams: [StreamAppend], metadata: EventMetadata, command: CommandIdentity? = nil,
        completing: EffectLease? = nil, holding: EffectLease? = nil
    ) {
        self.streams = streams
        self.metadata = metadata
        self.command = command
        self.completing = completing
        self.holding = holding
    }
}

/// The part of an append that concerns one stream.
package struct StreamAppend: Sendable {
    package let stream: StreamName
    package let expected: ExpectedVersion
    package let events: [NewEvent]

    package init(_ stream: StreamName, expected: ExpectedVersion, events: [NewEvent]) {
        self.stream = stream
        self.expected = expected
        self.events = events
    }
}

/// A fact on its way to the log.
package struct NewEvent: Sendable {
    package let id: EventID
    package let form: StoredForm

    package init(id: EventID, form: StoredForm) {
        self.id = id
        self.form = form
    }
}

/// Tells a command from its repetition: who sent it, the key that the sender chose, and a digest of what was asked.
package struct CommandIdentity: Hashable, Sendable {
    package let actor: String
    package let key: String
    package let digest: String

    package init(actor: String, key: String, digest: String) {
        self.actor = actor
        self.key = key
        self.digest = digest
    }
}

/// What an append did.
package struct AppendOutcome: Codable, Equatable, Sendable {
    /// The last position that the append wrote, or the head of the log if it wrote nothing.
    package let position: Position
    /// The version of each stream of the append after it, by stream name.
    package let versions: [String: Int]
    /// Whether this is the answer of an earlier run of the same command.
    package let isRepetition: Bool

    package init(position: Position, versions: [String: Int], isRepetition: Bool) {
        self.position = position
        self.versions = versions
        self.isRepetition = isRepetition
    }
}

/// A type and schema version that the log holds.
package struct StoredEventType: Equatable, Sendable {
    package let type: EventType
    package let schemaVersion: Int
    package let firstPosition: Position

    package init(_ type: EventType, schemaVersion: Int, firstPosition: Position) {
        self.type = type
        self.schemaVersion = schemaVersion
        self.firstPosition = firstPosition
    }
}

/// What a caller of the log must react to.
package enum EventStoreError: Error, Equatable, Sendable {
    /// Somebody else appended first: read again and decide again.
    case versionConflict(StreamName, actual: Int)
    /// The sender used this key for another command before: choose a new key.
    case idempotencyKeyReused(key: String)
    /// Somebody else has taken over the to-do row: stop, its new holder goes on.
    case leaseLost(EffectLease)
    /// This build cannot read an event: stop, never skip.
    case unreadable(UnreadableEvent, at: Position)
    /// Events up to this position are in archive files and not in the database: restore them, or read them from the archive.
    case archived(upTo: Position)
    /// They are to be read from archive files, and one of these is missing or damaged: the reason names it.
    case archiveUnreadable(reason: String)
    /// The connection broke while an append was on its way: it may have happened or not. Append again under the same command identity,
    /// which finds out, or read before deciding again.
    case outcomeUnknown(reason: String)
    /// The caller's task was cancelled.
    case cancelled
    /// The database did not answer or is not as expected: try later.
    case unavailable(reason: String)
}
