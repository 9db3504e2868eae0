import Application
import EventSourcing
import Logging
import Postgres
import PostgresEventStore
import PostgresLeases
import PostgresTransparencyLog
import Synchronization
import TestSupport
import Testing
import TransparencyLog

/// A log with some events, and a notary that a test turns by hand.
struct SignedLog: Sendable {
    let database: TestDatabase
    let store: PostgresEventStore
    let signer: NoteSigningKey
    let keys: AuditKeys

    var pool: PostgresPool { database.pool }
    var auditLog: PostgresAuditLog { PostgresAuditLog(pool: pool, keys: keys) }

    static let origin = "deploycenter.example.org/log"

    func auditLog(witnesses: [any CheckpointWitness]) -> PostgresAuditLog {
        PostgresAuditLog(pool: pool, keys: keys, witnesses: witnesses)
    }

    /// Appends so many events in one go, over some streams.
    func append(_ count: Int, to category: String = "customer", ids: [String] = ["acme", "globex", "initech"])
        async throws
    {
        for start in stride(from: 0, to: count, by: 250) {
            let numbers = start..<min(count, start + 250)
            let streams = ids.enumerated().map { place, id in
                StreamAppend(
                    StreamName(category: category, id: id), expected: .any,
                    events: numbers.filter { $0 % ids.count == place }.map(Self.event))
            }
            _ = try await store.append(Append(streams.filter { !$0.events.isEmpty }, metadata: Self.metadata))
        }
    }

    static let metadata = EventMetadata(
        actor: "ana", actorName: "Ana ☃", roles: ["admin"], correlationID: "c-1", source: "api")

    private static func event(_ number: Int) -> NewEvent {
        NewEvent(
            id: EventID(uuid()),
            form: StoredForm(
                "customer.noted", version: 1, Note(number: number, text: "Čapek & söhne \"\(number)\"", isOpen: true)))
    }

    private struct Note: Codable, Sendable {
        let number: Int
        let text: String
        let isOpen: Bool
    }

    static func uuid() -> String {
        func hex(_ digits: Int) -> String {
            let text = String(UInt64.random(in: 0..<1 << (4 * UInt64(digits))), radix: 16)
            return String(repeating: "0", count: digits - text.count) + text
        }
        return "\(hex(8))-\(hex(4))-4\(hex(3))-8\(hex(3))-\(hex(12))"
    }
}

/// Runs `body` with an empty log of its own.
func withSignedLog<Value>(
    poolSize: Int = 8, isolation: isolated (any Actor)? = #isolation, _ body: (SignedLog) async throws -> Value
) async throws -> Value {
    try await withMigratedDatabase(poolSize: poolSize) { database in
        let signer = try NoteSigningKey.generate(name: SignedLog.origin)
        return try await body(
            SignedLog(
                database: database, store: PostgresEventStore(pool: database.pool), signer: signer,
                keys: try AuditKeys(signers: [signer.secretText])))
    }
}

/// Runs the notary beside `body` and ends it with it.
func withNotary<Value: Sendable>(
    _ log: SignedLog, holder: String = "one", keys: AuditKeys? = nil, witnesses: [any CheckpointWitness] = [],
    interval: Duration = .milliseconds(20), batchMax: Int64 = 8_192,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let notary = Notary(
        pool: log.pool, leases: PostgresLeases(pool: log.pool, holder: holder, logger: logger), keys: keys ?? log.keys,
        wakeUps: { log.store.wakeUps() }, witnesses: witnesses, logger: logger, now: { currentTime() },
        interval: interval, witnessInterval: .milliseconds(50), batchMax: batchMax)
    return try await withThrowingTaskGroup(of: Value?.self) { group in
        group.addTask {
            try await notary.run()
            return nil
        }
        group.addTask { try await body() }
        defer { group.cancelAll() }
        while let value = try await group.next() { if let value { return value } }
        throw CancellationError()
    }
}

extension SignedLog {
    /// Until everything is signed.
    func signed(_ size: Int64) async throws {
        try await eventually("signed up to \(size)") { try await auditLog.latestCheckpoint()?.treeSize == size }
    }

    func verification() async throws -> AuditVerification {
        try await auditLog.verify(AuditVerificationRequest(connections: 2)) { _ in }
    }
}
