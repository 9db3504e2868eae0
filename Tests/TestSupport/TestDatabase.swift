package import Postgres
import Synchronization

/// A database that only one test sees.
package struct TestDatabase: Sendable {
    package let url: String
    package let pool: PostgresPool
}

/// Runs `body` with an empty database of its own and drops it afterwards.
package func withDatabase<Value>(
    poolSize: Int = 4, acquireTimeout: Duration = .seconds(60),
    isolation: isolated (any Actor)? = #isolation, _ body: (TestDatabase) async throws -> Value
) async throws -> Value {
    try await withDatabase(like: "template0", poolSize: poolSize, acquireTimeout: acquireTimeout, body)
}

func withDatabase<Value>(
    like template: String, poolSize: Int, acquireTimeout: Duration,
    isolation: isolated (any Actor)? = #isolation, _ body: (TestDatabase) async throws -> Value
) async throws -> Value {
    let server = try await SharedCluster.shared.url()
    let name = DatabaseNames.next()
    try await administer(server, "CREATE DATABASE \(name) TEMPLATE \(template)")
    let url = replacingDatabase(of: server, with: name)
    let pool = PostgresPool(
        configuration: PostgresConfiguration(url, poolSize: poolSize, acquireTimeout: acquireTimeout))
    func dispose() async {
        await pool.close()
        // The whole cluster goes when the process ends.
        try? await administer(server, "DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }
    do {
        let value = try await body(TestDatabase(url: url, pool: pool))
        await dispose()
        return value
    } catch {
        await dispose()
        throw error
    }
}

/// The same server and user, another database.
package func replacingDatabase(of url: String, with name: String) -> String {
    guard let slash = url.lastIndex(of: "/") else { return url }
    return url[...slash] + name
}

/// Runs one statement on the server's own database, on a connection of its own.
func administer(_ server: String, _ statement: String) async throws {
    let pool = PostgresPool(
        configuration: PostgresConfiguration(server, poolSize: 1, statementTimeout: nil))
    do {
        try await pool.execute(script: statement)
        await pool.close()
    } catch {
        await pool.close()
        throw error
    }
}

enum DatabaseNames {
    private static let last = Atomic(0)

    static func next() -> String { "test_\(last.add(1, ordering: .relaxed).newValue)" }
}
