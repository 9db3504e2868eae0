import Application
import Postgres
import PostgresTransparencyLog
import TestSupport
import Testing
import TransparencyLog

@Suite struct `Tampering with the log` {
    private static let caseCount = 2_000
    private static let workerCount = 2

    @Test(.timeLimit(.minutes(15))) func `as a superuser is found, and its first position named, every time`()
        async throws
    {
        let seed = SeededRandom(for: "tampering").seed
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<Self.workerCount {
                group.addTask {
                    // A log for each: emptying a table keeps everybody else out of it.
                    try await withSignedLog { log in
                        let facts = try await TamperedLog.prepare(log)
                        var random = SeededRandom(seed: seed &+ UInt64(worker))
                        for _ in 0..<Self.caseCount / Self.workerCount {
                            try await facts.expectFound(Tampering.random(of: facts, &random))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `is not found where there is none`() async throws {
        try await withSignedLog { log in
            let facts = try await TamperedLog.prepare(log)
            let result = try await facts.auditLog.verify(AuditVerificationRequest()) { _ in }
            #expect(result.findings == [])
            #expect(result.events == facts.eventCount)
            #expect(result.treeSize == facts.eventCount)
            #expect(result.checkpoints == facts.sizes.count)
            #expect(result.root == (try await log.auditLog.latestCheckpoint())?.root)
        }
    }
}

/// A signed log whose triggers are off, and what is known of it beforehand.
struct TamperedLog: Sendable {
    let pool: PostgresPool
    let auditLog: PostgresAuditLog
    let eventCount: Int64
    /// Of the checkpoints, in order.
    let sizes: [Int64]
    /// Since when each key signs.
    let keySizes: [Int64]

    /// Above 256, so that there is a full tile of leaves, a partial one, and one of level 1.
    private static let batches = [1, 2, 97, 56, 44, 12, 3, 1, 84]

    static func prepare(_ log: SignedLog) async throws -> TamperedLog {
        let next = try NoteSigningKey.generate(name: SignedLog.origin)
        let both = try AuditKeys(signers: [log.signer.secretText, next.secretText])
        var sizes: [Int64] = []
        for (number, batch) in batches.enumerated() {
            try await log.append(batch)
            let size = (sizes.last ?? 0) + Int64(batch)
            let keys = number < batches.count / 2 ? log.keys : both
            try await withNotary(log, holder: "n\(number)", keys: keys) { try await log.signed(size) }
            sizes.append(size)
        }
        try await log.pool.execute(
            script: """
                ALTER TABLE events DISABLE TRIGGER USER;
                DO $$
                DECLARE part regclass;
                BEGIN
                    FOR part IN SELECT partition FROM event_partitions LOOP
                        EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', part);
                    END LOOP;
                END
                $$;
                ALTER TABLE audit_tiles DISABLE TRIGGER USER;
                ALTER TABLE audit_checkpoints DISABLE TRIGGER USER;
                ALTER TABLE audit_keys DISABLE TRIGGER USER;
                """)
        return TamperedLog(
            pool: log.pool, auditLog: PostgresAuditLog(pool: log.pool, keys: both), eventCount: sizes.last ?? 0,
            sizes: sizes, keySizes: [sizes[0], sizes[batches.count / 2]])
    }

    /// Does it, verifies what the database then answers, and takes it back.
    func expectFound(_ tampering: Tampering) async throws {
        struct TakenBack: Error {}
        do {
            try await pool.withTransaction { connection in
                try await connection.execute(script: tampering.script)
                let result = try await auditLog.verify(on: [connection])
                if result.firstBadPosition != tampering.position {
                    Issue.record("\(tampering): found \(result.findings.prefix(3))")
                }
                throw TakenBack()
            }
        } catch is TakenBack {
        } catch {
            Issue.record("\(tampering): \(error)")
        }
    }
}
