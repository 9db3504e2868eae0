package import Domain
package import EventSourcing

/// Whose story is told.
package enum ReplaySubject: Hashable, Sendable {
    case stream(StreamName)
    /// The customer's own stream, its deployments and their names, and what was done with its personal data, in the order of the log.
    case customer(ID<Customer>)
}

/// Which end of the story comes first. Backward gives the same entries, the last first.
package enum ReplayDirection: String, CaseIterable, Codable, Sendable {
    case forward, backward
}

/// What the one who asked for a replay must react to.
package enum ReplayError: Error, Equatable, Sendable {
    /// There is no such stream, or there was none yet at the moment that was asked for.
    case nothing(ReplaySubject)
    /// The log begins in the middle of this stream, what was before is in an archive: replay from there.
    case archived(StreamName, firstVersion: Int)
    /// Ask for a stream of a category whose states are known.
    case unknownCategory(String, known: [String])
    /// Ask again with a limit within the bounds.
    case badLimit(allowed: ClosedRange<Int>)
    /// There is no such position yet: ask for one up to the head.
    case beyondHead(Position, head: Position)
    case store(EventStoreError)
}

/// Tells what happened event by event, with the state after each and what it changed, from the log and nothing else.
///
/// States follow from all that was before, so every page is folded from the beginning, in the memory of one page.
package struct Replay: Sendable {
    let store: any EventStore
    let directory: any StreamDirectory

    package static let limitMax = 1_000

    package init(store: any EventStore, directory: any StreamDirectory) {
        self.store = store
        self.directory = directory
    }

    /// At most `limit` entries after `position` in the direction of the replay; nil for its beginning. With `asOf` the story ends at
    /// that moment, and a backward replay begins there.
    package func page(
        _ subject: ReplaySubject, _ direction: ReplayDirection = .forward, after position: Position? = nil,
        limit: Int = 100, asOf: Moment? = nil
    ) async throws(ReplayError) -> ReplayPage {
        let limits = 1...Self.limitMax
        guard limits.contains(limit) else { throw .badLimit(allowed: limits) }
        let story = try await story(of: subject, asOf: asOf)
        return try await page(story, direction, after: position, limit: limit)
    }

    /// Hands out the whole story, entry by entry.
    package func run(
        _ subject: ReplaySubject, _ direction: ReplayDirection = .forward, asOf: Moment? = nil,
        isolation actor: isolated (any _Concurrency.Actor)? = #isolation, _ body: (ReplayEntry) async throws -> Void
    ) async throws {
        let story = try await story(of: subject, asOf: asOf)
        var next: Position?
        guard direction == .forward else {
            repeat {
                let page = try await page(story, .backward, after: next, limit: Self.limitMax)
                for entry in page.entries { try await body(entry) }
                next = page.next
            } while next != nil
            return
        }
        var fold = ReplayFold()
        for try await events in store.pages(of: story.selection) {
            for event in events {
                if try story.tells(event) { try await body(try fold.take(event)) } else { try fold.pass(event) }
            }
        }
    }

    private func page(
        _ story: Story, _ direction: ReplayDirection, after position: Position?, limit: Int
    ) async throws(ReplayError) -> ReplayPage {
        switch direction {
        case .forward: try await forwardPage(story, after: position ?? .start, limit: limit)
        case .backward: try await backwardPage(story, before: position, limit: limit)
        }
    }

    private func forwardPage(
        _ story: Story, after position: Position, limit: Int
    ) async throws(ReplayError) -> ReplayPage {
        var fold = ReplayFold()
        var entries: [ReplayEntry] = []
        var pages = store.pages(of: story.selection).makeAsyncIterator()
        while let events = try await next(&pages) {
            for event in events {
                guard try story.tells(event), event.position > position else {
                    try fold.pass(event)
                    continue
                }
                if entries.count == limit { return ReplayPage(entries: entries, next: entries.last?.position) }
                entries.append(try fold.take(event))
            }
        }
        return ReplayPage(entries: entries, next: nil)
    }

    private func backwardPage(
        _ story: Story, before position: Position?, limit: Int
    ) async throws(ReplayError) -> ReplayPage {
        var selection = story.selection
        if let position {
            let last = Position(position.rawValue - 1)
            selection.upTo = selection.upTo.map { min($0, last) } ?? last
        }
        var fold = ReplayFold()
        var entries: [ReplayEntry] = []
        var pages = store.pages(of: selection).makeAsyncIterator()
        while let events = try await next(&pages) {
            for event in events {
                guard try story.tells(event) else {
                    try fold.pass(event)
                    continue
                }
                entries.append(try fold.take(event))
                // Only the last are wanted, and one more to know whether there are others.
                if entries.count > 2 * limit + 1 { entries.removeFirst(entries.count - limit - 1) }
            }
        }
        let last = Array(entries.suffix(limit).reversed())
        return ReplayPage(entries: last, next: entries.count > limit ? last.last?.position : nil)
    }

    private func next(_ pages: inout EventPages.Iterator) async throws(ReplayError) -> [RecordedEvent]? {
        do throws(EventStoreError) {
            return try await pages.next()
        } catch {
            throw .store(error)
        }
    }
}
