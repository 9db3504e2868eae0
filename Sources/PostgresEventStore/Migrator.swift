import Cryptography
import FoundationEssentials
package import Postgres

/// Brings a database to the schema of this build: numbered SQL files, forward only, each applied once and never edited afterwards.
///
/// `migrate` needs a connection to the server itself: what keeps migrators apart is a lock of the session, for indexes are built outside
/// a transaction. A pooler that lends sessions out by transaction would leave the lock with one that nobody knows.
package struct Migrator: Sendable {
    private let pool: PostgresPool
    private let folder: String
    private let patience: Patience

    /// How a migration waits for locks while a server works on the same tables. Whoever waits for a lock also holds up all who come
    /// later and want one that conflicts, so it does not wait long, and comes back.
    package struct Patience: Sendable {
        /// Longest wait for one lock, and so the longest that a migration's waiting delays a writer.
        package var lockTimeout: Duration
        package var pause: Duration
        package var attemptsMax: Int
        /// Longest wait for another migrator: one may build an index of a large log meanwhile.
        package var turnTimeout: Duration

        package init(
            lockTimeout: Duration = .milliseconds(500), pause: Duration = .seconds(1), attemptsMax: Int = 120,
            turnTimeout: Duration = .seconds(1800)
        ) {
            self.turnTimeout = turnTimeout
            self.lockTimeout = lockTimeout
            self.pause = pause
            self.attemptsMax = attemptsMax
        }

        fileprivate var lockTimeoutText: String { "\(Int64(lockTimeout / .milliseconds(1)))ms" }
    }

    /// The folder holds files `NNNN_name.sql`. Each is one transaction, save one with the line `-- deploycenter: online`: its
    /// statements run one by one outside a transaction, and are such that they can be repeated.
    package init(pool: PostgresPool, folder: String, patience: Patience = Patience()) {
        self.pool = pool
        self.folder = folder
        self.patience = patience
    }

    /// What would be applied, in order.
    package func pending() async throws -> [String] {
        let files = try files()
        let applied = try await applied(on: nil)
        try Self.check(applied, against: files)
        let known = Set(applied.map(\.number))
        return files.filter { !known.contains($0.number) }.map(\.name)
    }

    /// Refuses a database that this build does not fit: an older one must be migrated first, a newer one needs a newer build.
    package func requireCurrent() async throws {
        let pending = try await pending()
        guard pending.isEmpty else { throw MigrationError.schemaIsOlder(pending: pending) }
    }

    /// Applies what is pending and answers its names. Several migrators at once wait for each other.
    @discardableResult
    package func migrate() async throws -> [String] {
        let files = try files()
        var unhurried = pool.configuration
        unhurried.statementTimeout = nil
        unhurried.poolSize = 1
        // A session of its own, with which the lock ends too.
        let own = PostgresPool(configuration: unhurried)
        do {
            let done = try await own.withConnection { try await apply(files, on: $0) }
            await own.close()
            return done
        } catch {
            await own.close()
            throw error
        }
    }

    private func apply(_ files: [MigrationFile], on connection: PostgresConnection) async throws -> [String] {
        // Asking again instead of waiting: a statement that waits has a snapshot, for which CREATE INDEX CONCURRENTLY of the
        // migrator that holds the lock would wait in turn.
        let deadline = ContinuousClock.now + patience.turnTimeout
        while try await connection.query(Statement.lockMigrations).first?.bool("locked") != true {
            guard ContinuousClock.now < deadline else { throw MigrationError.locked(patience.turnTimeout) }
            try await ContinuousClock().sleep(for: .milliseconds(100))
        }
        do {
            let done = try await applyPending(files, on: connection)
            try await connection.query(Statement.unlockMigrations)
            return done
        } catch {
            // It ends with the session at the latest.
            _ = try? await connection.query(Statement.unlockMigrations)
            throw error
        }
    }

    private func applyPending(_ files: [MigrationFile], on connection: PostgresConnection) async throws -> [String] {
        try await connection.query(Statement.migrationsTable)
        let applied = try await applied(on: connection)
        try Self.check(applied, against: files)
        let known = Set(applied.map(\.number))
        var done: [String] = []
        for file in files where !known.contains(file.number) {
            try await patiently { try await run(file, on: connection) }
            done.append(file.name)
        }
        return done
    }

    private func run(_ file: MigrationFile, on connection: PostgresConnection) async throws {
        guard file.isOnline else {
            try await connection.transaction { connection in
                try await connection.query(Statement.lockTimeout, [.text(patience.lockTimeoutText), .bool(true)])
                try await connection.execute(script: file.text)
                try await record(file, on: connection)
            }
            return
        }
        try await connection.query(Statement.lockTimeout, [.text(patience.lockTimeoutText), .bool(false)])
        // An index whose building was interrupted is there, counts as existing and is of no use.
        for name in try await connection.query(Statement.invalidIndexes).map({ try $0.string("name") }) {
            try await connection.execute(script: "DROP INDEX CONCURRENTLY IF EXISTS \(name)")
        }
        for statement in SQLScript.statements(of: file.text, in: file.name) {
            try await connection.execute(script: statement.text)
        }
        try await record(file, on: connection)
    }

    /// Repeats `work` while it only fails because somebody else held a lock.
    private func patiently(_ work: () async throws -> Void) async throws {
        for attempt in 1... {
            do {
                try await work()
                return
            } catch let error as PostgresError where Self.isContended(error) && attempt < patience.attemptsMax {
                try await ContinuousClock().sleep(for: patience.pause)
            }
        }
    }

    /// 55P03: the lock was not to be had in time. 40P01: a deadlock, of which this was the victim.
    private static func isContended(_ error: PostgresError) -> Bool {
        error.sqlstate == "55P03" || error.sqlstate == "40P01"
    }

    private func record(_ file: MigrationFile, on connection: PostgresConnection) async throws {
        try await connection.query(
            Statement.recordMigration, [.int8(Int64(file.number)), .text(file.name), .text(file.checksum)])
    }

    private func applied(on connection: PostgresConnection?) async throws -> [AppliedMigration] {
        func query(_ statement: String) async throws -> PostgresRows {
            if let connection { try await connection.query(statement) } else { try await pool.query(statement) }
        }
        guard try await query(Statement.migrationsExist).first?.bool("exist") == true else { return [] }
        return try await query(Statement.appliedMigrations).map { row in
            AppliedMigration(
                number: try row.int("number"), name: try row.string("name"), checksum: try row.string("checksum"))
        }
    }

    private func files() throws -> [MigrationFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw MigrationError.unreadable(folder)
        }
        let files = try names.filter { $0.hasSuffix(".sql") }.sorted().map { try MigrationFile($0, in: folder) }
        guard Set(files.map(\.number)).count == files.count else { throw MigrationError.sameNumber(in: folder) }
        return files
    }

    private static func check(_ applied: [AppliedMigration], against files: [MigrationFile]) throws {
        let byNumber = Dictionary(files.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        for migration in applied {
            guard let file = byNumber[migration.number] else { throw MigrationError.schemaIsNewer(migration.name) }
            guard file.checksum == migration.checksum else { throw MigrationError.fileChanged(migration.name) }
        }
    }
}

/// One file of the folder.
private struct MigrationFile {
    let number: Int
    let name: String
    let text: String

    var checksum: String { SHA256.hash(utf8: text).hex }
    var isOnline: Bool { text.split(separator: "\n").contains("-- deploycenter: online") }

    init(_ name: String, in folder: String) throws {
        guard let number = Int(name.prefix { $0.isNumber }),
            // The cause adds nothing to the name.
            let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
        else { throw MigrationError.unreadable("\(folder)/\(name)") }
        self.number = number
        self.name = name
        self.text = text
    }
}

/// One row of `schema_migrations`.
private struct AppliedMigration {
    let number: Int
    let name: String
    let checksum: String
}
