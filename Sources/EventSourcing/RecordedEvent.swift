/// An event as the log holds it: who, why and when beside what happened.
package struct RecordedEvent: Equatable, Sendable {
    package let position: Position
    package let stream: StreamName
    /// 1 for the first event of the stream.
    package let streamVersion: Int
    package let id: EventID
    package let type: EventType
    package let schemaVersion: Int
    /// The payload as JSON text in UTF-8.
    package let payload: String
    package let metadata: EventMetadata
    package let recordedAt: Timestamp
    /// Set where whoever hands the event out has its fact in memory: reading it gives what reading `payload` gives.
    package let known: KnownPayload?

    package init(
        position: Position, stream: StreamName, streamVersion: Int, id: EventID, type: EventType, schemaVersion: Int,
        payload: String, metadata: EventMetadata, recordedAt: Timestamp, known: KnownPayload? = nil
    ) {
        self.position = position
        self.stream = stream
        self.streamVersion = streamVersion
        self.id = id
        self.type = type
        self.schemaVersion = schemaVersion
        self.payload = payload
        self.metadata = metadata
        self.recordedAt = recordedAt
        self.known = known
    }
}

/// A payload that was never written down, such as that of an event in a log in memory. It takes no part in comparisons: the text says
/// the same.
package struct KnownPayload: StoredPayload, Equatable {
    private let value: any Encodable & Sendable

    package init(_ value: any Encodable & Sendable) { self.value = value }

    /// It is none of this build's payloads, or of another type.
    package struct Mismatch: Error {}

    package func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard let value = value as? Value else { throw Mismatch() }
        return value
    }

    package mutating func edit(_ change: (inout JSONValue) -> Void) throws { throw Mismatch() }

    package static func == (left: KnownPayload, right: KnownPayload) -> Bool { true }
}

/// Tells events apart: a UUID in lower case.
package typealias EventID = ID<RecordedEvent>

/// Who caused an event, by which right, and what it follows from.
package struct EventMetadata: Codable, Equatable, Sendable {
    /// The subject at the identity provider, or `process:<name>` for a process manager.
    package let actor: String
    /// The name that the identity provider showed for the actor when it acted; the log keeps it sealed, as the actor's own.
    package let actorName: String?
    /// The roles that allowed the command.
    package let roles: [String]
    /// The same for everything that follows from one request.
    package let correlationID: String
    /// The event or command that this event follows from.
    package let causationID: String?
    /// Where the command came in: `api`, `cli`, `process` or `import`.
    package let source: String

    package init(
        actor: String, actorName: String? = nil, roles: [String] = [], correlationID: String,
        causationID: String? = nil,
        source: String
    ) {
        self.actor = actor
        self.actorName = actorName
        self.roles = roles
        self.correlationID = correlationID
        self.causationID = causationID
        self.source = source
    }
}
