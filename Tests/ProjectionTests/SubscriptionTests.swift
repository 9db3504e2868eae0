import Application
import Domain
import EventSourcing
import Postgres
import PostgresEventStore
import PostgresLeases
import PostgresProjections
import TestSupport
import Testing

@Suite struct `A subscription` {
    @Test func `stands still before an event that it cannot handle, alone and visibly, until it is mended`()
        async throws
    {
        try await withWorld { world in
            try await world.following(world.runner()) { try await world.caughtUp(to: 0) }
            let schema = try await world.liveSchema(of: "customers")
            try await world.pool.execute(
                script: "ALTER TABLE \(schema).customers ADD CONSTRAINT not_the_third CHECK (id <> 'c3')")
            let head = try await world.append(.customers(5))
            try await world.following(world.runner()) {
                try await eventually("customers stands still") {
                    try await world.subscriptions().contains {
                        $0.name == "projection:customers" && $0.state == .failed
                    }
                }
                let failed = try #require(try await world.subscriptions().first { $0.name == "projection:customers" })
                #expect(failed.position == Position(2), "everything before it is folded")
                #expect(failed.lag == 3)
                #expect(failed.failure?.position == Position(3))
                #expect(failed.failure?.reason.contains("not_the_third") == true)
                #expect(failed.holder != nil)
                let status = try #require(try await world.queries.projectionStatuses().first { $0.view == "customers" })
                #expect(status.failure?.file == "customers/fold.sql")
                #expect(status.failure?.statement?.hasPrefix("INSERT INTO customers") == true)
                #expect(try await world.rows("customers").count == 2)
                for view in QueryView.allCases where view != .customers {
                    try await world.queries.wait(for: view, until: Position(head), timeoutSeconds: 60)
                }

                let subscriptions = PostgresSubscriptions(pool: world.pool)
                try await world.pool.execute(script: "ALTER TABLE \(schema).customers DROP CONSTRAINT not_the_third")
                try await subscriptions.retry("projection:customers")
                try await world.queries.wait(for: .customers, until: Position(head), timeoutSeconds: 60)
                #expect(try await world.rows("customers").count == 5)
                await #expect(throws: SubscriptionError.nothingFailed("projection:customers")) {
                    try await subscriptions.retry("projection:customers")
                }
            }
        }
    }

    @Test func `is written by its holder only: one whose lease was stolen in the middle writes nothing`() async throws {
        try await withWorld { world in
            try await world.following(world.runner()) { try await world.caughtUp(to: 0) }
            try await world.append(.customers(2))
            let one = PostgresLeases(pool: world.pool, holder: "one", logger: .silent)
            let lease = try #require(try await one.claim("projection:customers"))
            let follow = "SELECT outcome FROM follow_log('customers', 'projection:customers', $1, 1)"
            try await withThrowingTaskGroup(of: Void.self) { group in
                try await world.pool.withTransaction { connection in
                    // In the middle of its batch …
                    #expect(try await connection.query(follow, [.int8(lease.token)])[0].string("outcome") == "moved")
                    group.addTask {
                        try await world.pool.query(
                            "UPDATE leases SET holder = 'thief', token = token + 1 WHERE name = 'projection:customers'")
                    }
                    // Asked by another session: a transaction sees the activity of its first look until it ends.
                    try await eventually("the thief waits") {
                        try await world.pool.query(
                            "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'UPDATE leases%'"
                        )[0].int("n") == 1
                    }
                }
                try await group.waitForAll()
            }
            // … the theft had to wait, and the next batch is refused.
            #expect(try await world.rows("customers").count == 1)
            #expect(try await world.pool.query(follow, [.int8(lease.token)])[0].string("outcome") == "lease_lost")
            #expect(try await world.rows("customers").count == 1)
        }
    }

    @Test func `is taken over soon after its holder has died`() async throws {
        try await withWorld { world in
            try await world.following(world.runner()) { try await world.caughtUp(to: 0) }
            let dead = PostgresLeases(pool: world.pool, holder: "dead", seconds: 2, logger: .silent)
            for definition in world.definitions { _ = try await dead.claim("projection:\(definition.name)") }
            let head = try await world.append(.customers(3))
            let began = ContinuousClock.now
            try await world.following(world.runner()) { try await world.caughtUp(to: head) }
            #expect(ContinuousClock.now - began < .seconds(20))
            #expect(try await world.subscriptions().allSatisfy { $0.holder != "dead" })
        }
    }

    @Test func `has each event once, however often its lease changes hands`() async throws {
        var history = RandomHistory(SeededRandom(for: "stolen leases"))
        let chunks = try (1...20).map { _ in try history.next(15) }
        try await withWorld(poolSize: 16) { world in
            try await world.following(world.runner(batchMax: 2), world.runner(batchMax: 7)) {
                try await world.caughtUp(to: 0)
                var head: Int64 = 0
                for chunk in chunks {
                    head = try await world.append(chunk)
                    // Whoever holds it loses it without being told, and anybody may have it next.
                    try await world.pool.query(
                        "UPDATE leases SET holder = 'nobody', token = token + 1, until = '-infinity' WHERE random() < 0.5"
                    )
                }
                try await world.caughtUp(to: head)
            }
            for view in QueryView.allCases {
                #expect(try await world.administration.verify(view.rawValue).differences == [], "\(view)")
            }
        }
    }

    @Test func `of a process that stands still say where and why, until somebody lets it try again`() async throws {
        try await withWorld { world in
            let id = ID<Deployment>("akme-shop-production")
            try await world.append([
                try LoggedEvent(.deployment(id), Past.requested()),
                try LoggedEvent(.deployment(id), Past.started(.render)),
                try LoggedEvent(.deployment(id), Past.started(.bucket)),
            ])
            let effects = PostgresEffectStore(pool: world.pool)
            #expect(try await effects.advance("deployment", from: .start, to: Position(1), adding: []))
            try await effects.stop("deployment", at: Position(2), because: "it is in archive files")
            let failed = try #require(try await world.subscriptions().first { $0.kind == .process })
            #expect(failed.name == "process:deployment")
            #expect(failed.state == .failed)
            #expect(failed.position == Position(1))
            #expect(failed.lag == 2)
            #expect(failed.failure?.position == Position(2))
            #expect(failed.failure?.reason == "it is in archive files")
            try await PostgresSubscriptions(pool: world.pool).retry("process:deployment")
            #expect(try await effects.failure(of: "deployment") == nil)
            #expect(try await effects.checkpoint(of: "deployment") == Position(1))
        }
    }
}

extension ProjectionWorld {
    fileprivate func subscriptions() async throws -> [SubscriptionStatus] {
        try await PostgresSubscriptions(pool: pool).subscriptions()
    }
}
