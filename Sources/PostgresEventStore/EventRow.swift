import Application
import EventSourcing
import FoundationEssentials
import Postgres

/// Reads events from rows in binary form.
enum EventRow {
    /// The columns of the `page_of_….sql` statements.
    private enum Column {
        static let position = 0
        static let category = 1
        static let streamID = 2
        static let streamVersion = 3
        static let eventID = 4
        static let type = 5
        static let schemaVersion = 6
        static let payload = 7
        static let metadata = 8
        static let recordedAt = 9
    }

    /// Where a page ended.
    struct Place {
        let position: Position
        let version: Int
    }

    static func lastPlace(_ page: PostgresPage) throws(PostgresError) -> Place? {
        guard page.count > 0 else { return nil }
        return Place(
            position: Position(try page.int64(page.count - 1, Column.position)),
            version: Int(try page.int64(page.count - 1, Column.streamVersion)))
    }

    static func events(_ page: PostgresPage) throws(PostgresError) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        events.reserveCapacity(page.count)
        for row in 0..<page.count { events.append(try event(page, row, after: events)) }
        return events
    }

    /// What the event shares with the one before is read once, and held once: all events of one append have its metadata.
    private static func event(
        _ page: PostgresPage, _ row: Int, after events: [RecordedEvent]
    ) throws(PostgresError) -> RecordedEvent {
        func isShared(_ column: Int) -> Bool { row > 0 && page.isEqual(row, row - 1, column) }
        return RecordedEvent(
            position: Position(try page.int64(row, Column.position)),
            stream: StreamName(
                category: try page.string(row, Column.category), id: try page.string(row, Column.streamID)),
            streamVersion: Int(try page.int64(row, Column.streamVersion)),
            id: EventID(try page.uuid(row, Column.eventID)),
            type: isShared(Column.type) ? events[row - 1].type : EventType(try page.string(row, Column.type)),
            schemaVersion: Int(try page.int32(row, Column.schemaVersion)),
            payload: String(decoding: try page.jsonb(row, Column.payload), as: UTF8.self),
            metadata: isShared(Column.metadata)
                ? events[row - 1].metadata : try metadata(page.jsonb(row, Column.metadata)),
            recordedAt: Timestamp(microseconds: try page.timestamptz(row, Column.recordedAt)))
    }

    private static func metadata(_ json: ArraySlice<UInt8>) throws(PostgresError) -> EventMetadata {
        do {
            return try EventMetadata(json: json)
        } catch {
            throw .decoding(column: "metadata", reason: "\(error)")
        }
    }
}
