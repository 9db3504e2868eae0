import Application
import Domain
import EventSourcing
import Foundation
import Logging
import Postgres
import PostgresEventStore
import PostgresLeases
import PostgresTransparencyLog
import TransparencyLog

/// Signs and verifies a whole log, beside what OpenSSL's SHA-256 could do with as many blocks of the events' size.
struct ProofBench {
    let database: BenchDatabase

    /// About the size of payload, metadata and envelope of an event.
    private static let eventBytes = 512

    func run() async throws -> [BenchFigure] {
        let keys = try AuditKeys(signers: [try NoteSigningKey.generate(name: "bench.example").secretText])
        let log = PostgresAuditLog(pool: database.pool, keys: keys)
        let count = try await database.store().head().rawValue
        let signing = try await signAll(count, log, keys)
        let start = ContinuousClock.now
        let result = try await log.verify(AuditVerificationRequest(connections: 2, asksWitnesses: false)) { _ in }
        let seconds = (ContinuousClock.now - start).seconds
        guard result.isSound, result.events == count else {
            throw BenchDatabase.ProgramFailed(description: "the log does not verify: \(result.findings.prefix(3))")
        }
        let openssl = try await self.openssl()
        return [
            BenchFigure("notary, catching up", Double(count) / signing, "events/s"),
            BenchFigure(
                "audit verify", Double(count) / seconds, "events/s",
                against: ("150,000 or half of openssl", min(150_000, openssl / 2)), goal: .atLeast(1)),
        ] + hashing() + ProcessMemory.figures("audit verify")
    }

    /// Seconds until everything is signed.
    private func signAll(_ count: Int64, _ log: PostgresAuditLog, _ keys: AuditKeys) async throws -> Double {
        let notary = Notary(
            pool: database.pool,
            leases: PostgresLeases(pool: database.pool, holder: "bench", logger: database.logger), keys: keys,
            wakeUps: { AsyncStream { $0.finish() } }, logger: database.logger, now: WallClock.now)
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await notary.run() }
            while try await log.status().treeSize < count {
                try await ContinuousClock().sleep(for: .milliseconds(100))
            }
        }
        return (ContinuousClock.now - start).seconds
    }

    /// Blocks a second on one core. The last line is `sha256  <thousands of bytes a second>k`.
    private func openssl() async throws -> Double {
        let output = try await BenchDatabase.run(
            "openssl", ["speed", "-seconds", "2", "-bytes", "\(Self.eventBytes)", "-evp", "sha256"])
        let words = output.split(separator: "\n").last?.split(separator: " ") ?? []
        guard let rate = words.last.flatMap({ Double($0.dropLast()) }) else {
            throw BenchDatabase.ProgramFailed(description: "openssl speed answered \(output)")
        }
        return rate * 1000 / Double(Self.eventBytes)
    }

    /// What an append pays on our side for the canonical form and digest of payload and metadata.
    private func hashing() -> [BenchFigure] {
        // It is JSON.
        guard let payload = try? JSONText.encode(BenchHistory.story[1].stored.payload) else { return [] }
        let bytes = Array(payload.utf8)
        let (rounds, start) = (100_000, ContinuousClock.now)
        var isHashed = true
        // It is JSON; a digest that failed would not be counted.
        for _ in 0..<rounds { isHashed = (try? CanonicalJSON.digest(ofJSON: bytes)) != nil && isHashed }
        let each = (ContinuousClock.now - start).seconds / Double(rounds)
        return isHashed ? [BenchFigure("digest of a payload", each * 1_000_000, "µs")] : []
    }
}
