package import EventSourcing

/// The beginning of the log as files, for those who replay or verify what is no longer in the database.
package protocol EventArchives: Sendable {
    /// Everything up to here can be read from the files; 0 without any.
    var lastPosition: Position { get }

    /// Archived events after a position and up to another, in order, a few thousand at most: the next call goes on after the last one.
    /// Empty only if nothing in between is archived.
    func events(after position: Position, upTo: Position) async throws(EventArchiveError) -> [ArchivedEvent]
}

/// Where the files of archived events are kept, as it is now: ranges are archived and restored while servers run.
package protocol ArchiveShelf: Sendable {
    /// What is archived, opened; `missing` says which file is not there and what is to be set.
    func open() async throws(EventArchiveError) -> any EventArchives
}

/// An event as an archive holds it: with all that its leaf in the audit tree is made of.
package struct ArchivedEvent: Equatable, Sendable {
    /// Personal values are sealed in it.
    package let event: RecordedEvent
    /// The metadata as JSON text, as they were stored.
    package let metadata: String
    package let leafHash: [UInt8]

    package init(event: RecordedEvent, metadata: String, leafHash: [UInt8]) {
        self.event = event
        self.metadata = metadata
        self.leafHash = leafHash
    }
}

/// What somebody who works with archives must react to.
package enum EventArchiveError: Error, Equatable, Sendable {
    /// A file does not hold what its manifest or the database says: take another copy of it.
    case damaged(file: String, reason: String)
    /// A file or range is not where it should be.
    case missing(String)
    /// The range may not be archived or restored now, and why.
    case refused(String)
    /// The database or the disk does not do what it should: try again. Every step can be repeated.
    case unavailable(reason: String)
}

extension EventArchives {
    /// What is selected, first from the archives and then from the store, as one sequence in which personal values are open.
    package func pages(
        of selection: EventSelection, and store: any EventStore, opening opener: any PersonalDataOpener
    ) -> EventPages {
        EventPages(selection) { rest throws(EventStoreError) in
            try await page(of: rest, and: store, opening: opener)
        }
    }

    /// The first page of what is selected, wherever it lies.
    func page(
        of selection: EventSelection, and store: any EventStore, opening opener: any PersonalDataOpener
    ) async throws(EventStoreError) -> EventPage {
        selection.after < lastPosition ? try await page(of: selection, opener) : try await store.page(of: selection)
    }

    private func page(
        of selection: EventSelection, _ opener: any PersonalDataOpener
    ) async throws(EventStoreError) -> EventPage {
        let end = selection.upTo.map { min($0, lastPosition) } ?? lastPosition
        let archived: [ArchivedEvent]
        do throws(EventArchiveError) {
            archived = try await events(after: selection.after, upTo: end)
        } catch {
            throw EventStoreError(error)
        }
        guard let last = archived.last?.event else { return EventPage(events: [], rest: nil) }
        let wanted = archived.filter { selection.holds($0.event) }
        let version = wanted.last?.event.streamVersion ?? selection.afterVersion
        let isEnd = selection.upTo.map { $0 <= last.position } ?? false
        return EventPage(rest: isEnd ? nil : selection.continued(after: last.position, version: version)) {
            () throws(EventStoreError) in
            do {
                return try await opener.opened(wanted)
            } catch {
                throw .unavailable(reason: "the archive cannot be opened: \(error)")
            }
        }
    }
}

extension EventStoreError {
    init(_ error: EventArchiveError) {
        self =
            switch error {
            case .damaged, .missing: .archiveUnreadable(reason: "\(error)")
            case .refused, .unavailable: .unavailable(reason: "\(error)")
            }
    }
}

extension PersonalDataOpener {
    fileprivate func opened(_ archived: [ArchivedEvent]) async throws -> [RecordedEvent] {
        guard !archived.isEmpty else { return [] }
        let texts = try await opened(archived.map(\.event.payload) + archived.map(\.metadata))
        return try archived.enumerated().map { index, archived in
            let event = archived.event
            return RecordedEvent(
                position: event.position, stream: event.stream, streamVersion: event.streamVersion, id: event.id,
                type: event.type, schemaVersion: event.schemaVersion, payload: texts[index],
                metadata: try EventMetadata(json: Array(texts[texts.count / 2 + index].utf8)[...]),
                recordedAt: event.recordedAt)
        }
    }
}

extension EventSelection {
    fileprivate var afterVersion: Int {
        if case .one(_, let version) = streams { version } else { 0 }
    }

    fileprivate func holds(_ event: RecordedEvent) -> Bool {
        switch streams {
        case .all: true
        case .categories(let names): names.contains(event.stream.category)
        case .named(let names): names.contains(event.stream)
        case .one(let name, let version): event.stream == name && event.streamVersion > version
        }
    }
}
