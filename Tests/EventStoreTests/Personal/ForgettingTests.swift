import Application
import Domain
import EventSourcing
import Postgres
import PostgresEventStore
import Synchronization
import TestSupport
import Testing

private let erased = Customer.Details(name: "Akme GmbH", contactName: "erased", contactEmail: "erased")

@Suite struct `Somebody who was forgotten` {
    @Test func `shows as erased to every reader, and the events are what they were`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            try await store.create("bolt")
            let rows =
                "SELECT string_agg(to_jsonb(e)::text, ' ' ORDER BY position) FROM events AS e WHERE position <= 2"
            let before = try await database.text(rows)
            let payload = try await database.text("SELECT payload::text FROM events WHERE stream_id = 'akme'")

            let vault = database.vault()
            let reader = PostgresEventStore(pool: database.pool, vault: vault)
            #expect(try await reader.details("akme") == Ada.details)
            let forgotten = try await database.forget("customer:akme", by: vault)

            #expect(forgotten.destroyedKeys.count == 1)
            #expect(try await reader.details("akme") == erased)
            #expect(try await PostgresEventStore(pool: database.pool).details("akme") == erased)
            let row = try JSONText.decode(JSONValue.self, from: try await vault.opened(payload))
            #expect(row["contactEmail"]?.string == "erased")
            #expect(try await reader.details("bolt") == Ada.details)
            #expect(try await database.text(rows) == before)
        }
    }

    @Test func `has the fact in the log, with the keys and the reason`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            let key = try await database.text("SELECT key_id FROM subject_keys WHERE subject = 'customer:akme'")
            let receipt = try await database.forget("customer:akme")
            #expect(receipt.destroyedKeys == [key])
            #expect(receipt.receipt.stream == .subject("customer:akme"))
            let fact = try #require(try await store.events(of: .subject("customer:akme"), from: 1).first)
            #expect(
                try DataSubjectEvent(fact)
                    == .forgotten(.init(subject: "customer:akme", keys: [key], reason: "asked")))
            let tombstone = try #require(
                try await database.pool.query(
                    """
                    SELECT wrapped_key IS NULL AS gone, destroyed_at = recorded_at AS at_once FROM subject_keys, events
                    WHERE subject = 'customer:akme' AND type = 'subject.forgotten'
                    """
                ).first)
            #expect(try tombstone.bool("gone") && tombstone.bool("at_once"))
        }
    }

    @Test func `who acted loses the name in the log, also the one who forgets`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            try await database.forget("actor:ana")
            try await database.forget("actor:bo")
            let events = try await PostgresEventStore(pool: database.pool).events(
                after: .start, categories: [], limit: 10)
            #expect(events.map(\.metadata.actor) == ["ana", "bo", "bo"])
            #expect(events.map(\.metadata.actorName) == ["erased", "erased", "erased"])
        }
    }

    @Test func `is forgotten once, however often it is asked for`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            let first = try await database.forget("customer:akme", identity: .init(actor: "bo", key: "k", digest: "d"))
            let again = try await database.forget("customer:akme", identity: .init(actor: "bo", key: "k", digest: "d"))
            let anew = try await database.forget("customer:akme")
            #expect(again.receipt.isRepetition && again.destroyedKeys.isEmpty)
            #expect(anew.receipt.version == first.receipt.version && anew.destroyedKeys.isEmpty)
            #expect(try await store.events(of: .subject("customer:akme"), from: 1).count == 1)
        }
    }

    @Test func `is forgotten once, however many ask at the same time`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            let receipts = try await withThrowingTaskGroup(of: ForgetReceipt.self) { group in
                for _ in 1...6 { group.addTask { try await database.forget("customer:akme") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(receipts.count { !$0.destroyedKeys.isEmpty } == 1)
            #expect(try await store.events(of: .subject("customer:akme"), from: 1).count == 1)
        }
    }

    @Test func `gets a new key with new data, and the old data stays erased`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            let vault = database.vault()
            try await database.forget("customer:akme", by: vault)
            let later = PostgresEventStore(pool: database.pool, vault: vault)
            let change = NewEvent(id: Facts.uuid(), form: CustomerEvent.detailsChanged(Ada.details).stored)
            _ = try await later.append(
                Append(
                    [StreamAppend(Facts.customer("akme"), expected: .exists, events: [change])], metadata: Ada.metadata)
            )
            let facts = try await later.events(of: Facts.customer("akme"), from: 1).map { try CustomerEvent($0) }
            #expect(facts == [.created(erased), .detailsChanged(Ada.details)])
            #expect(try await database.forget("customer:akme").destroyedKeys.count == 1)
            let after = try await PostgresEventStore(pool: database.pool).events(of: Facts.customer("akme"), from: 1)
            #expect(try after.map { try CustomerEvent($0) } == [.created(erased), .detailsChanged(erased)])
        }
    }

    @Test func `of whom nothing was kept is a mistake`() async throws {
        try await withStore { _, database in
            let error = await #expect(throws: CommandError.self) { try await database.forget("customer:amke") }
            guard case .refused(let refusal) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(refusal.code == "subject.nothing_kept")
        }
    }

    @Test func `keeps the key when the fact does not get into the log`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            let key = try await database.text("SELECT key_id FROM subject_keys WHERE subject = 'customer:akme'")
            let fact = DataSubjectEvent.forgotten(.init(subject: "customer:akme", keys: [key], reason: "asked"))
            let append = Append(
                [
                    StreamAppend(
                        .subject("customer:akme"), expected: .exactly(7),
                        events: [NewEvent(id: Facts.uuid(), form: fact.stored)])
                ], metadata: Facts.metadata)
            await #expect(throws: EventStoreError.versionConflict(.subject("customer:akme"), actual: 0)) {
                try await store.append(append)
            }
            #expect(try await PostgresEventStore(pool: database.pool).details("akme") == Ada.details)
        }
    }

    @Test func `is gone for another process within the seconds that it says`() async throws {
        try await withStore { _, database in
            let clock = Mutex(ContinuousClock.now)
            let elsewhere = database.vault { clock.withLock { $0 } }
            let reader = PostgresEventStore(pool: database.pool, vault: elsewhere)
            try await reader.create("akme")
            #expect(try await reader.details("akme") == Ada.details)
            let here = database.vault()
            try await database.forget("customer:akme", by: here)
            #expect(try await PostgresEventStore(pool: database.pool, vault: here).details("akme") == erased)
            let seconds = try await elsewhere.status().rememberedSeconds
            #expect(seconds <= 5)
            clock.withLock { $0 += .seconds(seconds) }
            #expect(try await reader.details("akme") == erased)
            let payload = try await database.text("SELECT payload::text FROM events WHERE stream_id = 'akme'")
            #expect(try await elsewhere.opened(payload).contains(#""contactName": "erased""#))
        }
    }

    @Test func `leaves no digest by which a value could be guessed or come back`() async throws {
        try await withStore { store, database in
            let command = CommandIdentity(actor: "ana", key: "k", digest: "d")
            try await store.create("akme", command: command)
            try await store.create("bolt", command: CommandIdentity(actor: "ana", key: "k2", digest: "d2"))
            try await database.forget("customer:akme")
            await #expect(throws: EventStoreError.idempotencyKeyReused(key: "k")) {
                try await store.outcome(of: command)
            }
            #expect(try await database.text("SELECT digest FROM commands WHERE idempotency_key = 'k'") == "erased")
            #expect(try await database.text("SELECT digest FROM commands WHERE idempotency_key = 'k2'") == "d2")
        }
    }

    @Test func `stands in the list of subjects`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            try await store.create("bolt")
            let vault = database.vault()
            try await database.forget("customer:akme", by: vault)
            let all = try await vault.subjects(after: nil, limit: 10)
            #expect(all.map(\.name) == ["actor:ana", "actor:bo", "customer:akme", "customer:bolt"])
            #expect(all[2].key == nil && all[2].forgottenAt != nil && all[2].destroyedKeys.count == 1)
            #expect(all[3].key != nil && all[3].forgottenAt == nil)
            #expect(try await vault.subjects(after: "actor:bo", limit: 1).map(\.name) == ["customer:akme"])
        }
    }
}
