import Application
import Domain
import EventSourcing
import Postgres
import PostgresEventStore
import Synchronization
import TestSupport
import Testing

@Suite struct `Reading page by page` {
    @Test func `gives what a reader asked for, in order, whatever the selection`() async throws {
        try await withStore { store, _ in
            for number in 0..<40 {
                _ = try await store.append(Facts.append(["a", "b"], to: "c-\(number % 7)", expecting: .any))
                _ = try await store.append(Self.cluster("k-\(number % 3)"))
            }
            let all = try await store.events(after: .start, categories: [], limit: 1000)
            #expect(all.count == 120)
            func read(_ selection: EventSelection) async throws -> [RecordedEvent] {
                var events: [RecordedEvent] = []
                for try await page in store.pages(of: selection) {
                    #expect(!page.isEmpty)
                    events += page
                }
                return events
            }
            #expect(try await read(.everything()) == all)
            #expect(try await read(.everything(after: Position(17), upTo: Position(31))) == Array(all[17..<31]))
            #expect(try await read(.everything(after: Position(120))) == [])
            let clusters = all.filter { $0.stream.category == "cluster" }
            #expect(try await read(EventSelection(.categories(["cluster"]))) == clusters)
            #expect(try await read(EventSelection(.categories(["cluster", "customer", "none"]))) == all)
            let named = [Facts.customer("c-3"), StreamName(category: "cluster", id: "k-1"), Facts.customer("none")]
            #expect(
                try await read(EventSelection(.named(named), after: Position(9), upTo: Position(99)))
                    == all.filter { named.contains($0.stream) && (10...99).contains($0.position.rawValue) })
            let one = all.filter { $0.stream == named[0] }
            #expect(try await read(.stream(named[0], afterVersion: 2)) == Array(one.dropFirst(2)))
            #expect(try await store.events(of: named[0], from: 2, limit: 3) == Array(one[1..<4]))
        }
    }

    @Test func `ends a page by its bytes where events are large, and loses none`() async throws {
        try await withStore { store, _ in
            let name = String(repeating: "x", count: 400_000)
            for number in 0..<12 {
                _ = try await store.append(Facts.append(["\(number)", name], to: "big", expecting: .any))
            }
            var versions: [Int] = []
            for try await page in store.pages(of: .everything()) {
                #expect(page.count < 12)
                versions += page.map(\.streamVersion)
            }
            #expect(versions == Array(1...24))
            #expect(try await store.events(of: Facts.customer("big"), from: 1).count == 24)
        }
    }

    @Test func `fetches one page ahead of its reader and none beyond it`() async throws {
        let (fetches, fetched) = AsyncStream<Int64>.makeStream()
        let pages = EventPages(.everything()) { rest in
            let event = Self.event(at: rest.after.rawValue + 1)
            fetched.yield(event.position.rawValue)
            return EventPage(events: [event], rest: rest.continued(after: event))
        }
        var seen = fetches.makeAsyncIterator()
        var iterator = pages.makeAsyncIterator()
        for expected: Int64 in 1...5 {
            #expect(try await iterator.next()?.map(\.position.rawValue) == [expected])
            // Everything that was fetched up to now; the next page comes by itself, and the one after it does not.
            if expected == 1 { #expect(await seen.next() == 1) }
            #expect(await seen.next() == expected + 1)
        }
        fetched.finish()
        #expect(await seen.next() == nil)
    }

    @Test func `ends with the task of its reader`() async throws {
        let pages = EventPages(.everything()) { rest throws(EventStoreError) in
            // Ended by the cancellation that the test is about, long before its time.
            do { try await ContinuousClock().sleep(for: .seconds(3600)) } catch { throw .cancelled }
            return EventPage(events: [], rest: nil)
        }
        let reader = Task { () -> EventStoreError? in
            do throws(EventStoreError) {
                for try await _ in pages {}
                return nil
            } catch {
                return error
            }
        }
        reader.cancel()
        #expect(await reader.value == .cancelled)
    }

    private static func cluster(_ id: String) -> Append {
        Append(
            [
                StreamAppend(
                    StreamName(category: "cluster", id: id), expected: .any,
                    events: [NewEvent(id: Facts.uuid(), form: ClusterEvent.uncordoned.stored)])
            ], metadata: Facts.metadata)
    }

    private static func event(at position: Int64) -> RecordedEvent {
        RecordedEvent(
            position: Position(position), stream: Facts.customer("a"), streamVersion: Int(position), id: Facts.uuid(),
            type: "customer.reinstated", schemaVersion: 1, payload: "{}", metadata: Facts.metadata,
            recordedAt: Timestamp(microseconds: 0))
    }
}

@Suite struct `The check of a log` {
    @Test func `finds every type and version readable in a log of this build`() async throws {
        try await withStore { store, _ in
            for fixture in try Fixtures.all() {
                _ = try await store.append(try Self.append(fixture.type, fixture.version, fixture.text))
            }
            let check = LogCheck(store: store)
            try await check.requireKnownTypes()
            for report in [try await check.sample(), try await check.all()] {
                #expect(report.isReadable)
                #expect(report.types.count == (try Fixtures.all().count))
                #expect(report.types.allSatisfy { $0.eventsRead > 0 })
            }
        }
    }

    @Test func `names what this build does not know, and refuses it`() async throws {
        try await withStore { store, _ in
            _ = try await store.append(Facts.append(["a"], to: "a", expecting: .any))
            _ = try await store.append(try Self.append("customer.teleported", 1, "{}"))
            _ = try await store.append(try Self.append("customer.created", 9, "{}"))
            let check = LogCheck(store: store)
            let unknown = [
                StoredEventType("customer.created", schemaVersion: 9, firstPosition: Position(3)),
                StoredEventType("customer.teleported", schemaVersion: 1, firstPosition: Position(2)),
            ]
            await #expect(throws: UnreadableLog(unknown: unknown)) { try await check.requireKnownTypes() }
            let report = try await check.sample()
            #expect(!report.isReadable)
            #expect(report.types.filter { $0.problem != nil }.map(\.stored) == unknown)
        }
    }

    @Test func `finds a damaged payload, and says where the first one is`() async throws {
        try await withStore { store, _ in
            _ = try await store.append(Facts.append(["a", "b"], to: "a", expecting: .any))
            _ = try await store.append(try Self.append("customer.created", 1, #"{"title": "no name"}"#))
            _ = try await store.append(try Self.append("customer.created", 1, #"{"title": "no name"}"#))
            let done = Mutex<[Int64]>([])
            let report = try await LogCheck(store: store).all { position, total in
                done.withLock { $0 += [position, total] }
            }
            #expect(report.types.map(\.eventsRead) == [4])
            #expect(report.types.first?.problem?.position == Position(3))
            #expect(done.withLock { $0 } == [4, 4])
        }
    }

    private static func append(_ type: EventType, _ version: Int, _ text: String) throws -> Append {
        let form = StoredForm(type, version: version, try JSONText.decode(JSONValue.self, from: text))
        return Append(
            [StreamAppend(Facts.customer("x"), expected: .any, events: [NewEvent(id: Facts.uuid(), form: form)])],
            metadata: Facts.metadata)
    }
}
