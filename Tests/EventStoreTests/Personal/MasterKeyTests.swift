import Application
import Domain
import EventSourcing
import Postgres
import PostgresEventStore
import TestSupport
import Testing

private let other = "b3RoZXIgbWFzdGVyIGtleSBvZiBhbGwgdGVzdHMgMTI="
private let tests = "dGhlIG1hc3RlciBrZXkgb2YgYWxsIHRlc3RzIDEyMyE="

@Suite struct `A master key` {
    @Test func `that is not known is named before anybody misses a value`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            let wrong = database.vault(try MasterKeys(current: other))
            let expected = PersonalDataError.unknownMasterKeys(
                [MasterKeys.tests.current], known: try MasterKeys(current: other).names)
            await #expect(throws: expected) { try await wrong.requireKnownMasterKeys() }
            await #expect(throws: expected) {
                try await wrong.opened(try await database.text("SELECT payload::text FROM events"))
            }
            await #expect(throws: EventStoreError.unavailable(reason: expected.description)) {
                try await PostgresEventStore(pool: database.pool, vault: wrong).details("akme")
            }
            #expect(expected.description.contains(MasterKeys.tests.current))
        }
    }

    @Test func `that is new opens with the previous one what that sealed`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            let both = database.vault(try MasterKeys(current: other, previous: [tests]))
            try await both.requireKnownMasterKeys()
            let reader = PostgresEventStore(pool: database.pool, vault: both)
            #expect(try await reader.details("akme") == Ada.details)
            try await reader.create("bolt")
            let counts = try await both.status().keyCounts
            #expect(counts == [MasterKeys.tests.current: 2, try MasterKeys(current: other).current: 1])
        }
    }

    @Test func `is rotated in parts that survive being stopped, and no event changes`() async throws {
        try await withStore { store, database in
            let ids = (1...1200).map { "c\($0)" }
            let nameless = EventMetadata(actor: "ana", correlationID: "c", source: "cli")
            _ = try await store.append(Append(ids.map { Ada.created($0) }, metadata: nameless))
            let rows = "SELECT md5(string_agg(to_jsonb(e)::text, ' ' ORDER BY position)) FROM events AS e"
            let before = try await database.text(rows)
            let keys = try MasterKeys(current: other, previous: [tests])

            let stopped = Task {
                try await database.vault(keys).rotate { _ in withUnsafeCurrentTask { $0?.cancel() } }
            }
            await #expect(throws: PersonalDataError.cancelled) { try await stopped.value }
            #expect(
                try await database.vault(keys).status().keyCounts == [keys.current: 500, MasterKeys.tests.current: 700])

            let rest = try await database.vault(keys).rotate { _ in }
            #expect(rest == KeyRotation(masterKey: keys.current, rotatedCount: 700, totalCount: 700, damagedKeys: []))
            #expect(try await database.text(rows) == before)
            let reader = PostgresEventStore(pool: database.pool, vault: database.vault(try MasterKeys(current: other)))
            for id in ["c1", "c600", "c1200"] { #expect(try await reader.details(id) == Ada.details) }
            #expect(try await database.vault(keys).rotate { _ in }.totalCount == 0)
        }
    }

    @Test func `is rotated past a damaged key, which is named`() async throws {
        try await withStore { store, database in
            try await store.create("akme")
            try await store.create("bolt")
            let damaged = try await database.text(
                """
                UPDATE subject_keys SET wrapped_key = set_byte(wrapped_key, 0, 255 - get_byte(wrapped_key, 0))
                WHERE subject = 'customer:akme' RETURNING key_id
                """)
            let keys = try MasterKeys(current: other, previous: [tests])
            let report = try await database.vault(keys).rotate { _ in }
            #expect(
                report == KeyRotation(masterKey: keys.current, rotatedCount: 2, totalCount: 3, damagedKeys: [damaged]))
            let reader = PostgresEventStore(pool: database.pool, vault: database.vault(keys))
            #expect(try await reader.details("bolt") == Ada.details)
        }
    }

    @Test(arguments: [
        ("", MasterKeyError.wrongLength(.current, byteCount: 0)), ("c2hvcnQ=", .wrongLength(.current, byteCount: 5)),
        ("not base64", .notBase64(.current)), (tests + "\n", .notBase64(.current)),
    ])
    func `that is none is refused, without being shown`(text: String, expected: MasterKeyError) {
        #expect(throws: expected) { try MasterKeys(current: text) }
        #expect(!expected.description.contains("not base64\n") && expected.description.contains("openssl rand"))
    }

    @Test func `among the previous ones is named by its place when it is none`() {
        #expect(throws: MasterKeyError.notBase64(.previous(2))) {
            try MasterKeys(current: tests, previous: [other, "?"])
        }
    }

    @Test func `is in no text about it`() throws {
        let keys = try MasterKeys(current: tests, previous: [other])
        var dumped = ""
        dump(keys, to: &dumped)
        let plain = "the master key of all tests 123!"
        for text in ["\(keys)", String(reflecting: keys), dumped] {
            // As text, in base64 or as a list of numbers.
            #expect(!text.contains(plain) && !text.contains(tests) && !text.contains("116"))
        }
        // printf 'the master key of all tests 123!' | sha256sum
        #expect(keys.current == "5aeb2923")
    }
}
