package import EventSourcing

/// Why a row of a view is what it is: the events that made it, in order, each with what it changed.
package struct Explanation: Codable, Equatable, Sendable {
    package let view: String
    package let key: String
    /// The row as of this position.
    package let position: Position
    /// The row with the columns that the query of the view answers; nil if there is none (any more).
    package let row: JSONValue?
    /// Events that changed the row, oldest first.
    package let steps: [Step]
    /// Events that were read for the row and changed none of its columns, apart from where and when it was touched last.
    package let withoutEffect: Int
    /// Whether the events, folded alone, lead to the row that is served: if not, the row depends on more than they say. Nil where
    /// the view is served as of another position.
    package let leadsToServedRow: Bool?

    /// What one event did to the row.
    package struct Step: Codable, Equatable, Sendable {
        package let kind: Kind
        package let event: Event
        /// How many events this step sums up: 1, but for the first step of a row with a very long history, whose `event` is
        /// the last of them.
        package let eventCount: Int
        /// Columns that have another value after the event, by name. `position`, `streamVersion` and `updatedAt` are left out:
        /// they say when the row was touched last, which the event itself says.
        package let changes: [Change]

        package enum Kind: String, Codable, Sendable {
            case created, changed, removed
        }

        package init(kind: Kind, event: Event, eventCount: Int, changes: [Change]) {
            self.kind = kind
            self.event = event
            self.eventCount = eventCount
            self.changes = changes
        }
    }

    /// Which event it was, and whose.
    package struct Event: Codable, Equatable, Sendable {
        package let position: Position
        package let stream: String
        package let streamVersion: Int64
        package let id: String
        package let type: String
        package let recordedAt: Timestamp
        package let actor: String?
        package let actorName: String?
        package let correlation: String?

        package init(
            position: Position, stream: String, streamVersion: Int64, id: String, type: String, recordedAt: Timestamp,
            actor: String?, actorName: String?, correlation: String?
        ) {
            self.position = position
            self.stream = stream
            self.streamVersion = streamVersion
            self.id = id
            self.type = type
            self.recordedAt = recordedAt
            self.actor = actor
            self.actorName = actorName
            self.correlation = correlation
        }
    }

    /// A column's value before and after; null where there was no row.
    package struct Change: Codable, Equatable, Sendable {
        package let column: String
        package let before: JSONValue
        package let after: JSONValue

        package init(column: String, before: JSONValue, after: JSONValue) {
            self.column = column
            self.before = before
            self.after = after
        }
    }

    package init(
        view: String, key: String, position: Position, row: JSONValue?, steps: [Step], withoutEffect: Int,
        leadsToServedRow: Bool?
    ) {
        self.view = view
        self.key = key
        self.position = position
        self.row = row
        self.steps = steps
        self.withoutEffect = withoutEffect
        self.leadsToServedRow = leadsToServedRow
    }
}
