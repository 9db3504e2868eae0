import Application
import EventSourcing
import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `The order of the log` {
    @Test func `has no gap and hides nothing from a tailing reader while sixteen write`() async throws {
        try await withStore(poolSize: 12) { store, _ in
            let (writers, appends) = (16, 25)
            try await withThrowingTaskGroup { group in
                for writer in 0..<writers {
                    group.addTask {
                        for number in 0..<appends {
                            // Every other append has two streams; one stream is shared, so that appends conflict.
                            let own = StreamAppend(
                                Facts.customer("w\(writer)"), expected: .exactly(number), events: [Facts.event("own")])
                            let shared = StreamAppend(
                                Facts.customer("shared"), expected: .any, events: [Facts.event("shared")])
                            let parts = number.isMultiple(of: 2) ? [own] : [own, shared]
                            _ = try await store.append(Append(parts, metadata: Facts.metadata))
                        }
                    }
                }
                group.addTask {
                    let expected = Int64(writers * appends + writers * (appends / 2))
                    var last = Position.start
                    var latest = [StreamName: Int]()
                    while last.rawValue < expected {
                        for event in try await store.events(after: last, categories: [], limit: 50) {
                            #expect(event.position.rawValue == last.rawValue + 1)
                            #expect(event.streamVersion == latest[event.stream, default: 0] + 1)
                            latest[event.stream] = event.streamVersion
                            last = event.position
                        }
                    }
                    #expect(try await store.head() == last)
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `lets exactly one of many win the same version`() async throws {
        try await withStore { store, _ in
            for version in 0..<10 {
                let wins = try await withThrowingTaskGroup(of: Int.self) { group in
                    for _ in 1...8 {
                        group.addTask {
                            do throws(EventStoreError) {
                                _ = try await store.append(Facts.append(["x"], to: "a", expecting: .exactly(version)))
                                return 1
                            } catch .versionConflict {
                                return 0
                            }
                        }
                    }
                    return try await group.reduce(0, +)
                }
                #expect(wins == 1)
            }
            #expect(try await store.head() == Position(10))
        }
    }

    @Test func `has times that never run backwards`() async throws {
        try await withStore { store, _ in
            try await withThrowingTaskGroup { group in
                for writer in 0..<8 {
                    group.addTask {
                        for _ in 0..<10 {
                            _ = try await store.append(Facts.append(["x"], to: "w\(writer)", expecting: .any))
                        }
                    }
                }
                try await group.waitForAll()
            }
            let times = try await store.events(after: .start, categories: [], limit: 100).map(\.recordedAt)
            #expect(times.count == 80)
            #expect(times == times.sorted())
        }
    }
}

@Suite struct `Appends that share a transaction` {
    @Test func `each get their own answer: written, conflict, repeated, impossible`() async throws {
        try await withStore { store, database in
            let taken = Facts.event("taken")
            let command = CommandIdentity(actor: "ana", key: "k", digest: "d")
            _ = try await store.append(
                Append([StreamAppend(Facts.customer("z"), expected: .any, events: [taken])], metadata: Facts.metadata))
            _ = try await store.append(Facts.append(["x"], to: "y", expecting: .any, command: command))
            let outcomes = try await whileAppendsWait(in: database, waiting: 1) { group in
                for number in 1...5 {
                    group.addTask { await outcome(store, Facts.append(["x"], to: "s\(number)", expecting: .noStream)) }
                    group.addTask { await outcome(store, Facts.append(["x"], to: "y", expecting: .exactly(9))) }
                    group.addTask {
                        await outcome(store, Facts.append(["x"], to: "y", expecting: .any, command: command))
                    }
                    group.addTask {
                        let part = StreamAppend(Facts.customer("t"), expected: .any, events: [taken])
                        return await outcome(store, Append([part], metadata: Facts.metadata))
                    }
                }
            }
            #expect(
                outcomes.sorted()
                    == ["conflict", "impossible", "repeated", "written"].flatMap { Array(repeating: $0, count: 5) })
            let positions = try await store.events(after: .start, categories: [], limit: 100).map(\.position.rawValue)
            #expect(positions == Array(1...7))
        }
    }

    @Test func `pay for one commit`() async throws {
        try await withStore { store, database in
            let outcomes = try await whileAppendsWait(in: database, waiting: 1) { group in
                for number in 1...20 {
                    group.addTask { await outcome(store, Facts.append(["x"], to: "s\(number)", expecting: .noStream)) }
                }
            }
            #expect(outcomes.count { $0 == "written" } == 20)
            let transactions = try await database.pool.query("SELECT count(DISTINCT xmin::text) FROM events")
            #expect(try #require(transactions.first).int(0) < 20)
        }
    }

    @Test func `do not fail with one whose caller goes away`() async throws {
        try await withStore { store, database in
            let outcomes = try await whileAppendsWait(in: database, waiting: 1) { group in
                for number in 1...8 {
                    group.addTask {
                        let task = Task {
                            await outcome(store, Facts.append(["x"], to: "s\(number)", expecting: .noStream))
                        }
                        if number.isMultiple(of: 2) { task.cancel() }
                        return await task.value
                    }
                }
            }
            #expect(outcomes.count { $0 == "written" } >= 4)
            #expect(outcomes.allSatisfy { $0 == "written" || $0 == "cancelled" })
            let head = try await store.head()
            #expect(head.rawValue == Int64(outcomes.count { $0 == "written" }))
        }
    }

    @Test func `keep their own answers when they are sent one by one and their leader goes away`()
        async throws
    {
        // One connection that readers want as well: whoever is cancelled while it waits for the connection is refused.
        try await withStore(poolSize: 1) { store, _ in
            let taken = Facts.event("taken")
            _ = try await store.append(
                Append([StreamAppend(Facts.customer("z"), expected: .any, events: [taken])], metadata: Facts.metadata))
            try await withThrowingTaskGroup(of: Void.self) { readers in
                for _ in 1...3 {
                    readers.addTask {
                        // A read that is refused was cancelled, which ends the loop.
                        while !Task.isCancelled { _ = try? await store.head() }
                    }
                }
                var written: Int64 = 1
                for round in 1...16 {
                    // Every fourth is impossible, which undoes its group.
                    let tasks = (0..<24).map { number in
                        let event = number % 4 == 1 ? taken : Facts.event("x")
                        let stream = Facts.customer("r\(round)-\(number)")
                        let part = StreamAppend(stream, expected: .noStream, events: [event])
                        return Task { await outcome(store, Append([part], metadata: Facts.metadata)) }
                    }
                    // The connection goes round, so each round gets one append further before half of the callers leave.
                    for _ in 1...round { _ = try await store.head() }
                    for (number, task) in tasks.enumerated() where number % 4 < 2 { task.cancel() }
                    for (number, task) in tasks.enumerated() {
                        let outcome = await task.value
                        if outcome == "written" { written += 1 }
                        let proper = number % 4 == 1 ? "impossible" : "written"
                        #expect(outcome == proper || number % 4 < 2 && outcome == "cancelled")
                    }
                }
                readers.cancelAll()
                #expect(try await store.head() == Position(written))
            }
        }
    }

    /// Holds the log's head, so that what `work` appends has to wait and come together, and lets it go.
    private func whileAppendsWait(
        in database: TestDatabase, waiting: Int, _ work: @Sendable (inout ThrowingTaskGroup<String, any Error>) -> Void
    ) async throws -> [String] {
        try await database.pool.withConnection { holder in
            try await holder.execute(script: "BEGIN; SELECT position FROM log_head FOR UPDATE")
            return try await withThrowingTaskGroup(of: String.self) { group in
                work(&group)
                try await eventually("\(waiting) sessions wait for the lock") {
                    let rows = try await database.pool.query(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    )
                    return try rows.first?.int(0) ?? 0 >= waiting
                }
                try await holder.execute(script: "COMMIT")
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
    }

    private func outcome(_ store: PostgresEventStore, _ append: Append) async -> String {
        do throws(EventStoreError) {
            return try await store.append(append).isRepetition ? "repeated" : "written"
        } catch {
            switch error {
            case .versionConflict: return "conflict"
            case .cancelled: return "cancelled"
            case .unavailable, .outcomeUnknown: return "impossible"
            case .idempotencyKeyReused, .leaseLost, .unreadable, .archived, .archiveUnreadable: return "wrong"
            }
        }
    }
}
