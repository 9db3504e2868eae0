import Domain
package import EventSourcing

/// Tells whether this build can read a log: before it is deployed over the samples or all of the events, and when it starts over the
/// types alone.
package struct LogCheck: Sendable {
    /// Reads an event and throws away what it says.
    package typealias Reader = @Sendable (RecordedEvent) throws(UnreadableEvent) -> Void

    private let store: any EventStore
    private let knows: @Sendable (EventType, Int) -> Bool
    private let read: Reader

    /// Windows of the log that a sample looks into, evenly spread, and the events of each.
    private static let windowCount: Int64 = 64
    private static let windowSize = 50

    package init(store: any EventStore) {
        self.init(store: store, knows: { DomainEvents.knows($0, version: $1) }) { event throws(UnreadableEvent) in
            _ = try DomainEvents.read(event.type, version: event.schemaVersion, payload: JSONPayload(event.payload))
        }
    }

    package init(
        store: any EventStore, knows: @escaping @Sendable (EventType, Int) -> Bool, reader: @escaping Reader
    ) {
        self.store = store
        self.knows = knows
        self.read = reader
    }

    /// Throws `UnreadableLog` if the log holds a type or version that this build has no reader for. One small query, whatever the log's
    /// size.
    package func requireKnownTypes() async throws {
        let unknown = try await store.storedTypes().filter { !knows($0.type, $0.schemaVersion) }
        guard unknown.isEmpty else { throw UnreadableLog(unknown: unknown) }
    }

    /// Reads the first event of each type and version, what is around the log's end, and windows between.
    package func sample() async throws(EventStoreError) -> LogReport {
        var report = LogReport(try await store.storedTypes(), knows)
        for stored in report.types.map(\.stored) {
            try await check(after: stored.firstPosition.rawValue - 1, limit: 1, &report)
        }
        let head = try await store.head().rawValue
        let step = max(head / Self.windowCount, Int64(Self.windowSize))
        for start in stride(from: 0, to: head, by: Int64.Stride(step)) {
            try await check(after: start, limit: Self.windowSize, &report)
        }
        try await check(after: max(0, head - Int64(Self.windowSize)), limit: Self.windowSize, &report)
        return report
    }

    /// Reads every event that is in the database; `progress` hears how many of how many positions are done.
    package func all(
        progress: @Sendable (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) async throws(EventStoreError) -> LogReport {
        var report = LogReport(try await store.storedTypes(), knows)
        let head = try await store.head()
        var selection = EventSelection.everything(upTo: head)
        do throws(EventStoreError) {
            _ = try await store.events(after: .start, categories: [], limit: 1)
        } catch .archived(let upTo) {
            report.archivedUpTo = upTo
            selection.after = upTo
        }
        for try await page in store.pages(of: selection) {
            for event in page { report.note(event, read) }
            progress(page.last?.position.rawValue ?? 0, head.rawValue)
        }
        return report
    }

    private func check(
        after position: Int64, limit: Int, _ report: inout LogReport
    ) async throws(EventStoreError) {
        do throws(EventStoreError) {
            for event in try await store.events(after: Position(position), categories: [], limit: limit) {
                report.note(event, read)
            }
        } catch .archived(let upTo) {
            // Archives are read when they are restored; what lies in the database is checked all the same.
            report.archivedUpTo = max(upTo, report.archivedUpTo)
        }
    }
}

/// What this build makes of each type and version of a log.
package struct LogReport: Equatable, Sendable {
    /// One type and version.
    package struct TypeReport: Equatable, Sendable {
        package let stored: StoredEventType
        /// Events that were read; the same event may count twice where samples overlap.
        package fileprivate(set) var eventsRead = 0
        /// The first event that could not be read, and why.
        package fileprivate(set) var problem: Problem?
    }

    /// Why an event cannot be read.
    package struct Problem: Equatable, Sendable {
        package let position: Position
        package let error: UnreadableEvent
    }

    package private(set) var types: [TypeReport]
    /// Events up to here are in archive files and were not looked at.
    package fileprivate(set) var archivedUpTo = Position.start

    package var isReadable: Bool { types.allSatisfy { $0.problem == nil } }

    /// A type without a reader is a problem wherever its events lie.
    fileprivate init(_ stored: [StoredEventType], _ knows: (EventType, Int) -> Bool) {
        types = stored.map { stored in
            TypeReport(
                stored: stored,
                problem: knows(stored.type, stored.schemaVersion)
                    ? nil
                    : Problem(
                        position: stored.firstPosition, error: .unknownType(stored.type, version: stored.schemaVersion))
            )
        }
    }

    fileprivate mutating func note(_ event: RecordedEvent, _ read: LogCheck.Reader) {
        let known = types.firstIndex { $0.stored.type == event.type && $0.stored.schemaVersion == event.schemaVersion }
        let place = known ?? types.endIndex
        if known == nil {  // Appended since the types were listed.
            types.append(
                TypeReport(
                    stored: StoredEventType(
                        event.type, schemaVersion: event.schemaVersion, firstPosition: event.position)))
        }
        types[place].eventsRead += 1
        do throws(UnreadableEvent) {
            try read(event)
        } catch {
            let position = types[place].problem.map { min($0.position, event.position) } ?? event.position
            types[place].problem = Problem(position: position, error: error)
        }
    }
}

/// The log holds events that this build has no reader for: a newer build wrote them.
package struct UnreadableLog: Error, Equatable, CustomStringConvertible {
    package let unknown: [StoredEventType]

    package init(unknown: [StoredEventType]) { self.unknown = unknown }

    package var description: String {
        let names = unknown.map { "\($0.type) v\($0.schemaVersion) (first at \($0.firstPosition))" }
        return "this build cannot read the log: it does not know \(names.joined(separator: ", ")). Run a newer build."
    }
}
