package import EventSourcing

/// One event of a replay, with the state that its stream was in after it and what it changed.
package struct ReplayEntry: Codable, Equatable, Sendable {
    package let position: Position
    /// Such as `deployment-acme-shop-production`.
    package let stream: String
    package let streamVersion: Int
    package let id: String
    package let type: String
    package let schemaVersion: Int
    package let recordedAt: Timestamp
    package let metadata: EventMetadata
    /// What happened, as it was recorded.
    package let payload: JSONValue
    /// The state of the stream after the event, as the rules of this build understand it.
    package let state: JSONValue
    /// What the event changed in that state, in whichever direction the replay goes.
    package let changes: [JSONChange]

    package init(_ event: RecordedEvent, payload: JSONValue, state: JSONValue, changes: [JSONChange]) {
        position = event.position
        stream = event.stream.description
        streamVersion = event.streamVersion
        id = event.id.rawValue
        type = event.type.rawValue
        schemaVersion = event.schemaVersion
        recordedAt = event.recordedAt
        metadata = event.metadata
        self.payload = payload
        self.state = state
        self.changes = changes
    }
}

/// Some entries of a replay in its direction, and where to go on.
package struct ReplayPage: Codable, Equatable, Sendable {
    package let entries: [ReplayEntry]
    /// The position after which, in the direction of the replay, the next page begins; nil on the last page.
    package let next: Position?

    package init(entries: [ReplayEntry], next: Position?) {
        self.entries = entries
        self.next = next
    }
}
