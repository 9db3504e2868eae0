package import EventSourcing

/// The log with its archived beginning, for those who tell stories: what is selected is read from the files first.
///
/// What deciders read is not: a command on a stream whose beginning is archived is refused until the archive is restored.
package struct WholeLog: EventStore, StreamDirectory {
    private let store: any EventStore & StreamDirectory
    private let archives: any EventArchives
    private let opener: any PersonalDataOpener

    package init(
        _ store: any EventStore & StreamDirectory, _ archives: any EventArchives, opening opener: any PersonalDataOpener
    ) {
        self.store = store
        self.archives = archives
        self.opener = opener
    }

    package func page(of selection: EventSelection) async throws(EventStoreError) -> EventPage {
        try await archives.page(of: selection, and: store, opening: opener)
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
        try await store.events(of: stream, from: version, limit: limit)
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
