import Application
import Cryptography
import Logging
import Postgres
import Synchronization

/// The keys of people as the table has them, remembered for a few seconds.
///
/// A key that another process destroyed is used here for `rememberedSeconds` at most, counted from before the table was asked.
final class SubjectKeys: Sendable {
    static let rememberedSeconds = 5
    /// A key with what it opened takes about a kilobyte.
    private static let rememberedMax = 1024

    /// What is known of a key.
    enum Standing: Sendable {
        case usable(SubjectKey)
        case destroyed
        /// The row is not what was wrapped.
        case damaged
    }

    private struct Remembered: Sendable {
        let standing: Standing
        let until: ContinuousClock.Instant
    }

    private struct Memory: Sendable {
        var byID = RecentCache<String, Remembered>(size: rememberedMax)
        var bySubject = RecentCache<String, Remembered>(size: rememberedMax)
    }

    let pool: PostgresPool
    let masterKeys: MasterKeys
    let logger: Logger
    private let now: @Sendable () -> ContinuousClock.Instant
    private let memory = Mutex(Memory())

    init(
        pool: PostgresPool, masterKeys: MasterKeys, logger: Logger,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) {
        self.pool = pool
        self.masterKeys = masterKeys
        self.logger = logger
        self.now = now
    }

    /// What is known of each of the keys; one that is missing in the answer is not in the table.
    func standings(_ ids: Set<String>) async throws(PersonalDataError) -> [String: Standing] {
        let asked = now()
        var found: [String: Standing] = [:]
        memory.withLock { memory in
            for id in ids {
                if let known = memory.byID.value(id), known.until > asked { found[id] = known.standing }
            }
        }
        let missing = ids.filter { found[$0] == nil }
        guard !missing.isEmpty else { return found }
        let rows = try await query(PersonalStatement.keysByID, [.textArray(Array(missing))])
        return found.merging(try remember(rows, asked: asked)) { $1 }
    }

    /// The usable key of each subject, made where there is none.
    func usable(of subjects: Set<String>) async throws(PersonalDataError) -> [String: SubjectKey] {
        if let known = recentlyUsable(subjects) { return known }
        // A key may be destroyed between the two statements: then it is made once more.
        for _ in 1...8 {
            let asked = now()
            let rows = try await query(PersonalStatement.keysOfSubjects, [.textArray(Array(subjects))])
            var keys: [String: SubjectKey] = [:]
            for standing in try remember(rows, asked: asked).values {
                if case .usable(let key) = standing { keys[key.row.subject] = key }
            }
            let missing = subjects.filter { keys[$0] == nil }
            if missing.isEmpty { return keys }
            guard rows.count == keys.count else {
                throw .unavailable(reason: "a key of the append's subjects is damaged: look at the table subject_keys")
            }
            try await add(missing.sorted())
        }
        throw .unavailable(reason: "the keys of the append's subjects are destroyed again and again")
    }

    /// The keys as far as they are remembered, if that is all of them.
    func recentlyUsable(_ subjects: Set<String>) -> [String: SubjectKey]? {
        let asked = now()
        return memory.withLock { memory in
            var keys: [String: SubjectKey] = [:]
            for subject in subjects {
                guard let known = memory.bySubject.value(subject), known.until > asked,
                    case .usable(let key) = known.standing
                else { return nil }
                keys[subject] = key
            }
            return keys
        }
    }

    func drop(_ subject: String, keys: [String]) {
        memory.withLock { memory in
            memory.bySubject.remove(subject)
            for key in keys { memory.byID.remove(key) }
        }
    }

    func query(
        _ statement: String, _ parameters: [PostgresValue] = []
    ) async throws(PersonalDataError) -> PostgresRows {
        do throws(PostgresError) { return try await pool.query(statement, parameters) } catch {
            throw PersonalDataError(error)
        }
    }

