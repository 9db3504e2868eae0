import Application
import EventSourcing
import Postgres
import PostgresEventStore
import PostgresTransparencyLog
import TestSupport
import Testing

/// What looks the same to a careless reader, or would make one give up.
@Suite struct `Odd tampering` {
    private static let row =
        "stream_category, stream_id, stream_version + 7000, gen_random_uuid(), type, schema_version, payload, metadata, "
        + "recorded_at, leaf_hash"

    /// On 300 events; see `TamperedLog`.
    private static let cases = [
        respelled("'.0'", at: 17), respelled("'.00000000000000000000001'", at: 290),
        Tampering(
            script: "INSERT INTO events SELECT 29999999, \(row) FROM events WHERE position = 1", position: 29_999_999),
        far(9_000_000_000_000_000_007), far(.max),
        Tampering(
            script: """
                ALTER TABLE log_head DROP CONSTRAINT log_head_has_one_row;
                INSERT INTO log_head (position) VALUES (300);
                """, position: 301),
        Tampering(script: "DELETE FROM log_head", position: 301),
        Tampering(
            script: "ALTER TABLE log_head ALTER position DROP NOT NULL; UPDATE log_head SET position = NULL",
            position: 301),
        Tampering(script: "UPDATE log_head SET position = 9223372036854775807", position: 301),
        Tampering(
            script: """
                ALTER TABLE audit_checkpoints DROP CONSTRAINT checkpoint_is_signed_once;
                ALTER TABLE audit_checkpoints ALTER tree_size DROP NOT NULL;
                UPDATE audit_checkpoints SET tree_size = NULL WHERE tree_size = 100;
                """, position: 100),
        Tampering(
            script: """
                ALTER TABLE audit_checkpoints ALTER note DROP NOT NULL;
                UPDATE audit_checkpoints SET note = NULL WHERE tree_size = 100;
                """, position: 100),
        Tampering(
            script: """
                ALTER TABLE audit_checkpoints ALTER root DROP NOT NULL;
                UPDATE audit_checkpoints SET root = NULL WHERE tree_size = 100;
                """, position: 100),
        Tampering(
            script: """
                ALTER TABLE audit_tiles ALTER hashes DROP NOT NULL;
                UPDATE audit_tiles SET hashes = NULL WHERE level = 0 AND index = 1;
                """, position: 257),
        Tampering(script: "INSERT INTO audit_tiles VALUES (0, 9223372036854775807, sha256('x'))", position: .max),
        Tampering(
            script: """
                ALTER TABLE audit_tiles DROP CONSTRAINT level_is_of_a_tree;
                INSERT INTO audit_tiles VALUES (2147483647, 0, sha256('x'));
                """, position: .max),
        Tampering(
            script: """
                ALTER TABLE audit_keys ALTER first_tree_size DROP NOT NULL;
                UPDATE audit_keys SET first_tree_size = NULL WHERE first_tree_size = 200;
                """, position: 200),
        Tampering(
            script: "INSERT INTO audit_witnesses VALUES ('w', 9000000000000, now())", position: 301),
        Tampering(
            script: """
                ALTER TABLE events ALTER payload DROP NOT NULL;
                UPDATE events SET payload = NULL WHERE position = 40;
                """, position: 40),
    ]

    private static func respelled(_ more: String, at position: Int64) -> Tampering {
        Tampering(
            script: """
                UPDATE events SET payload = jsonb_set(payload, '{number}', ((payload ->> 'number') || \(more))::jsonb)
                WHERE position = \(position)
                """, position: position)
    }

    private static func far(_ position: Int64) -> Tampering {
        Tampering(
            script: """
                CREATE TABLE events_far PARTITION OF events FOR VALUES FROM (9000000000000000000) TO (MAXVALUE);
                INSERT INTO events SELECT \(position), \(row) FROM events WHERE position = 1;
                """, position: position)
    }

    @Test(.timeLimit(.minutes(15))) func `is found too, and named where it is`() async throws {
        try await withSignedLog { log in
            let facts = try await TamperedLog.prepare(log)
            for tampering in Self.cases { try await facts.expectFound(tampering) }
        }
    }

