import Logging
import Postgres
import PostgresLeases
import Synchronization
import TestSupport
import Testing

@Suite struct `A lease` {
    @Test func `belongs to one holder, who may renew it and keeps its token`() async throws {
        try await withLeases { one, other, pool in
            let lease = try #require(try await one.claim("work"))
            #expect(try await other.claim("work") == nil)
            #expect(try await one.claim("work") == lease)
            #expect(try await pool.withTransaction { try await $0.holds(lease) })
            #expect(try await other.claim("other work") != nil)
        }
    }

    @Test func `passes on with a higher token, and fences off the old one`() async throws {
        try await withLeases { one, other, pool in
            let old = try #require(try await one.claim("work"))
            try await one.release(old)
            let new = try #require(try await other.claim("work"))
            #expect(new.token > old.token)
            #expect(try await pool.withTransaction { try await !$0.holds(old) })
            #expect(try await pool.withTransaction { try await $0.holds(new) })
            #expect(try await one.claim("work") == nil)
        }
    }

    @Test func `is taken over soon after its holder has stopped renewing`() async throws {
        try await withLeases(seconds: 1) { dead, other, _ in
            let old = try #require(try await dead.claim("work"))
            let began = ContinuousClock.now
            let taken = AsyncStream.makeStream(of: Lease.self)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await other.whileHeld("work") { lease in
                        taken.continuation.yield(lease)
                        await untilCancelled()
                    }
                }
                let lease = await taken.stream.first { _ in true }
                #expect(lease.map { $0.token > old.token } == true)
                #expect(ContinuousClock.now - began < .seconds(10))
                group.cancelAll()
            }
        }
    }

    @Test func `cannot pass on while a transaction that asked for it is open`() async throws {
        try await withLeases(seconds: 1) { one, other, pool in
            let lease = try #require(try await one.claim("work"))
            let isOver = Flag()
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await pool.withTransaction { connection in
                    #expect(try await connection.holds(lease))
                    group.addTask {
                        while try await other.claim("work") == nil {}
                        #expect(isOver.isSet, "it passed on under an open transaction")
                    }
                    // Longer than the lease.
                    try await connection.query("SELECT pg_sleep(1.5)")
                    isOver.set()
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `ends what its holder does once it is lost`() async throws {
        try await withLeases(seconds: 1) { one, _, pool in
            let (starts, started) = AsyncStream.makeStream(of: Lease.self)
            let (ends, ended) = AsyncStream.makeStream(of: Lease.self)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await one.whileHeld("work") { lease in
                        started.yield(lease)
                        await untilCancelled()
                        ended.yield(lease)
                    }
                }
                let lease = await starts.first { _ in true }
                _ = try? await pool.query(
                    "UPDATE leases SET holder = 'thief', token = token + 1, until = now() + interval '1 hour'")
                #expect(await ends.first { _ in true } == lease)
                group.cancelAll()
            }
        }
    }
}

/// What one task tells another.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() { value.store(true, ordering: .releasing) }
}

private func untilCancelled() async {
    let (never, hold) = AsyncStream.makeStream(of: Void.self)
    for await _ in never {}
    hold.finish()
}

private func withLeases(
    seconds: Int64 = 60, _ body: (PostgresLeases, PostgresLeases, PostgresPool) async throws -> Void
) async throws {
    try await withMigratedDatabase { database in
        func leases(_ holder: String) -> PostgresLeases {
            PostgresLeases(
                pool: database.pool, holder: holder, seconds: seconds,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        }
        try await body(leases("one"), leases("other"), database.pool)
    }
}
