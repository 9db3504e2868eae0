package import Application
package import EventSourcing
import Postgres

extension PostgresEventStore {
    /// More rows gain nothing in speed (measured: 500 to 4,000 are within 5 %), and a reader holds two pages.
    private static let pageRowsMax = 1_000
    /// Ends a page before its rows do; a template's submission may have megabytes.
    private static let pageBytesMax = 1 << 20

    package func page(of selection: EventSelection) async throws(EventStoreError) -> EventPage {
        try await page(of: selection, limit: Self.pageRowsMax)
    }

    package func events(
        of stream: StreamName, from version: Int
    ) async throws(EventStoreError) -> [RecordedEvent] {
        try await events(of: stream, from: version, limit: .max)
    }

    package func events(
        of stream: StreamName, from version: Int, limit: Int
    ) async throws(EventStoreError) -> [RecordedEvent] {
        try await collect(.stream(stream, afterVersion: version - 1), limit: limit)
    }

    package func events(
        after position: Position, categories: [String], limit: Int
    ) async throws(EventStoreError) -> [RecordedEvent] {
        try await collect(
            EventSelection(categories.isEmpty ? .all : .categories(categories), after: position), limit: limit)
    }

    package func version(of stream: StreamName) async throws(EventStoreError) -> Int {
        do throws(PostgresError) {
            let row = try await pool.query(Statement.versionOfStream, [.text(stream.category), .text(stream.id)]).first
            return try row?.int("version") ?? 0
        } catch {
            throw EventStoreError(error)
        }
    }

    package func head() async throws(EventStoreError) -> Position {
        do throws(PostgresError) {
            return Position(try await pool.query(Statement.head).first?.int64("position") ?? 0)
        } catch {
            throw EventStoreError(error)
        }
    }

    package func storedTypes() async throws(EventStoreError) -> [StoredEventType] {
        do throws(PostgresError) {
            return try await pool.query(Statement.storedTypes).map { row throws(PostgresError) in
                StoredEventType(
                    EventType(try row.string("type")), schemaVersion: try row.int("schema_version"),
                    firstPosition: Position(try row.int64("first_position")))
            }
        } catch {
            throw EventStoreError(error)
        }
    }

    private func collect(_ selection: EventSelection, limit: Int) async throws(EventStoreError) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        var rest: EventSelection? = selection
        while let wanted = rest, events.count < limit {
            let page = try await page(of: wanted, limit: min(limit - events.count, Self.pageRowsMax))
            if events.isEmpty { events = try await page.events() } else { events += try await page.events() }
            rest = page.rest
        }
        return events
    }

    private func page(of selection: EventSelection, limit: Int) async throws(EventStoreError) -> EventPage {
        let (statement, parameters) = Self.query(selection, limit: limit)
        let (rows, last): (PostgresPage, EventRow.Place?)
        do throws(PostgresError) {
            rows = try await pool.page(statement, parameters, bytesMax: Self.pageBytesMax)
            last = try EventRow.lastPlace(rows)
            if last == nil {
                // Each statement asks this too, for each row. Where the planner finds that no partition can hold any, nothing is asked.
                let (check, parameters) = Self.availability(selection)
                try await pool.query(check, parameters)
            }
        } catch {
            throw EventStoreError(error)
        }
        let isEnd = rows.count < limit && !rows.isCut
        return EventPage(rest: isEnd ? nil : last.map { selection.continued(after: $0.position, version: $0.version) })
        {
            [vault] () throws(EventStoreError) in
            let events: [RecordedEvent]
            do throws(PostgresError) { events = try EventRow.events(rows) } catch { throw EventStoreError(error) }
            return try await vault.opened(events)
        }
    }

    /// What fails if some of a selection's beginning is archived.
    private static func availability(_ selection: EventSelection) -> (String, [PostgresValue]) {
        guard case .one(let stream, let version) = selection.streams else {
            return (Statement.requireAvailable, [.int8(selection.after.rawValue)])
        }
        return (
            Statement.requireStreamAvailable, [.text(stream.category), .text(stream.id), .int8(Int64(version))]
        )
    }

    private static func query(_ selection: EventSelection, limit: Int) -> (String, [PostgresValue]) {
        let range: [PostgresValue] = [
            .int8(selection.after.rawValue), .int8(selection.upTo?.rawValue ?? .max), .int8(Int64(limit)),
        ]
        switch selection.streams {
        case .all: return (Statement.pageOfLog, range)
        case .categories(let names): return (Statement.pageOfCategories, range + [.textArray(names)])
        case .named(let streams):
            return (
                Statement.pageOfStreams,
                range + [.textArray(streams.map(\.category)), .textArray(streams.map(\.id))]
            )
        case .one(let stream, let version):
            return (
                Statement.pageOfStream, [.text(stream.category), .text(stream.id), .int8(Int64(version))] + range
            )
        }
    }
}
