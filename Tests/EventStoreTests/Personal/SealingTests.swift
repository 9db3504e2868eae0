import Application
import Domain
import EventSourcing
import Postgres
import PostgresEventStore
import Synchronization
import TestSupport
import Testing

@Suite struct `Personal data` {
    @Test func `stands in no column of any table`() async throws {
        try await withStore { store, database in
            let command = CommandIdentity(actor: "ana", key: "k", digest: "d")
            try await store.create("akme", command: command)
            let bo = Customer.Details(name: "Akme AG", contactName: "Bo Plaintext")
            let change = NewEvent(id: Facts.uuid(), form: CustomerEvent.detailsChanged(bo).stored)
            _ = try await store.append(
                Append(
                    [StreamAppend(Facts.customer("akme"), expected: .exists, events: [change])], metadata: Ada.metadata)
            )
            try await database.forget("actor:ana")
            #expect(try await database.places(of: ["laintext", "Öztürk"]) == [])
            // The search finds what is there.
            #expect(try await database.places(of: ["Akme AG"]).contains("public.events.payload"))
        }
    }

    @Test func `is read as it was written`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            #expect(try await store.details("akme") == Ada.details)
            let other = PostgresEventStore(pool: database.pool)
            #expect(try await other.details("akme") == Ada.details)
            let event = try #require(try await other.events(after: .start, categories: [], limit: 10).first)
            #expect(event.metadata == Ada.metadata)
        }
    }

    @Test func `is opened in rows and sentences, however many keys they need`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            let name = try await database.text("SELECT payload ->> 'contactName' FROM events")
            let actor = try await database.text("SELECT metadata ->> 'actorName' FROM events")
            let rows = [#"{"a":"\#(name)","b":1}"#, "{}", #"{"summary":"\#(actor), for \#(name)."}"#]
            let opened = try await database.vault().opened(rows)
            #expect(opened[1] == "{}")
            let first = try JSONText.decode(JSONValue.self, from: opened[0])
            #expect(first == ["a": .string(Ada.name), "b": 1])
            let last = try JSONText.decode(JSONValue.self, from: opened[2])
            #expect(last == ["summary": .string("\(Ada.actorName), for \(Ada.name).")])
        }
    }

    @Test func `is sealed with one key for each person, also when all begin at once`() async throws {
        try await withStore { store, database in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...8 {
                    group.addTask {
                        let mine = PostgresEventStore(pool: database.pool)
                        try await mine.create("a\(number)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await database.text("SELECT count(*) FROM subject_keys WHERE subject = 'actor:ana'") == "1")
            #expect(try await database.text("SELECT count(*) FROM subject_keys") == "9")
            for number in 1...8 { #expect(try await store.details("a\(number)") == Ada.details) }
        }
    }

    @Test func `makes no key where there is none of it`() async throws {
        try await withStore { store, database in
            let nameless = EventMetadata(actor: "process:deployment", correlationID: "c", source: "process")
            let event = NewEvent(id: Facts.uuid(), form: CustomerEvent.reinstated.stored)
            _ = try await store.append(
                Append([StreamAppend(Facts.customer("a"), expected: .any, events: [event])], metadata: nameless))
            #expect(try await database.text("SELECT count(*) FROM subject_keys") == "0")
        }
    }

    @Test func `cannot be had by typing somebody's sealed value`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            let stolen = try await database.text("SELECT payload ->> 'contactEmail' FROM events")
            #expect(stolen.hasPrefix("personal:v1:"))
            try await store.create("thief", Customer.Details(name: stolen))
            #expect(try await store.details("thief")?.name == stolen)
            let row = try await database.text("SELECT payload::text FROM events WHERE stream_id = 'thief'")
            let opened = try await database.vault().opened(row)
            #expect(try JSONText.decode(JSONValue.self, from: opened)["name"]?.string == stolen)
        }
    }

    @Test func `and what looks like it is read as it was typed`() async throws {
        var random = SeededRandom(for: "and what looks like it is read as it was typed")
        try await withStore { store, database in
            try await store.create("akme")
            let token = try await database.text("SELECT payload ->> 'contactName' FROM events")
            let pieces = [
                "personal:v1:", "personal:v1", ":", "::", token, "\"", "\\", "é", "p", String(token.dropLast()),
            ]
            for number in 1...60 {
                func typed() -> String {
                    (0..<Int.random(in: 0...5, using: &random)).map { _ in
                        pieces[Int.random(in: pieces.indices, using: &random)]
                    }.joined()
                }
                let details = Customer.Details(name: typed(), contactName: typed(), contactEmail: typed())
                let metadata = EventMetadata(
                    actor: "ana", actorName: typed(), roles: [typed()], correlationID: typed(), causationID: typed(),
                    source: typed())
                _ = try await store.append(Append([Ada.created("t\(number)", details)], metadata: metadata))
                #expect(try await store.details("t\(number)") == details, "SEED=\(random.seed)")
                let event = try await store.events(of: Facts.customer("t\(number)"), from: 1).first
                #expect(event?.metadata == metadata, "SEED=\(random.seed)")
            }
        }
    }
}

@Suite struct `A damaged personal value` {
    @Test func `shows as unreadable and keeps nobody from reading the others`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            try await store.create("bolt", Customer.Details(name: "Bolt", contactName: "Bo"))
            // The last character but one belongs to the tag; every other letter there is another byte.
            try await database.tamper(
                """
                UPDATE events SET payload = jsonb_set(payload, '{contactName}', to_jsonb(
                    overlay(payload ->> 'contactName' PLACING
                        CASE substr(payload ->> 'contactName', length(payload ->> 'contactName') - 1, 1)
                            WHEN 'A' THEN 'B' ELSE 'A' END
                        FROM length(payload ->> 'contactName') - 1 FOR 1)))
                WHERE stream_id = 'akme'
                """)
            let reader = PostgresEventStore(pool: database.pool)
            #expect(
                try await reader.details("akme")
                    == Customer.Details(name: "Akme GmbH", contactName: "unreadable", contactEmail: Ada.email))
            #expect(try await reader.details("bolt")?.contactName == "Bo")
            #expect(try await reader.events(after: .start, categories: [], limit: 10).count == 2)
        }
    }

    @Test func `is one whose key was exchanged, changed or removed, too`() async throws {
        try await withStore { store, database in
            for id in ["one", "two", "three", "four"] { try await store.create(id) }
            try await database.pool.query(
                """
                UPDATE subject_keys SET wrapped_key = (SELECT wrapped_key FROM subject_keys WHERE subject = 'customer:two')
                WHERE subject = 'customer:one'
                """)
            try await database.pool.query(
                "UPDATE subject_keys SET wrapped_key = set_byte(wrapped_key, 30, 255 - get_byte(wrapped_key, 30)) WHERE subject = 'customer:three'"
            )
            try await database.pool.query("DELETE FROM subject_keys WHERE subject = 'customer:four'")
            let reader = PostgresEventStore(pool: database.pool)
            for id in ["one", "three", "four"] {
                #expect(try await reader.details(id)?.contactEmail == "unreadable")
            }
            #expect(try await reader.details("two") == Ada.details)
        }
    }

    @Test func `is one that was moved to another key's id`() async throws {
        try await withStore { store, database in
            try await store.create("one")
            try await store.create("two")
            try await database.tamper(
                """
                UPDATE events SET payload = replace(payload::text, one.id, two.id)::jsonb
                FROM (SELECT key_id::text AS id FROM subject_keys WHERE subject = 'customer:one') AS one,
                    (SELECT key_id::text AS id FROM subject_keys WHERE subject = 'customer:two') AS two
                WHERE stream_id = 'one'
                """)
            #expect(try await PostgresEventStore(pool: database.pool).details("one")?.contactName == "unreadable")
        }
    }
}

extension TestDatabase {
    /// Changes events as only the tables' owner can.
    func tamper(_ statement: String) async throws {
        try await pool.withTransaction { connection in
            try await connection.execute(script: "ALTER TABLE events DISABLE TRIGGER events_are_never_changed")
            let rows = try await connection.query(statement)
            #expect(rows.affected == 1)
            try await connection.execute(script: "ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_never_changed")
        }
    }
}
