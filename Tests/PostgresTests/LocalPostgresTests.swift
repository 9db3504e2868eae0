import FoundationEssentials
import LocalPostgres
import Postgres
import TestSupport
import Testing

@Suite struct `A local server` {
    @Test func `keeps its data and survives sudden ends`() async throws {
        let directory = try SharedCluster.shared.directory("kept")
        let server = try LocalPostgres(directory: directory)
        let url = try await server.start()
        #expect(try await server.start() == url)
        try await ask(url, "CREATE TABLE t AS SELECT 7 AS a")
        try await server.restart(.immediate)
        #expect(try await ask(url, "SELECT a FROM t").first?.int(0) == 7)
        let again = try LocalPostgres(directory: directory)
        #expect(try await again.start() == url)
        try await again.stop()
        try await again.stop()
        #expect(LocalPostgres.serverProcess(of: directory) == nil)
    }

    @Test func `is created anew where an earlier creation was killed`() async throws {
        let directory = try SharedCluster.shared.directory("interrupted")
        let unfinished = directory + "/data.new"
        try FileManager.default.createDirectory(atPath: unfinished + "/base", withIntermediateDirectories: true)
        try "15\n".write(toFile: unfinished + "/PG_VERSION", atomically: false, encoding: .utf8)
        let server = try LocalPostgres(directory: directory, durable: false)
        let url = try await server.start()
        #expect(try await ask(url, "SELECT 7").first?.int(0) == 7)
        #expect(!FileManager.default.fileExists(atPath: unfinished))
        try await server.stop(.immediate)
    }

    @Test func `says which port is in use`() async throws {
        let url = try await SharedCluster.shared.url()
        let digits = url.split(separator: ":").last?.prefix { $0.isNumber } ?? ""
        let port = try #require(Int(digits))
        let server = try LocalPostgres(directory: SharedCluster.shared.directory("second"), port: port, durable: false)
        await #expect(throws: LocalPostgresError.portInUse(port)) { try await server.start() }
    }

    @Test func `shows its log when it does not start`() async throws {
        // Another test may take the free port that was found before Postgres does: then another one is found.
        for _ in 1...5 {
            let server = try LocalPostgres(
                directory: SharedCluster.shared.directory("misconfigured"), durable: false,
                settings: ["work_mem": "much"])
            let error = await #expect(throws: LocalPostgresError.self) { try await server.start() }
            if error == .portInUse(server.port) { continue }
            #expect("\(error, default: "")".contains("work_mem"))
            return
        }
        Issue.record("every port that was found free was taken")
    }

    @discardableResult
    private func ask(_ url: String, _ statement: String) async throws -> PostgresRows {
        let pool = PostgresPool(configuration: PostgresConfiguration(url, poolSize: 1))
        let rows = try await pool.query(statement)
        await pool.close()
        return rows
    }
}
