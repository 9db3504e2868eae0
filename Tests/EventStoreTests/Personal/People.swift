import Application
import Domain
import EventSourcing
import Postgres
import PostgresEventStore
import TestSupport
import Testing

/// Somebody whose data a test looks for.
enum Ada {
    static let name = "Ada \"the\" Öztürk-Plaintext\\"
    static let email = "ada.plaintext@akme.example"
    static let details = Customer.Details(name: "Akme GmbH", contactName: name, contactEmail: email)
    static let actorName = "Ana Plaintext-Smith"
    static let metadata = EventMetadata(actor: "ana", actorName: actorName, correlationID: "c-1", source: "api")

    static func created(_ id: String, _ details: Customer.Details = details) -> StreamAppend {
        let event = NewEvent(id: Facts.uuid(), form: CustomerEvent.created(details).stored)
        return StreamAppend(Facts.customer(id), expected: .noStream, events: [event])
    }
}

extension PostgresEventStore {
    func create(
        _ id: String, _ details: Customer.Details = Ada.details, command: CommandIdentity? = nil
    ) async throws {
        _ = try await append(Append([Ada.created(id, details)], metadata: Ada.metadata, command: command))
    }

    /// What the customer's first event says.
    func details(_ id: String) async throws -> Customer.Details? {
        guard let first = try await events(of: Facts.customer(id), from: 1).first else { return nil }
        return if case .created(let details) = try CustomerEvent(first) { details } else { nil }
    }
}

extension TestDatabase {
    func vault(
        _ masterKeys: MasterKeys = .tests, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) -> PersonalVault {
        PersonalVault(pool: pool, masterKeys: masterKeys, now: now)
    }

    @discardableResult
    func forget(
        _ subject: ID<DataSubject>, by vault: PersonalVault? = nil, identity: CommandIdentity? = nil
    ) async throws -> ForgetReceipt {
        let vault = vault ?? self.vault()
        let commands = Commands(
            store: PostgresEventStore(pool: pool, vault: vault), surroundings: Surroundings(now: currentTime))
        return try await commands.forget(
            subject, reason: "asked", keeper: vault,
            CommandContext(
                subject: "bo", displayName: "Bo", roles: [.admin], correlationID: "c-2", source: "cli",
                identity: identity))
    }

    /// One text of the first row.
    func text(_ sql: String) async throws -> String {
        try #require(try await pool.query(sql).first).string(0)
    }

    /// Tables and columns in which any of the texts stands, as text or as the bytes of a `bytea`.
    func places(of texts: [String]) async throws -> [String] {
        let columns = try await pool.query(
            """
            SELECT format('%I.%I', n.nspname, c.relname) AS name, quote_ident(a.attname) AS attribute
            FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'm', 'v') AND a.attnum > 0 AND NOT a.attisdropped
                AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
            """)
        var found: [String] = []
        for column in columns {
            let (table, attribute) = (try column.string("name"), try column.string("attribute"))
            let rows = try await pool.query(
                """
                SELECT FROM \(table), unnest($1::text[]) AS wanted
                WHERE strpos(\(attribute)::text, wanted) > 0
                    OR strpos(\(attribute)::text, encode(convert_to(wanted, 'UTF8'), 'hex')) > 0
                """, [.textArray(texts)])
            if !rows.isEmpty { found.append("\(table).\(attribute)") }
        }
        return found
    }
}