    /// The id in lower case hexadecimal digits, version 4 (RFC 9562).
    private static func newID() -> String {
        var bytes = SecureRandom.bytes(16)
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let digits = Array(bytes.hex)
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    private func add(_ subjects: [String]) async throws(PersonalDataError) {
        let rows = subjects.map { KeyRow(id: Self.newID(), subject: $0) }
        var wrapped: [String] = []
        for row in rows {
            do throws(CryptographyError) {
                wrapped.append(try masterKeys.wrap(SecureRandom.bytes(AES256GCM.keyByteCount), of: row).hex)
            } catch {
                throw PersonalDataError(error)
            }
        }
        _ = try await query(
            PersonalStatement.addKeys,
            [
                .textArray(rows.map(\.id)), .textArray(rows.map(\.subject)), .textArray(wrapped),
                .text(masterKeys.current),
            ])
    }

    /// What the rows say, remembered from the moment on at which they were asked for.
    private func remember(
        _ rows: PostgresRows, asked: ContinuousClock.Instant
    ) throws(PersonalDataError) -> [String: Standing] {
        let until = asked + .seconds(Self.rememberedSeconds)
        var standings: [String: Standing] = [:]
        for stored in try StoredKey.all(rows) {
            let standing = try standing(of: stored)
            let (id, subject) = (stored.row.id, stored.row.subject)
            standings[id] = standing
            memory.withLock { memory in
                memory.byID.keep(Remembered(standing: standing, until: until), id)
                switch standing {
                case .usable: memory.bySubject.keep(Remembered(standing: standing, until: until), subject)
                case .destroyed, .damaged:
                    if case .usable(let old) = memory.bySubject.value(subject)?.standing, old.row.id == id {
                        memory.bySubject.remove(subject)
                    }
                }
            }
        }
        return standings
    }

    private func standing(of stored: StoredKey) throws(PersonalDataError) -> Standing {
        guard let wrapped = stored.wrapped else { return .destroyed }
        if case .usable(let key) = memory.withLock({ $0.byID.value(stored.row.id)?.standing }) { return .usable(key) }
        let key: [UInt8]?
        do throws(CryptographyError) {
            key = try masterKeys.unwrap(wrapped.key, of: stored.row, by: wrapped.masterKey)
        } catch {
            logger.warning("personal key is damaged", metadata: ["personal.key": "\(stored.row.id)"])
            return .damaged
        }
        guard let key else { throw .unknownMasterKeys([wrapped.masterKey], known: masterKeys.names) }
        return .usable(SubjectKey(stored.row, key: key))
    }
}

/// A row of the table.
struct StoredKey: Sendable {
    let row: KeyRow
    /// nil once the key is destroyed.
    let wrapped: (key: [UInt8], masterKey: String)?

    static func all(_ rows: PostgresRows) throws(PersonalDataError) -> [StoredKey] {
        do throws(PostgresError) {
            return try rows.map { row throws(PostgresError) in try StoredKey(row) }
        } catch {
            throw PersonalDataError(error)
        }
    }

    private init(_ row: PostgresRow) throws(PostgresError) {
        self.row = KeyRow(id: try row.string("key_id"), subject: try row.string("subject"))
        if let key = try row.optionalBytea("wrapped_key") {
            wrapped = (key, try row.string("master_key_id"))
        } else {
            wrapped = nil
        }
    }
}

extension PersonalDataError {
    init(_ error: PostgresError) {
        switch error {
        case .cancelled: self = .cancelled
        default: self = .unavailable(reason: error.description)
        }
    }

    /// Sealing fails only with the library itself.
    init(_ error: CryptographyError) { self = .unavailable(reason: "a value cannot be sealed: \(error)") }
}

extension EventStoreError {
    init(_ error: PersonalDataError) {
        switch error {
        case .cancelled: self = .cancelled
        case .unavailable, .unknownMasterKeys: self = .unavailable(reason: error.description)
        }
    }
}
