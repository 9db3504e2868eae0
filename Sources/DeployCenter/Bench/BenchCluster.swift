import Cryptography
import Foundation
import LocalPostgres
import Logging
import Postgres
import PostgresEventStore
import Subprocess
import SystemPackage

/// A Postgres server for one bench, as safe against power cuts as a real one, and removed afterwards.
struct BenchCluster: Sendable {
    let url: String
    let home: Home
    let logger: Logger

    static func run(
        in directory: String, home: Home, settings own: [String: String] = [:], logger: Logger,
        _ body: (BenchCluster) async throws -> Void
    ) async throws {
        let folder = "\(directory)/deploycenter-bench-\(ProcessInfo.processInfo.processIdentifier)"
        // Both sides get the same: memory that fits this machine's tests, and no checkpoint in the middle of a round.
        let settings = ["shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min"]
        let server = try LocalPostgres(
            directory: folder, durable: true, settings: settings.merging(own) { _, own in own })
        let outcome = await Result {
            try await body(BenchCluster(url: try await server.start(), home: home, logger: logger))
        }
        try await server.stop(.immediate)
        try FileManager.default.removeItem(atPath: folder)
        try outcome.get()
    }

    /// Lends a migrated database of its own, and drops it afterwards.
    func withDatabase<Value>(_ name: String, _ body: (BenchDatabase) async throws -> Value) async throws -> Value {
        let administrator = PostgresPool(configuration: PostgresConfiguration(url, poolSize: 1), logger: logger)
        let outcome = await Result {
            try await administrator.execute(script: "CREATE DATABASE \(name)")
            // The administrator's address ends with the database's name.
            let own = url.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            let database = BenchDatabase(url: "\(own)/\(name)", home: home, logger: logger)
            let outcome = await Result {
                try await Migrating.migrate(database.url, folder: home.migrations, logger: logger)
                return try await body(database)
            }
            await database.pool.close()
            try await administrator.execute(script: "DROP DATABASE \(name) WITH (FORCE)")
            return try outcome.get()
        }
        await administrator.close()
        return try outcome.get()
    }
}

/// One migrated database of a bench, and the programs that run against it.
struct BenchDatabase: Sendable {
    let url: String
    let home: Home
    let logger: Logger
    let pool: PostgresPool

    init(url: String, home: Home, logger: Logger) {
        self.url = url
        self.home = home
        self.logger = logger
        // Nothing here waits for a person: a rebuild of ten million events takes what it takes.
        pool = PostgresPool(
            configuration: PostgresConfiguration(url, poolSize: 12, statementTimeout: nil), logger: logger)
    }

    /// The log, with a master key of its own.
    func store() throws -> PostgresEventStore {
        let keys = try MasterKeys(current: SecureRandom.bytes(AES256GCM.keyByteCount).base64)
        return PostgresEventStore(pool: pool, vault: PersonalVault(pool: pool, masterKeys: keys, logger: logger))
    }

    /// Why a program that the bench runs did not do its work.
    struct ProgramFailed: Error, CustomStringConvertible {
        let description: String
    }

    /// A statement or script of `deploy/bench`.
    func script(_ name: String) throws -> String {
        try String(contentsOfFile: "\(home.path)/deploy/bench/\(name)", encoding: .utf8)
    }

    func path(ofScript name: String) -> String { "\(home.path)/deploy/bench/\(name)" }

    /// Runs a program that came with Postgres, and answers with its output.
    @discardableResult
    func run(_ program: String, _ arguments: [String]) async throws -> String {
        try await Self.run("\(try LocalPostgres.programFolder())/\(program)", arguments)
    }

    /// `env` looks programs up that are named without a folder.
    static func run(_ program: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments([program] + arguments), output: .string(limit: 64 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw ProgramFailed(
                description: "\(program) ended with \(result.terminationStatus): \(result.standardError)")
        }
        return result.standardOutput
    }
}
