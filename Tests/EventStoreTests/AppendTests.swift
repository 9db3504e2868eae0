import Application
import Domain
import EventSourcing
import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `Appending` {
    @Test func `gives back what was written, in order`() async throws {
        try await withStore { store, _ in
            let fact = CustomerEvent.created(.init(name: "Čapek & söhne \"☃\"", contactEmail: "a/b@example.org"))
            let id = Facts.uuid()
            let outcome = try await store.append(
                Append(
                    [
                        StreamAppend(
                            Facts.customer("a-1"), expected: .noStream, events: [NewEvent(id: id, form: fact.stored)])
                    ], metadata: Facts.metadata))
            #expect(outcome == AppendOutcome(position: Position(1), versions: ["customer-a-1": 1], isRepetition: false))
            let events = try await store.events(of: Facts.customer("a-1"), from: 1)
            let event = try #require(events.first)
            #expect(events.count == 1)
            #expect(try CustomerEvent(event) == fact)
            #expect((event.position, event.streamVersion, event.id) == (Position(1), 1, id))
            #expect((event.type, event.schemaVersion) == ("customer.created", 1))
            #expect(event.metadata == Facts.metadata)
            #expect(event.stream == Facts.customer("a-1"))
        }
    }

    @Test func `to a new stream needs it to be new`() async throws {
        try await withStore { store, _ in
            _ = try await store.append(Facts.append(["one"], to: "a", expecting: .noStream))
            await #expect(throws: EventStoreError.versionConflict(Facts.customer("a"), actual: 1)) {
                try await store.append(Facts.append(["two"], to: "a", expecting: .noStream))
            }
        }
    }

    @Test func `to a stream that exists needs an event in it`() async throws {
        try await withStore { store, _ in
            await #expect(throws: EventStoreError.versionConflict(Facts.customer("a"), actual: 0)) {
                try await store.append(Facts.append(["one"], to: "a", expecting: .exists))
            }
            _ = try await store.append(Facts.append(["one"], to: "a", expecting: .any))
            let outcome = try await store.append(Facts.append(["two"], to: "a", expecting: .exists))
            #expect(outcome.versions == ["customer-a": 2])
        }
    }

    @Test(arguments: [0, 1, 3, 4])
    func `at a version needs exactly that version`(version: Int) async throws {
        try await withStore { store, _ in
            _ = try await store.append(Facts.append(["one", "two"], to: "a", expecting: .exactly(0)))
            await #expect(throws: EventStoreError.versionConflict(Facts.customer("a"), actual: 2)) {
                try await store.append(Facts.append(["three"], to: "a", expecting: .exactly(version)))
            }
            let outcome = try await store.append(Facts.append(["three"], to: "a", expecting: .exactly(2)))
            #expect(outcome.position == Position(3))
        }
    }

    @Test func `to several streams happens wholly or not at all`() async throws {
        try await withStore { store, _ in
            _ = try await store.append(Facts.append(["one"], to: "b", expecting: .noStream))
            func both(_ expected: ExpectedVersion) -> Append {
                Append(
                    [
                        StreamAppend(
                            Facts.customer("a"), expected: .noStream, events: [Facts.event("x"), Facts.event("y")]),
                        StreamAppend(Facts.customer("b"), expected: expected, events: [Facts.event("z")]),
                    ], metadata: Facts.metadata)
            }
            await #expect(throws: EventStoreError.versionConflict(Facts.customer("b"), actual: 1)) {
                try await store.append(both(.noStream))
            }
            #expect(try await store.head() == Position(1))
            #expect(try await store.events(of: Facts.customer("a"), from: 1).isEmpty)
            let outcome = try await store.append(both(.exactly(1)))
            #expect(outcome.versions == ["customer-a": 2, "customer-b": 2])
            #expect(outcome.position == Position(4))
            #expect(try await store.head() == Position(4))
        }
    }

    @Test func `may depend on a stream that it does not write`() async throws {
        try await withStore { store, _ in
            func append(_ expected: ExpectedVersion) -> Append {
                Append(
                    [
                        StreamAppend(Facts.customer("a"), expected: .any, events: [Facts.event("x")]),
                        StreamAppend(StreamName(category: "cluster", id: "k"), expected: expected, events: []),
                    ], metadata: Facts.metadata)
            }
            await #expect(throws: EventStoreError.versionConflict(StreamName(category: "cluster", id: "k"), actual: 0))
            {
                try await store.append(append(.exists))
            }
            let outcome = try await store.append(append(.noStream))
            #expect(outcome.versions == ["customer-a": 1, "cluster-k": 0])
        }
    }

    @Test func `an event id twice is refused and leaves no gap`() async throws {
        try await withStore { store, _ in
            let event = Facts.event("one")
            func append(_ id: String) -> Append {
                Append([StreamAppend(Facts.customer(id), expected: .any, events: [event])], metadata: Facts.metadata)
            }
            _ = try await store.append(append("a"))
            await #expect(throws: EventStoreError.self) { try await store.append(append("b")) }
            let outcome = try await store.append(Facts.append(["two"], to: "b", expecting: .noStream))
            #expect(outcome.position == Position(2))
        }
    }

    @Test func `wakes whoever waits, in this process and in others`() async throws {
        try await withStore { store, database in
            let other = PostgresEventStore(
                pool: PostgresPool(configuration: PostgresConfiguration(database.url, poolSize: 1)))
            var here = store.wakeUps().makeAsyncIterator()
            var there = other.wakeUps().makeAsyncIterator()
            try await withThrowingTaskGroup { group in
                group.addTask { await other.listen() }
                await there.next()  // Listening has begun.
                _ = try await store.append(Facts.append(["one"], to: "a", expecting: .any))
                await here.next()
                await there.next()
                group.cancelAll()
            }
        }
    }
}

@Suite struct `Reading the log` {
    @Test func `goes on after a position, in pages, by category`() async throws {
        try await withStore { store, _ in
            for number in 1...5 {
                let stream = StreamName(category: number.isMultiple(of: 2) ? "cluster" : "customer", id: "s")
                _ = try await store.append(
                    Append(
                        [StreamAppend(stream, expected: .any, events: [Facts.event("e\(number)")])],
                        metadata: Facts.metadata))
            }
            func positions(after position: Int64, _ categories: [String], _ limit: Int) async throws -> [Int64] {
                try await store.events(after: Position(position), categories: categories, limit: limit).map(
                    \.position.rawValue)
            }
            #expect(try await positions(after: 0, [], 10) == [1, 2, 3, 4, 5])
            #expect(try await positions(after: 1, [], 2) == [2, 3])
            #expect(try await positions(after: 0, ["customer"], 10) == [1, 3, 5])
            #expect(try await positions(after: 1, ["customer", "cluster"], 2) == [2, 3])
            #expect(try await positions(after: 5, [], 2) == [])
            #expect(try await store.events(of: Facts.customer("s"), from: 2).map(\.streamVersion) == [2, 3])
        }
    }

    @Test func `stops at a type that this build does not know`() async throws {
        try await withStore { store, _ in
            let strange = StoredForm("customer.teleported", version: 1, ["to": "mars"])
            _ = try await store.append(
                Append(
                    [
                        StreamAppend(
                            Facts.customer("a"), expected: .any, events: [NewEvent(id: Facts.uuid(), form: strange)])
                    ],
                    metadata: Facts.metadata))
            let read = try await store.events(of: Facts.customer("a"), from: 1)
            let event = try #require(read.first)
            #expect(
                throws: EventStoreError.unreadable(.unknownType("customer.teleported", version: 1), at: Position(1))
            ) {
                try CustomerEvent(event)
            }
        }
    }
}
