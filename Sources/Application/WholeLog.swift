package import EventSourcing

/// The log with its archived beginning, for those who tell stories: what is not in the database any more is read from the files.
///
/// What deciders read is not: a command on a stream whose beginning is archived is refused until the archive is restored.
package struct WholeLog: EventStore, StreamDirectory {
    private let store: any EventStore & StreamDirectory
    private let shelf: any ArchiveShelf
    private let opener: any PersonalDataOpener

    package init(
        _ store: any EventStore & StreamDirectory, _ shelf: any ArchiveShelf, opening opener: any PersonalDataOpener
    ) {
        self.store = store
        self.shelf = shelf
        self.opener = opener
    }

    package func page(of selection: EventSelection) async throws(EventStoreError) -> EventPage {
        do throws(EventStoreError) {
            return try await store.page(of: selection)
        } catch .archived {
            let archives: any EventArchives
            do throws(EventArchiveError) { archives = try await shelf.open() } catch { throw EventStoreError(error) }
            return try await archives.page(of: selection, and: store, opening: opener)
        }
    }

    package func events(of stream: StreamName, from version: Int) async throws(EventStoreError) -> [RecordedEvent] {
        try await store.events(of: stream, from: version)
    }

    package func events(
        after position: Position, categories: [String], limit: Int
    ) async throws(EventStoreError) -> [RecordedEvent] {
        try await store.events(after: position, categories: categories, limit: limit)
    }

    package func events(
        of stream: StreamName, from version: Int, limit: Int
    ) async throws(EventStoreError) -> [RecordedEvent] {
        do throws(EventStoreError) {
            return try await store.events(of: stream, from: version, limit: limit)
        } catch .archived {
            var found: [RecordedEvent] = []
            var pages = pages(of: EventSelection(.one(stream, afterVersion: version - 1))).makeAsyncIterator()
            while found.count < limit, let page = try await pages.next() { found += page }
            return Array(found.prefix(limit))
        }
    }

    package func version(of stream: StreamName) async throws(EventStoreError) -> Int {
        try await store.version(of: stream)
    }

    package func storedTypes() async throws(EventStoreError) -> [StoredEventType] { try await store.storedTypes() }
    package func head() async throws(EventStoreError) -> Position { try await store.head() }

    package func append(_ append: Append) async throws(EventStoreError) -> AppendOutcome {
        try await store.append(append)
    }

    package func outcome(of command: CommandIdentity) async throws(EventStoreError) -> AppendOutcome? {
        try await store.outcome(of: command)
    }

    package func wakeUps() -> AsyncStream<Void> { store.wakeUps() }

    package func streams(
        category: String, idPrefix prefix: String
    ) async throws(EventStoreError) -> [StreamName] {
        try await store.streams(category: category, idPrefix: prefix)
    }
}
