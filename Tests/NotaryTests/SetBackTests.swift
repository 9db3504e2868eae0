import Application
import Postgres
import PostgresTransparencyLog
import TestSupport
import Testing

/// Somebody with all rights in the database makes it forget what was signed, so that the notary signs another story.
@Suite struct `A database that was set back` {
    /// The last event is another, hashed as it should be, and nothing says any more that it was signed.
    static let forgery = """
        ALTER TABLE events DISABLE TRIGGER USER;
        ALTER TABLE events_p1 DISABLE TRIGGER USER;
        ALTER TABLE audit_tiles DISABLE TRIGGER USER;
        ALTER TABLE audit_checkpoints DISABLE TRIGGER USER;
        UPDATE events SET payload = '{"number": 99}' WHERE position = 8;
        UPDATE events SET \(Tampering.rehashed) WHERE position = 8;
        DELETE FROM audit_checkpoints WHERE tree_size = 8;
        UPDATE audit_tiles SET hashes = substring(hashes FROM 1 FOR 160);
        DELETE FROM audit_witnesses;
        """

    static func witnessed(_ log: SignedLog, _ witness: RememberingWitness) async throws {
        for size in [5, 8] as [Int64] {
            try await log.append(size == 5 ? 5 : 3)
            try await withNotary(log, holder: "n\(size)", witnesses: [witness]) {
                try await eventually("witnessed") { try await log.auditLog.status().witnessed["memory"] == size }
            }
        }
    }

    @Test func `is not signed again, because the witness remembers`() async throws {
        let witness = RememberingWitness()
        try await withSignedLog { log in
            try await Self.witnessed(log, witness)
            let notes = witness.bySize
            try await log.pool.execute(script: Self.forgery)
            try await withNotary(log, holder: "forged", witnesses: [witness]) {
                try await eventually("alarm") { try await log.auditLog.status().alarm != nil }
            }
            let status = try await log.auditLog.status()
            #expect(status.alarm?.kind == .witnessDisagrees)
            #expect(status.alarm?.position == 6)
            #expect(status.treeSize == 5)
            #expect(witness.bySize == notes)
            let result = try await log.auditLog(witnesses: [witness]).verify(AuditVerificationRequest()) { _ in }
            #expect(result.firstBadPosition == 6)
        }
    }

    @Test func `is found as soon as the witness answers, and its checkpoint stays`() async throws {
        let witness = RememberingWitness()
        try await withSignedLog { log in
            try await Self.witnessed(log, witness)
            let notes = witness.bySize
            try await log.pool.execute(script: Self.forgery)
            witness.isAbsent = true
            try await withNotary(log, holder: "forged", witnesses: [witness]) {
                try await log.signed(8)
                witness.isAbsent = false
                try await eventually("alarm") { try await log.auditLog.status().alarm != nil }
                try await log.append(1)
            }
            let status = try await log.auditLog.status()
            #expect(status.alarm?.kind == .witnessDisagrees)
            #expect(status.alarm?.position == 6)
            #expect(status.treeSize == 8)
            #expect(witness.bySize == notes)
        }
    }

    @Test func `is noticed by the notary that signed it, without a witness`() async throws {
        try await withSignedLog { log in
            try await log.append(5)
            try await withNotary(log) { try await log.signed(5) }
            try await log.append(3)
            try await withNotary(log, holder: "two") {
                try await log.signed(8)
                // The notary must have seen its own signature: it has once it signs on.
                try await log.pool.execute(script: Self.forgery)
                try await eventually("alarm") { try await log.auditLog.status().alarm != nil }
            }
            #expect(try await log.auditLog.status().alarm?.kind == .checkpointRemoved)
            #expect(try await log.auditLog.status().alarm?.position == 6)
            #expect(try await log.auditLog.latestCheckpoint()?.treeSize == 5)
        }
    }

    @Test func `does not silence publishing by saying that everything was published`() async throws {
        let witness = RememberingWitness()
        try await withSignedLog { log in
            try await Self.witnessed(log, witness)
            try await log.pool.execute(script: "UPDATE audit_witnesses SET tree_size = 9000000000000")
            try await log.append(1)
            try await withNotary(log, holder: "three", witnesses: [witness]) {
                try await eventually("published") { witness.bySize[9] != nil }
            }
        }
    }

    @Test func `is named by verification, however much of the proof went with it`() async throws {
        let off = """
            ALTER TABLE audit_tiles DISABLE TRIGGER USER;
            ALTER TABLE audit_checkpoints DISABLE TRIGGER USER;
            ALTER TABLE audit_keys DISABLE TRIGGER USER;
            """
        let cases: [(script: String, position: Int64, kind: AuditFinding.Kind)] = [
            ("TRUNCATE audit_tiles, audit_checkpoints, audit_keys, audit_witnesses", 5, .checkpointRemoved),
            (
                """
                DELETE FROM audit_witnesses;
                DELETE FROM audit_checkpoints WHERE tree_size = 8;
                UPDATE audit_tiles SET hashes = substring(hashes FROM 1 FOR 160);
                """, 8, .checkpointRemoved
            ),
            ("UPDATE audit_witnesses SET tree_size = 9000000000000", 9, .checkpointChanged),
        ]
        for (script, position, kind) in cases {
            let witness = RememberingWitness()
            try await withSignedLog { log in
                try await Self.witnessed(log, witness)
                try await log.pool.execute(script: off + script)
                let result = try await log.auditLog(witnesses: [witness]).verify(AuditVerificationRequest()) { _ in }
                #expect(result.firstBadPosition == position, "\(script): \(result.findings)")
                #expect(result.findings.first?.kind == kind, "\(script): \(result.findings)")
            }
        }
    }

    @Test func `or a witness that was is told by what it had been given`() async throws {
        let witness = RememberingWitness()
        try await withSignedLog { log in
            try await Self.witnessed(log, witness)
            let result = try await log.auditLog(witnesses: [RememberingWitness()]).verify(AuditVerificationRequest()) {
                _ in
            }
            #expect(result.findings.map(\.kind) == [.witnessDisagrees])
            #expect(result.firstBadPosition == 1)
            witness.isAbsent = true
            let undecided = try await log.auditLog(witnesses: [witness]).verify(AuditVerificationRequest()) { _ in }
            #expect(undecided.isSound && !undecided.isDecided)
        }
    }
}
