import Application
import EventSourcing
import Postgres

/// One of the writers of `OrderVerifier`: appends, waits with the transaction open, and commits or rolls back.
struct ScratchWriter {
    struct Result: Sendable {
        var commits: [CommittedAppend] = []
        var rolledBack = 0
    }

    private let number: Int
    private let settings: OrderVerifier.Settings
    private let schema: String
    private let pool: PostgresPool
    private var randomness: UInt64
    private(set) var result = Result()

    init(number: Int, settings: OrderVerifier.Settings, schema: String, pool: PostgresPool) {
        self.number = number
        self.settings = settings
        self.schema = schema
        self.pool = pool
        // Not a multiple of the step of `bits`, which would make the writers' values each other's.
        randomness = settings.seed ^ UInt64(number + 1) &* 0xD6E8_FEB8_6659_FD93
    }

    mutating func transact() async throws {
        let delaySeconds = Double(random() % 1_000) / 1_000 * settings.delayMaxMilliseconds / 1_000
        let isCommitted = random() % 100 >= settings.rollbacksPercent
        let ids = (0...random() % (settings.numbering == .log ? 3 : 1)).map { _ in uuid() }
        let commit = try await pool.withConnection { connection -> CommittedAppend? in
            try await connection.execute(script: "BEGIN")
            try await connection.query(Statement.scratchPath, [.text(schema)])
            try await append(ids, on: connection)
            try await connection.query(Statement.scratchWait, [.text(String(delaySeconds))])
            let asked = ContinuousClock.now
            try await connection.execute(script: isCommitted ? "COMMIT" : "ROLLBACK")
            return isCommitted ? CommittedAppend(eventIDs: ids, asked: asked, answered: .now) : nil
        }
        if let commit { result.commits.append(commit) } else { result.rolledBack += 1 }
    }

    private func append(_ ids: [String], on connection: PostgresConnection) async throws {
        guard settings.numbering == .log else {
            for id in ids { try await connection.query(Statement.plainSequenceAppend, [.uuid(id)]) }
            return
        }
        let form = StoredForm("verification.appended", version: 1, ["writer": number])
        let stream = StreamName(category: "verification", id: "\(number)")
        let append = Append(
            [StreamAppend(stream, expected: .any, events: ids.map { NewEvent(id: EventID($0), form: form) })],
            metadata: EventMetadata(actor: "verify-order", correlationID: schema, source: "cli"))
        guard case .appended = try await AppendGroup([append]).append(on: connection).first else {
            throw PostgresError.decoding(column: "kinds", reason: "an append to any version was refused")
        }
    }

    private mutating func random() -> Int { Int(truncatingIfNeeded: bits() >> 33) }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func bits() -> UInt64 {
        randomness &+= 0x9E37_79B9_7F4A_7C15
        var mixed = randomness
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A UUID of version 8, free to choose.
    private mutating func uuid() -> String {
        let digits = [bits(), bits()].map { bits in
            let text = String(bits, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }.joined()
        var characters = Array(digits)
        (characters[12], characters[16]) = ("8", "a")
        return String(characters)
    }
}