    @Test func `cannot move the hyphen between category and id`() async throws {
        try await withSignedLog { log in
            try await log.append(3, ids: ["acme-x"])
            try await withNotary(log) { try await log.signed(3) }
            try await log.pool.execute(
                script: """
                    ALTER TABLE events DISABLE TRIGGER USER;
                    ALTER TABLE events_p1 DISABLE TRIGGER USER;
                    ALTER TABLE events DROP CONSTRAINT category_is_one_word;
                    UPDATE events SET stream_category = 'customer-acme', stream_id = 'x';
                    """)
            let result = try await log.verification()
            #expect(result.findings.map(\.kind) == [.eventChanged, .eventChanged, .eventChanged])
            #expect(result.firstBadPosition == 1)
        }
    }

    @Test func `has nothing to do with numbers as we append them`() async throws {
        struct Numbers: Codable, Sendable {
            let doubles: [Double]
            let floats: [Float]
            let integers: [Int64]
        }
        try await withSignedLog { log in
            var random = SeededRandom(for: "numbers")
            let doubles =
                (0..<2_000).map { _ in Double(bitPattern: UInt64.random(in: 0...UInt64.max, using: &random)) }
                .filter(\.isFinite)
                + [
                    0, -0.0, 1, 12.5, 0.1, 1e15, 1e16, 1e17, 1e20, 1e21, 1e23, 1e-6, 1e-7, .leastNonzeroMagnitude,
                    .greatestFiniteMagnitude,
                ]
            let fact = Numbers(
                doubles: doubles + doubles.map { ($0 * 1e-280).rounded() }.filter(\.isFinite),
                floats: [0.1, 1e10, 3e-8],
                integers: [.max, .min, 9_007_199_254_740_993, 123_456_789_012_345_678, 0, -1])
            _ = try await log.store.append(
                Append(
                    [
                        StreamAppend(
                            StreamName(category: "customer", id: "acme"), expected: .any,
                            events: [
                                NewEvent(
                                    id: EventID(SignedLog.uuid()), form: StoredForm("customer.noted", version: 1, fact))
                            ])
                    ], metadata: SignedLog.metadata))
            try await withNotary(log) { try await log.signed(1) }
            #expect(try await log.verification().findings == [])
        }
    }

    @Test func `of what was restored from a file is looked for in the table`() async throws {
        struct MissingFiles: EventArchives {
            let lastPosition: Position
            func events(after: Position, upTo: Position) async throws(EventArchiveError) -> [ArchivedEvent] {
                throw .missing("the file")
            }
        }
        try await withSignedLog { log in
            try await log.append(9)
            try await withNotary(log) { try await log.signed(9) }
            try await log.pool.execute(
                script: """
                    ALTER TABLE events DISABLE TRIGGER USER;
                    ALTER TABLE events_p1 DISABLE TRIGGER USER;
                    UPDATE events SET payload = '{}' WHERE position = 4;
                    """)
            let auditLog = PostgresAuditLog(
                pool: log.pool, keys: log.keys,
                openArchives: { _ throws(EventArchiveError) in MissingFiles(lastPosition: Position(6)) })
            let result = try await auditLog.verify(AuditVerificationRequest(archives: "/archives")) { _ in }
            #expect(result.findings.map(\.kind) == [.eventChanged])
            #expect(result.firstBadPosition == 4)
        }
    }

    @Test func `with a key that was said to be destroyed is found at the event that says so`() async throws {
        struct Forgotten: Codable, Sendable {
            let subject: String
            let keys: [String]
        }
        let key = SignedLog.uuid()
        try await withSignedLog { log in
            try await log.append(2)
            _ = try await log.store.append(
                Append(
                    [
                        StreamAppend(
                            StreamName(category: "subject", id: "customer:acme"), expected: .any,
                            events: [
                                NewEvent(
                                    id: EventID(SignedLog.uuid()),
                                    form: StoredForm(
                                        "subject.forgotten", version: 1,
                                        Forgotten(subject: "customer:acme", keys: [key])))
                            ])
                    ], metadata: SignedLog.metadata))
            try await withNotary(log) { try await log.signed(3) }
            #expect(try await log.verification().findings == [])
            try await log.pool.execute(
                script: """
                    INSERT INTO subject_keys (key_id, subject, wrapped_key, master_key_id)
                    VALUES ('\(key)', 'customer:acme', decode(repeat('00', 60), 'hex'), '00000000')
                    """)
            let result = try await log.verification()
            #expect(result.findings.map(\.kind) == [.keyChanged])
            #expect(result.firstBadPosition == 3)
        }
    }
}
