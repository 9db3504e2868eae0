import Application
import EventSourcing
import Postgres
import PostgresProjections
import Synchronization
import TestSupport
import Testing

@Suite struct `Rebuilding a view` {
    @Test func `shows its readers neither an error nor an older position nor a half view`() async throws {
        try await withWorld(poolSize: 12) { world in
            try await world.following(world.runner()) {
                let head = try await world.append(.customers(300))
                try await world.caughtUp(to: head)
                let rebuilds = Rebuilds()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 1...3 {
                        group.addTask { try await readUntil(world) { rebuilds.count.load(ordering: .acquiring) == 5 } }
                    }
                    group.addTask {
                        for round in 1...5 {
                            try await world.append(.customers(20, from: 300 + round * 20))
                            _ = try await world.administration.rebuild("customers")
                            rebuilds.count.store(round, ordering: .releasing)
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test func `takes the definition on disk, and restoring brings the old one back`() async throws {
        try await withWorld { world in
            try await world.append(.customers(2))
            _ = try await world.administration.rebuild("customers")
            let before = try await world.rows("customers")
            let changed = world.administration(
                world.definitions.replacing(try world.definitions.named("customers").shouting()))
            let status = try await changed.rebuild("customers")
            #expect(status.state == .live)
            #expect(!status.definitionChanged)
            #expect(try await world.rows("customers").allSatisfy { $0.contains("CUSTOMER") })

            // What came in between is not missing afterwards.
            let head = try await world.append(.customers(1, from: 3))
            let restored = try await changed.back("customers")
            #expect(restored.position == Position(head))
            #expect(restored.definitionChanged)
            let after = try await world.rows("customers")
            #expect(after.count == 3)
            #expect(Set(after).isSuperset(of: before))
        }
    }

    @Test func `needs something that was there before, to restore it`() async throws {
        try await withWorld { world in
            _ = try await world.administration.rebuild("customers")
            await #expect(throws: ProjectionError.noPreviousGeneration("customers")) {
                try await world.administration.back("customers")
            }
        }
    }

    @Test func `keeps one generation back and drops what is older`() async throws {
        try await withWorld { world in
            for _ in 1...4 { _ = try await world.administration.rebuild("customers") }
            let rows = try await world.pool.query(
                """
                SELECT count(*) AS registered,
                    (SELECT count(*) FROM pg_namespace WHERE starts_with(nspname, 'view_customers_')) AS schemas
                FROM projection_generations
                """)
            #expect(try rows[0].int("registered") == 2)
            #expect(try rows[0].int("schemas") == 2)
        }
    }

    @Test func `leaves what is served alone when the new definition fails, and says why`() async throws {
        try await withWorld { world in
            try await world.append(.customers(2))
            _ = try await world.administration.rebuild("customers")
            let kept = try await world.rows("customers")
            let customers = try world.definitions.named("customers")
            let failing = world.administration(
                world.definitions.replacing(
                    customers.changed(fold: "INSERT INTO customers (id) SELECT 'x' FROM batch;")))
            let error = await #expect(throws: ProjectionError.self) { try await failing.rebuild("customers") }
            guard case .failing("customers", let failure) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(failure.reason.contains("23502"))
            let status = try await failing.list().first { $0.view == "customers" }
            #expect(status?.state == .live)
            #expect(status?.failure?.reason.contains("23502") == true)
            #expect(try await world.rows("customers") == kept)

            // A mended definition takes the place of the one that was begun.
            let mended = world.administration(world.definitions.replacing(customers.shouting()))
            #expect(try await mended.rebuild("customers").failure == nil)
        }
    }

    @Test func `refuses tables that are not named after the view`() async throws {
        try await withWorld { world in
            let customers = try world.definitions.named("customers")
            let wrong = world.administration(
                world.definitions.replacing(
                    customers.changed(tables: customers.tables + "\nCREATE TABLE clusters (id text);")))
            await #expect(
                throws: ProjectionError.failing(
                    "customers", ProjectionFailure(reason: "table clusters is not named after the view"))
            ) {
                try await wrong.rebuild("customers")
            }
        }
    }

    @Test func `knows the views that there are`() async throws {
        try await withWorld { world in
            let known = QueryView.allCases.map(\.rawValue).sorted()
            await #expect(throws: ProjectionError.unknownView("nothing", known: known)) {
                try await world.administration.rebuild("nothing")
            }
            await #expect(throws: ProjectionError.unknownView("nothing", known: known)) {
                try await world.administration.verify("nothing")
            }
        }
    }

    @Test func `may be done by two at once`() async throws {
        try await withWorld(poolSize: 12) { world in
            try await world.append(.customers(50))
            try await withThrowingTaskGroup(of: ProjectionStatus.self) { group in
                for _ in 1...4 { group.addTask { try await world.administration.rebuild("customers") } }
                for try await status in group { #expect(status.state == .live) }
            }
            #expect(try await world.administration.verify("customers").isEqual)
        }
    }
}

/// How many rebuilds are done.
final class Rebuilds: Sendable {
    let count = Atomic(0)
}

/// A page, a row and the administrator's view of it again and again.
func readUntil(_ world: ProjectionWorld, _ isOver: @Sendable () -> Bool) async throws {
    var seen = Position.start
    var reads = 0
    while !isOver() {
        let page = try await world.queries.page(.customers, filter: [:], after: nil, limit: 500)
        #expect(page.position >= seen)
        // One event, one customer: a page is one moment of the view, or the numbers differ.
        #expect(page.rows.count == Int(page.position.rawValue))
        let row = try await world.queries.row(.customers, key: "c1")
        #expect(row.row != nil)
        #expect(row.position >= page.position)
        seen = row.position
        reads += 1
    }
    #expect(reads > 0)
}

@Suite struct `Verifying a view` {
    @Test func `finds a row that somebody changed, one that is missing and one too many`() async throws {
        try await withWorld { world in
            let head = try await world.append(.customers(5))
            _ = try await world.administration.rebuild("customers")
            #expect(try await world.administration.verify("customers").isEqual)
            let schema = try await world.liveSchema(of: "customers")
            try await world.pool.execute(
                script: """
                    UPDATE \(schema).customers SET name = 'Mallory' WHERE id = 'c2';
                    DELETE FROM \(schema).customers WHERE id = 'c3';
                    """)
            let verification = try await world.administration.verify("customers")
            #expect(!verification.isEqual)
            #expect(verification.position == Position(head))
            #expect(verification.differenceCount == 3)
            #expect(verification.differences.map(\.side.rawValue).sorted() == ["kept", "rebuilt", "rebuilt"])
            #expect(verification.differences.contains { $0.side == .kept && $0.row.contains("Mallory") })
            #expect(verification.differences.contains { $0.side == .rebuilt && $0.row.contains(#""c3""#) })
        }
    }

    @Test func `leaves nothing behind`() async throws {
        try await withWorld { world in
            try await world.append(.customers(5))
            _ = try await world.administration.rebuild("customers")
            _ = try await world.administration.verify("customers")
            let schemas = try await world.pool.query(
                "SELECT count(*) AS n FROM pg_namespace WHERE starts_with(nspname, 'verify_')")
            #expect(try schemas[0].int("n") == 0)
        }
    }
}
