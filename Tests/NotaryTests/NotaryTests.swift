import Application
import Cryptography
import EventSourcing
import Logging
import Postgres
import PostgresLeases
import PostgresTransparencyLog
import TestSupport
import Testing
import TransparencyLog

@Suite struct `The notary` {
    @Test func `signs what was appended, in a note that its key verifies`() async throws {
        try await withSignedLog { log in
            try await log.append(5)
            try await withNotary(log) { try await log.signed(5) }
            let latest = try #require(try await log.auditLog.latestCheckpoint())
            let checkpoint = try Checkpoint(note: latest.note, verifiedBy: log.keys.verifiers)
            #expect(checkpoint.size == 5)
            #expect(checkpoint.root.hex == latest.root)
            #expect(checkpoint.origin == SignedLog.origin)
            #expect(try await log.verification().findings == [])
        }
    }

    @Test func `goes on where it was, whoever had the lease before`() async throws {
        try await withSignedLog { log in
            try await log.append(300)
            try await withNotary(log, holder: "one") { try await log.signed(300) }
            try await log.append(700)
            try await withNotary(log, holder: "two") { try await log.signed(1_000) }
            let proof = try await log.auditLog.consistencyProof(from: 300, to: nil)
            #expect(
                MerkleProof.proves(
                    try hash(proof.toRoot), ofSize: 1_000, extends: try hash(proof.fromRoot), ofSize: 300,
                    by: try proof.path.map(hash)))
            #expect(proof.fromRoot == (try await log.auditLog.checkpoint(treeSize: 300))?.root)
            #expect(try await log.verification().findings == [])
        }
    }

    @Test func `catches up in batches and signs each`() async throws {
        try await withSignedLog { log in
            try await log.append(1_000)
            try await withNotary(log, batchMax: 300) { try await log.signed(1_000) }
            let sizes = try await log.auditLog.checkpoints(after: 0, limit: 100).map(\.treeSize)
            #expect(sizes == [300, 600, 900, 1_000])
        }
    }

    @Test func `writes nothing without its lease`() async throws {
        try await withSignedLog { log in
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let other = PostgresLeases(pool: log.pool, holder: "other", logger: logger)
            _ = try #require(try await other.claim(Notary.lease))
            try await log.append(3)
            try await withNotary(log) {
                // The notary asks for the lease every second.
                try await ContinuousClock().sleep(for: .milliseconds(1_500))
            }
            #expect(try await log.auditLog.latestCheckpoint() == nil)
        }
    }

    @Test func `stops visibly at an event that was changed, and signs again once it is put right`() async throws {
        try await withSignedLog { log in
            try await log.append(10)
            try await withNotary(log) { try await log.signed(10) }
            try await log.append(10)
            try await log.pool.execute(
                script: """
                    ALTER TABLE events DISABLE TRIGGER USER;
                    ALTER TABLE events_p1 DISABLE TRIGGER USER;
                    CREATE TABLE kept AS SELECT payload FROM events WHERE position = 14;
                    UPDATE events SET payload = '{"number": 99}' WHERE position = 14;
                    """)
            try await withNotary(log, holder: "two") {
                try await eventually("alarm") { try await log.auditLog.status().alarm != nil }
                let status = try await log.auditLog.status()
                #expect(status.alarm?.kind == .eventChanged)
                #expect(status.alarm?.position == 14)
                #expect(status.treeSize == 10)
                try await log.pool.execute(
                    script: "UPDATE events SET payload = (SELECT payload FROM kept) WHERE position = 14")
                try await log.signed(20)
                try await eventually("the alarm is over") { try await log.auditLog.status().alarm == nil }
            }
        }
    }

    @Test func `does not sign over a tile that was changed`() async throws {
        try await withSignedLog { log in
            try await log.append(10)
            try await withNotary(log) { try await log.signed(10) }
            try await log.pool.execute(
                script: """
                    ALTER TABLE audit_tiles DISABLE TRIGGER USER;
                    UPDATE audit_tiles SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1);
                    """)
            try await log.append(1)
            try await withNotary(log, holder: "two") {
                try await eventually("alarm") { try await log.auditLog.status().alarm != nil }
            }
            #expect(try await log.auditLog.status().alarm?.kind == .tileChanged)
            #expect(try await log.auditLog.latestCheckpoint()?.treeSize == 10)
        }
    }

    @Test func `changes its key while both are known`() async throws {
        try await withSignedLog { log in
            try await log.append(3)
            try await withNotary(log) { try await log.signed(3) }
            let next = try NoteSigningKey.generate(name: SignedLog.origin)
            try await log.append(3)
            let both = try AuditKeys(signers: [log.signer.secretText, next.secretText])
            try await withNotary(log, holder: "two", keys: both) { try await log.signed(6) }
            try await log.append(3)
            let old = log.signer.verifierKey.description
            let only = try AuditKeys(signers: [next.secretText], verifiers: [old])
            try await withNotary(log, holder: "three", keys: only) { try await log.signed(9) }
            let auditLog = PostgresAuditLog(pool: log.pool, keys: only)
            #expect(auditLog.verifierKeys == [next.verifierKey.description, old])
            let result = try await auditLog.verify(AuditVerificationRequest()) { _ in }
            #expect(result.findings == [])
            #expect(result.checkpoints == 3)
        }
    }

    @Test func `is refused what would change the past, even as the owner`() async throws {
        try await withSignedLog { log in
            try await log.append(3)
            try await withNotary(log) { try await log.signed(3) }
            for script in [
                "UPDATE audit_checkpoints SET tree_size = 4", "DELETE FROM audit_checkpoints", "TRUNCATE audit_tiles",
                "DELETE FROM audit_tiles", "UPDATE audit_tiles SET hashes = sha256('x')", "DELETE FROM audit_keys",
            ] {
                await #expect(throws: PostgresError.self, "\(script)") { try await log.pool.execute(script: script) }
            }
        }
    }
}

private func hash(_ hex: String) throws -> MerkleHash { try #require([UInt8](hex: hex).flatMap { MerkleHash($0) }) }
