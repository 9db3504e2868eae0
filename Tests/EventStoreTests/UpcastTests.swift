import Application
import Domain
import EventSourcing
import FoundationEssentials
import Postgres
import PostgresEventStore
import TestSupport
import Testing

@Suite struct `Old schema versions` {
    @Test func `look the same to the reader in Swift and to the views in SQL, over every fixture and random payloads`()
        async throws
    {
        try await withMigratedDatabase { database in
            var random = SeededRandom(for: "upcasts")
            var payloads = try Fixtures.payloads().flatMap { Array(repeating: $0, count: 4) }
            for _ in 1...400 { payloads.append(RandomJSON.object(depth: 3, using: &random)) }
            let cases = payloads.enumerated().map { index, payload in
                let edits = (1...Int.random(in: 1...4, using: &random)).map { _ in
                    RandomJSON.edit(of: payload, using: &random)
                }
                return (upcast: Upcast(EventType("test.type_\(index)"), from: 1, edits: edits), payload: payload)
            }
            try await PublishedUpcasts(pool: database.pool).publish(cases.map(\.upcast))
            let rows = try await database.pool.query(
                """
                SELECT payload_at(type, 1, 2, payload::jsonb)::text
                FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS t (type, payload, place) ORDER BY place
                """,
                [
                    .textArray(cases.map(\.upcast.type.rawValue)),
                    .textArray(try cases.map { try JSONText.encode($0.payload) }),
                ])
            #expect(rows.count == cases.count)
            var changed = 0
            for (row, (upcast, payload)) in zip(rows, cases) {
                let inSQL = try JSONText.decode(JSONValue.self, from: try row.string(0))
                var inSwift = JSONPayload(try JSONText.encode(payload))
                try inSwift.edit { value in for edit in upcast.edits { edit.apply(to: &value) } }
                let value = try inSwift.read(JSONValue.self)
                #expect(value == inSQL, "\(upcast.edits) of \(payload)")
                if value != payload { changed += 1 }
            }
            #expect(changed > cases.count / 3)
        }
    }

    @Test func `are read over all the steps to the current one`() async throws {
        try await withMigratedDatabase { database in
            try await PublishedUpcasts(pool: database.pool).publish(Shelved.upcasts)
            let forms: [(version: Int, payload: String)] = [
                (1, #"{"name": "Odoo", "place": "A"}"#), (2, #"{"title": "Odoo", "place": "A"}"#),
                (3, #"{"title": "Odoo", "shelf": {"row": "A", "floor": 0}}"#),
            ]
            for form in forms {
                let event = try Shelved(
                    upcasting: "book.shelved", version: form.version, payload: JSONPayload(form.payload))
                #expect(event == Shelved(title: "Odoo", shelf: .init(row: "A", floor: 0)), "version \(form.version)")
                let rows = try await database.pool.query(
                    "SELECT payload_at('book.shelved', $1::integer, 3, $2::jsonb) = $3::jsonb AS same",
                    [.int8(Int64(form.version)), .jsonb(form.payload), .jsonb(forms[2].payload)])
                #expect(try rows.first?.bool("same") == true, "version \(form.version)")
            }
            #expect(throws: UnreadableEvent.unknownType("book.shelved", version: 4)) {
                try Shelved(upcasting: "book.shelved", version: 4, payload: JSONPayload("{}"))
            }
        }
    }

    @Test func `cost only the views that read them`() async throws {
        try await withMigratedDatabase { database in
            func expression(_ types: [String]?) async throws -> String? {
                try await database.pool.query(
                    "SELECT payload_expression($1::text[])", [types.map { .textArray($0) } ?? .null]
                ).first?.string(0)
            }
            #expect(try await expression(nil) == "payload")
            try await PublishedUpcasts(pool: database.pool).publish(Shelved.upcasts)
            #expect(try await expression(["customer.created"]) == "payload")
            let upcast = try #require(try await expression(["book.shelved"]))
            #expect(upcast == (try await expression(nil)))
            let rows = try await database.pool.query(
                """
                SELECT \(upcast) = '{"title": "Odoo", "place": "A"}' AS is_untouched, type
                FROM (VALUES
                    ('book.shelved', 2, '{"title": "Odoo", "place": "A"}'::jsonb),
                    ('book.lost', 2, '{"title": "Odoo", "place": "A"}'))
                    AS e (type, schema_version, payload)
                """)
            #expect(try rows.map { try $0.bool("is_untouched") } == [false, true])
        }
    }

    @Test func `are read by one definition for ever`() async throws {
        try await withMigratedDatabase { database in
            let published = PublishedUpcasts(pool: database.pool)
            try await published.publish(Shelved.upcasts)
            try await published.publish(Shelved.upcasts)
            await #expect(throws: EventStoreError.self) {
                try await published.publish([Upcast("book.shelved", from: 1, .remove(["name"]))])
            }
        }
    }

