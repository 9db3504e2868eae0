import FoundationEssentials
import Glibc
import LocalPostgres
import Logging
import Postgres
import Subprocess
import TestSupport

/// A PgBouncer between a test and its database, which gives every transaction another session.
struct TransactionPooler: Sendable {
    static let program = "/usr/sbin/pgbouncer"
    static var isInstalled: Bool { access(program, X_OK) == 0 }

    private let url: String

    /// Pools of one process each; close what you open.
    func pool(size: Int = 4, statementTimeout: Duration? = .seconds(30)) -> PostgresPool {
        PostgresPool(
            configuration: PostgresConfiguration(
                url, poolSize: size, acquireTimeout: .seconds(60), statementTimeout: statementTimeout,
                preparedStatementsMax: 0), logger: .silent)
    }

    /// Runs `body` with a pooler in front of the database of `url`.
    static func run(
        before url: String, _ body: @Sendable (TransactionPooler) async throws -> Void
    ) async throws {
        let port = try LoopbackPort.free().number
        let folder = try SharedCluster.shared.directory("pooler-\(port)")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let file = "\(folder)/pgbouncer.ini"
        try configuration(before: url, port: port).write(toFile: file, atomically: true, encoding: .utf8)
        // It refuses to run as root.
        let account = geteuid() == 0 ? ["-u", "nobody"] : []
        _ = try await Subprocess.run(
            .name("env"), arguments: Arguments(["--chdir=/", program, "-q"] + account + [file]), input: .none,
            output: .discarded, error: .currentStandardError
        ) { execution in
            let result: Result<Void, any Error>
            do {
                let database = url.split(separator: "/").last ?? ""
                let pooler = TransactionPooler(url: "postgres://anybody@127.0.0.1:\(port)/\(database)")
                try await pooler.untilReady()
                result = .success(try await body(pooler))
            } catch {
                result = .failure(error)
            }
            try execution.send(signal: .kill)
            return try result.get()
        }.closureResult
    }

    /// `server_round_robin` passes sessions on as often as can be, so that what wrongly relies on one shows.
    private static func configuration(before url: String, port: Int) throws -> String {
        let parts = url.split(whereSeparator: { ":/@".contains($0) }).map(String.init)
        guard parts.count == 6 else { throw NeverHappened(what: "a connection string with user, password and port") }
        return """
            [databases]
            * = host=\(parts[3]) port=\(parts[4]) user=\(parts[1]) password=\(parts[2])
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = \(port)
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            server_round_robin = 1
            default_pool_size = 5
            max_client_conn = 200
            """
    }

    /// It does not say when it listens; the connection, not the time, ends the loop.
    private func untilReady() async throws {
        let pool = pool(size: 1)
        for _ in 1...500 {
            do throws(PostgresError) {
                try await pool.query("SELECT 1")
                return await pool.close()
            } catch {
                // Between two tries to connect; the loop around it bounds them.
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        await pool.close()
        throw NeverHappened(what: "PgBouncer answers")
    }
}
