import Postgres
import TestSupport
import Testing

@Suite struct `The pool` {
    @Test func `serves many callers with few connections, each its own answer`() async throws {
        try await withDatabase { database in
            try await withThrowingTaskGroup { group in
                for task in 0..<64 {
                    group.addTask {
                        for round in 0..<50 {
                            let number = Int64(task * 1000 + round)
                            let rows = try await database.pool.query("SELECT $1::bigint AS same", [.int8(number)])
                            #expect(try rows.first?.int64("same") == number)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let connections = try await database.pool.query(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
            #expect(try #require(connections.first).int(0) <= 4)
        }
    }

    @Test func `gives work with a name the session that did it last, and leaves it alone for other work`() async throws
    {
        try await withDatabase { database in
            func session(_ work: String? = nil) async throws -> Int64? {
                try await database.pool.query("SELECT pg_backend_pid()::bigint AS session", work: work)
                    .first?.int64("session")
            }
            let named = try await session("a view")
            for _ in 0..<3 { #expect(try await session() != named) }
            #expect(try await session("another view") != named)
            #expect(try await session("a view") == named)
        }
    }

    @Test func `says so when all connections stay busy`() async throws {
        try await withDatabase(poolSize: 1, acquireTimeout: .milliseconds(50)) { database in
            try await database.pool.withConnection { _ in
                await #expect(throws: PostgresError.poolExhausted) { try await database.pool.query("SELECT 1") }
            }
            #expect(try await database.pool.query("SELECT 1").first?.int(0) == 1)
        }
    }

    @Test func `serves whoever waits as soon as a connection comes back`() async throws {
        try await withDatabase(poolSize: 1) { database in
            let (busy, isBusy) = AsyncStream<Void>.makeStream()
            let (release, mayRelease) = AsyncStream<Void>.makeStream()
            try await withThrowingTaskGroup { group in
                group.addTask {
                    try await database.pool.withConnection { _ in
                        isBusy.finish()
                        for await _ in release {}
                    }
                }
                for await _ in busy {}
                for number in 1...8 {
                    group.addTask {
                        let rows = try await database.pool.query("SELECT \(number)")
                        #expect(try rows.first?.int(0) == number)
                    }
                }
                mayRelease.finish()
                try await group.waitForAll()
            }
        }
    }

    @Test func `lets a waiting caller be cancelled`() async throws {
        try await withDatabase(poolSize: 1) { database in
            try await database.pool.withConnection { _ in
                let waiting = Task { try await database.pool.query("SELECT 1") }
                waiting.cancel()
                let result = await waiting.result
                #expect(throws: PostgresError.cancelled) { try result.get() }
            }
            #expect(try await database.pool.query("SELECT 1").first?.int(0) == 1)
        }
    }

    @Test func `refuses callers once closed`() async throws {
        try await withDatabase { database in
            try await database.pool.query("SELECT 1")
            await database.pool.close()
            let error = await #expect(throws: PostgresError.self) { try await database.pool.query("SELECT 1") }
            #expect(error == .cannotConnect(reason: "the pool is closed"))
        }
    }
}

@Suite struct `Cancelling a task` {
    @Test func `ends its statement on the server at once, and the connection goes on`() async throws {
        try await withDatabase(poolSize: 2) { database in
            let sleeping = Task { try await database.pool.query("SELECT pg_sleep(60)") }
            try await wait(for: 1, statementsLike: "SELECT pg_sleep(60)", in: database)
            let clock = ContinuousClock()
            let start = clock.now
            sleeping.cancel()
            let result = await sleeping.result
            #expect(throws: PostgresError.cancelled) { try result.get() }
            #expect(clock.now - start < .seconds(5))
            try await wait(for: 0, statementsLike: "SELECT pg_sleep(60)", in: database)
            #expect(try await database.pool.query("SELECT 1").first?.int(0) == 1)
        }
    }

    @Test func `rolls its transaction back`() async throws {
        try await withDatabase(poolSize: 2) { database in
            try await database.pool.execute(script: "CREATE TABLE t (a int)")
            let transaction = Task {
                try await database.pool.withTransaction { connection in
                    try await connection.query("INSERT INTO t VALUES (1)")
                    try await connection.query("SELECT pg_sleep(61)")
                }
            }
            try await wait(for: 1, statementsLike: "SELECT pg_sleep(61)", in: database)
            transaction.cancel()
            let result = await transaction.result
            #expect(throws: PostgresError.cancelled) { try result.get() }
            #expect(try await database.pool.query("SELECT count(*) FROM t").first?.int(0) == 0)
        }
    }

    private func wait(for count: Int, statementsLike text: String, in database: TestDatabase) async throws {
        try await eventually("\(count) of \(text)") {
            let rows = try await database.pool.query(
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = $1", [.text(text)])
            return try rows.first?.int(0) == count
        }
    }
}
