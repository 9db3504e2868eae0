package import EventSourcing

/// Says which part of the log a reader wants: whose events, after which position, and up to which.
package struct EventSelection: Equatable, Sendable {
    /// Whose events, in the order of their positions.
    package enum Streams: Equatable, Sendable {
        case all
        case categories([String])
        case named([StreamName])
        /// One stream, from the version after this one on.
        case one(StreamName, afterVersion: Int)
    }

    package var streams: Streams
    package var after: Position
    /// The last position that is wanted; nil for whatever there is when the reader gets there.
    package var upTo: Position?

    package init(_ streams: Streams, after: Position = .start, upTo: Position? = nil) {
        self.streams = streams
        self.after = after
        self.upTo = upTo
    }

    package static func everything(after position: Position = .start, upTo: Position? = nil) -> EventSelection {
        EventSelection(.all, after: position, upTo: upTo)
    }

    package static func stream(
        _ name: StreamName, afterVersion: Int = 0, upTo: Position? = nil
    ) -> EventSelection {
        EventSelection(.one(name, afterVersion: afterVersion), upTo: upTo)
    }

    /// What is left after a page that ended with `event`.
    package func continued(after event: RecordedEvent) -> EventSelection {
        continued(after: event.position, version: event.streamVersion)
    }

    /// What is left after a page that ended with an event of this position and version.
    package func continued(after position: Position, version: Int) -> EventSelection {
        var rest = self
        rest.after = position
        if case .one(let name, _) = streams { rest.streams = .one(name, afterVersion: version) }
        return rest
    }
}

/// Some events in order, and what comes after them.
package struct EventPage: Sendable {
    package typealias Decode = @Sendable () async throws(EventStoreError) -> [RecordedEvent]

    /// nil at the end of what there is.
    package let rest: EventSelection?
    private let decode: Decode

    /// With `decode` the next page can be asked for before this one is decoded, so that the database does not wait for that.
    package init(rest: EventSelection?, decode: @escaping Decode) {
        self.rest = rest
        self.decode = decode
    }

    package init(events: [RecordedEvent], rest: EventSelection?) { self.init(rest: rest) { events } }

    package func events() async throws(EventStoreError) -> [RecordedEvent] { try await decode() }
}

/// A part of the log, page by page, in constant memory however long it is.
///
/// Pulled by its consumer: while that works on one page the next is fetched, and none beyond it. Each page is a query of its own, so
/// that no transaction stays open while a slow consumer thinks, and a reader that broke off goes on after the last position it has.
package struct EventPages: AsyncSequence, Sendable {
    package typealias Element = [RecordedEvent]
    package typealias Failure = EventStoreError
    package typealias Fetch = @Sendable (EventSelection) async throws(EventStoreError) -> EventPage

    private let selection: EventSelection
    private let fetch: Fetch

    package init(_ selection: EventSelection, fetch: @escaping Fetch) {
        self.selection = selection
        self.fetch = fetch
    }

    package func makeAsyncIterator() -> Iterator { Iterator(selection: selection, fetch: fetch) }

    /// Holds at most one page beside the one that the consumer has.
    package struct Iterator: AsyncIteratorProtocol {
        private var selection: EventSelection?
        private let fetch: Fetch
        private var ahead: PageAhead?

        fileprivate init(selection: EventSelection, fetch: @escaping Fetch) {
            self.selection = selection
            self.fetch = fetch
        }

        /// The next events, never an empty page; nil at the end.
        package mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(EventStoreError) -> [RecordedEvent]? {
            while let wanted = selection {
                let page = try await (ahead ?? PageAhead(wanted, fetch)).page()
                selection = page.rest
                ahead = page.rest.map { PageAhead($0, fetch) }
                let events = try await page.events()
                if !events.isEmpty { return events }
            }
            return nil
        }
    }
}

/// The page that is fetched while the consumer works. Its task ends with it, so an iterator that is dropped leaves nothing behind.
private final class PageAhead: Sendable {
    private let task: Task<Result<EventPage, EventStoreError>, Never>

    init(_ selection: EventSelection, _ fetch: @escaping EventPages.Fetch) {
        task = Task {
            do throws(EventStoreError) { return .success(try await fetch(selection)) } catch { return .failure(error) }
        }
    }

    deinit { task.cancel() }

    func page() async throws(EventStoreError) -> EventPage {
        let task = task
        return try await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }.get()
    }
}

extension EventStore {
    /// Everything that is selected, in order, page by page: the way to read what may be long.
    package func pages(of selection: EventSelection) -> EventPages {
        EventPages(selection) { rest throws(EventStoreError) in try await page(of: rest) }
    }
}
