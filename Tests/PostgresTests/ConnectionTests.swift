import LocalPostgres
import Postgres
import TestSupport
import Testing

@Suite struct `A broken connection` {
    @Test func `is told to the caller and replaced for the next`() async throws {
        try await withDatabase(poolSize: 2) { database in
            let sleeping = Task { try await database.pool.query("SELECT pg_sleep(62)") }
            var killed = 0
            try await eventually("the statement runs and its connection is broken") {
                killed =
                    try await database.pool.query(
                        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE state = 'active' AND query = $1",
                        ["SELECT pg_sleep(62)"]
                    ).first?.int(0) ?? 0
                return killed > 0
            }
            #expect(killed == 1)
            let result = await sleeping.result
            let error = #expect(throws: PostgresError.self) { try result.get() }
            guard case .connectionLost = error else {
                Issue.record("unexpected: \(String(describing: error))")
                return
            }
            #expect(try await database.pool.query("SELECT 1").first?.int(0) == 1)
        }
    }

    @Test func `is replaced after the server has restarted`() async throws {
        let server = try LocalPostgres(directory: SharedCluster.shared.directory("restarted"), durable: false)
        let pool = PostgresPool(configuration: PostgresConfiguration(try await server.start(), poolSize: 2))
        try await pool.execute(script: "CREATE TABLE t (a int); INSERT INTO t VALUES (7)")
        try await server.restart()
        #expect(try await pool.query("SELECT a FROM t").first?.int(0) == 7)
        try await server.stop()
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT a FROM t") }
        guard case .cannotConnect = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        _ = try await server.start()
        #expect(try await pool.query("SELECT a FROM t").first?.int(0) == 7)
        await pool.close()
        try await server.stop()
    }
}

@Suite struct `Connecting` {
    @Test func `with a wrong password fails without showing it`() async throws {
        let url = try await SharedCluster.shared.url()
        let at = try #require(url.lastIndex(of: "@"))
        let wrong = "postgres://postgres:wr0ngSecret" + url[at...]
        let error = await failure(to: wrong)
        #expect("\(error, default: "")".contains("password authentication failed"))
        #expect(!"\(error, default: "")".contains("wr0ngSecret"))
    }

    @Test(arguments: [
        "postgres://u:wr0ng%zzSecret@127.0.0.1/x", "postgres://u:wr0ngSecret@127.0.0.1/x?nonsense=wr0ngSecret",
    ])
    func `with a malformed string fails without showing it`(url: String) async throws {
        let error = await failure(to: url)
        #expect("\(error, default: "")".contains("connection string"))
        #expect(!"\(error, default: "")".contains("Secret"))
    }

    @Test func `to a server that does not answer ends in time`() async throws {
        // 192.0.2.0/24 is reserved for documentation (RFC 5737): nobody answers.
        var configuration = PostgresConfiguration("postgres://u@192.0.2.1/x", poolSize: 1)
        configuration.connectTimeout = .milliseconds(200)
        let pool = PostgresPool(configuration: configuration)
        let error = await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
        guard case .cannotConnect = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
    }

    private func failure(to url: String) async -> PostgresError? {
        let pool = PostgresPool(configuration: PostgresConfiguration(url, poolSize: 1))
        return await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") }
    }
}
