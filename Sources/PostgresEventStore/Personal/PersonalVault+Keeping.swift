package import Application
import Cryptography
import EventSourcing
import Postgres

extension PersonalVault: PersonalDataKeeper {
    /// Keys of one transaction of a rotation.
    private static let rotationBatch = 500

    package func subject(_ name: String) async throws(PersonalDataError) -> PersonalSubject? {
        try await subjects([.text(name), .null, .int8(1)]).first
    }

    package func subjects(after name: String?, limit: Int) async throws(PersonalDataError) -> [PersonalSubject] {
        try await subjects([.null, .text(name), .int8(Int64(limit))])
    }

    package func dropRemains(of name: String) async throws(PersonalDataError) {
        guard let subject = try await subject(name) else { return }
        keys.drop(name, keys: subject.destroyedKeys)
        // The stream that the subject is named after; an actor's commands say nothing about the actor.
        guard let colon = name.firstIndex(of: ":") else { return }
        let stream = StreamName(category: String(name[..<colon]), id: String(name[name.index(after: colon)...]))
        _ = try await keys.query(PersonalStatement.dropDigests, [.text(stream.description)])
    }

    package func status() async throws(PersonalDataError) -> PersonalDataStatus {
        var counts: [String: Int] = [:]
        var destroyed = 0
        let rows = try await keys.query(PersonalStatement.countKeys)
        do throws(PostgresError) {
            for row in rows {
                if let name = try row.optionalString("master_key_id") {
                    counts[name] = try row.int("keys")
                } else {
                    destroyed = try row.int("keys")
                }
            }
        } catch {
            throw PersonalDataError(error)
        }
        return PersonalDataStatus(
            currentMasterKey: keys.masterKeys.current, knownMasterKeys: keys.masterKeys.names, keyCounts: counts,
            destroyedCount: destroyed, rememberedSeconds: SubjectKeys.rememberedSeconds)
    }

    /// Refuses a database with keys that the configured master keys do not unwrap, before anybody misses a value.
    package func requireKnownMasterKeys() async throws(PersonalDataError) {
        let status = try await status()
        let missing = Set(status.keyCounts.keys).subtracting(status.knownMasterKeys)
        guard missing.isEmpty else { throw .unknownMasterKeys(missing.sorted(), known: status.knownMasterKeys) }
    }

    package func rotate(progress: @Sendable (KeyRotation) -> Void) async throws(PersonalDataError) -> KeyRotation {
        try await requireKnownMasterKeys()
        let current = keys.masterKeys.current
        let total = try await status().keyCounts.filter { $0.key != current }.values.reduce(0, +)
        var run = Rotation(masterKeys: keys.masterKeys)
        while try await rotateBatch(&run) {
            progress(run.report(total: total))
        }
        return run.report(total: total)
    }

    /// False when no key was left.
    private func rotateBatch(_ run: inout Rotation) async throws(PersonalDataError) -> Bool {
        var next = run
        do {
            let count = try await keys.pool.withTransaction { connection in
                let rows = try await connection.query(
                    PersonalStatement.keysToRotate,
                    [.text(next.masterKeys.current), .uuid(next.last), .int8(Int64(Self.rotationBatch))])
                let wrapped = try next.wrap(try StoredKey.all(rows))
                try await connection.query(
                    PersonalStatement.rotateKeys,
                    [.text(next.masterKeys.current), .textArray(wrapped.map(\.id)), .textArray(wrapped.map(\.hex))])
                return rows.count
            }
            run = next
            return count > 0
        } catch let error as PostgresError {
            throw PersonalDataError(error)
        } catch let error as CryptographyError {
            throw PersonalDataError(error)
        } catch let error as PersonalDataError {
            throw error
        } catch {
            throw .unavailable(reason: "\(error)")
        }
    }

    private func subjects(_ parameters: [PostgresValue]) async throws(PersonalDataError) -> [PersonalSubject] {
        let rows = try await keys.query(PersonalStatement.subjects, parameters)
        do throws(PostgresError) {
            return try rows.map { row throws(PostgresError) in try PersonalSubject(row) }
        } catch {
            throw PersonalDataError(error)
        }
    }
}

/// How far a rotation is. What is behind it is committed, and what is not is found again by its master key.
private struct Rotation: Sendable {
    let masterKeys: MasterKeys
    var last = "00000000-0000-0000-0000-000000000000"
    private var count = 0
    private var damaged: [String] = []

    init(masterKeys: MasterKeys) { self.masterKeys = masterKeys }

    /// A batch, wrapped anew but for damaged keys, which are left as they are.
    mutating func wrap(_ batch: [StoredKey]) throws(CryptographyError) -> [(id: String, hex: String)] {
        var result: [(id: String, hex: String)] = []
        for stored in batch {
            last = stored.row.id
            guard let wrapped = stored.wrapped else { continue }
            // A key that does not open is counted as damaged and left.
            guard let key = try? masterKeys.unwrap(wrapped.key, of: stored.row, by: wrapped.masterKey) else {
                damaged.append(stored.row.id)
                continue
            }
            result.append((stored.row.id, try masterKeys.wrap(key, of: stored.row).hex))
        }
        count += result.count
        return result
    }

    func report(total: Int) -> KeyRotation {
        KeyRotation(masterKey: masterKeys.current, rotatedCount: count, totalCount: total, damagedKeys: damaged)
    }
}

extension PersonalSubject {
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        let destroyed: [String]
        do {
            destroyed = try JSONText.decode([String].self, from: try row.string("destroyed_keys"))
        } catch {
            throw .decoding(column: "destroyed_keys", reason: "\(error)")
        }
        self.init(
            name: try row.string("subject"), since: Timestamp(microseconds: try row.timestamptz("since")),
            forgottenAt: try row.optionalTimestamptz("forgotten_at").map { Timestamp(microseconds: $0) },
            key: try row.optionalString("key_id"), destroyedKeys: destroyed)
    }
}