    @Test func `of the domain itself are all published`() async throws {
        try await withMigratedDatabase { database in
            try await PublishedUpcasts(pool: database.pool).publish(DomainEvents.upcasts)
            let count = try await database.pool.query("SELECT count(*) AS known FROM event_upcasts").first?.int("known")
            #expect(count == DomainEvents.upcasts.count)
        }
    }
}

/// An event that has changed its shape twice.
private struct Shelved: StorableEvent, Codable {
    struct Shelf: Codable, Equatable {
        let row: String
        let floor: Int
    }

    let title: String
    let shelf: Shelf

    static let upcasts = [
        Upcast("book.shelved", from: 1, .move(["name"], to: ["title"])),
        Upcast(
            "book.shelved", from: 2, .add(["shelf"], .object([:])), .move(["place"], to: ["shelf", "row"]),
            .add(["shelf", "floor"], 0)),
    ]

    var stored: StoredForm { StoredForm("book.shelved", version: 3, self) }

    init(title: String, shelf: Shelf) {
        self.title = title
        self.shelf = shelf
    }

    init(_ type: EventType, version: Int, payload: some StoredPayload) throws(UnreadableEvent) {
        switch (type, version) {
        case ("book.shelved", 3): self = try payload.read(Shelved.self, of: type, version: version)
        default: throw .unknownType(type, version: version)
        }
    }
}

/// The domain's fixtures, wherever a test needs real payloads.
enum Fixtures {
    private static let folder = Repository.root + "/Tests/DomainTests/Fixtures/Events"

    /// Type, version and JSON text of each.
    static func all() throws -> [(type: EventType, version: Int, text: String)] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().compactMap { name in
            let parts = name.split(separator: ".")
            guard parts.count == 4, let version = Int(parts[2].dropFirst()) else { return nil }
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
            return (EventType("\(parts[0]).\(parts[1])"), version, text)
        }
    }

    static func payloads() throws -> [JSONValue] {
        try all().map { try JSONText.decode(JSONValue.self, from: $0.text) }
    }
}

/// Payloads and edits that nobody thought of.
private enum RandomJSON {
    private static let names = ["a", "b", "0", "ä", "type", "a b", "\"", "𝄞"]
    private static let texts = ["", "odoo", "Öztürk", "line\nbreak", "\\", "1", "personal:v1:x", "𝄞"]

    static func object(depth: Int, using random: inout SeededRandom) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            members[name(using: &random)] = value(depth: depth - 1, using: &random)
        }
        return .object(members)
    }

    static func edit(of payload: JSONValue, using random: inout SeededRandom) -> PayloadEdit {
        let path = path(in: payload, using: &random)
        switch Int.random(in: 0...3, using: &random) {
        case 0: return .add(path, value(depth: 1, using: &random))
        case 1: return .remove(path)
        case 2:
            var target = self.path(in: payload, using: &random)
            while target.starts(with: path) || path.starts(with: target) {
                target = [name(using: &random), name(using: &random), name(using: &random)].shuffled(using: &random)
                    .dropLast(Int.random(in: 0...2, using: &random))
            }
            return .move(path, to: target)
        default: return .replace(path, payload.text(at: path) ?? "odoo", with: text(using: &random))
        }
    }

    /// Mostly one that is there; sometimes through something that is no object, or beyond the end.
    private static func path(in payload: JSONValue, using random: inout SeededRandom) -> [String] {
        var path: [String] = []
        var place = payload
        repeat {
            let known = (place.object?.keys).map { $0.sorted() } ?? []
            let isKnown = Int.random(in: 0...9, using: &random) > 1
            let next = (isKnown ? known.randomElement(using: &random) : nil) ?? name(using: &random)
            path.append(next)
            place = place[next] ?? .null
        } while Bool.random(using: &random) && path.count < 4
        return path
    }

    private static func value(depth: Int, using random: inout SeededRandom) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 4), using: &random) {
        case 0: .null
        case 1: .bool(.random(using: &random))
        case 2: .integer(.random(in: -5...5, using: &random))
        case 3: .number(Double(Int.random(in: 0...9, using: &random)) + 0.5)
        case 4: .string(text(using: &random))
        case 5: .array((0..<2).map { _ in value(depth: depth - 1, using: &random) })
        default: object(depth: depth, using: &random)
        }
    }

    private static func name(using random: inout SeededRandom) -> String { names.randomElement(using: &random) ?? "a" }
    private static func text(using random: inout SeededRandom) -> String { texts.randomElement(using: &random) ?? "" }
}

extension JSONValue {
    fileprivate func text(at path: [String]) -> String? {
        path.reduce(Optional(self)) { value, name in value?[name] }?.string
    }
}
