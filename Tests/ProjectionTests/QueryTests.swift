import Application
import EventSourcing
import FoundationEssentials
import Logging
import Postgres
import PostgresProjections
import TestSupport
import Testing

@Suite struct `A query` {
    @Test func `pages through a view without a gap or a repetition`() async throws {
        try await withWorld { world in
            try await world.append(.customers(23))
            for view in [QueryView.customers, .auditTrail] {
                _ = try await world.administration.rebuild(view.rawValue)
                var rows: [String] = []
                var cursor: String?
                var sizes: [Int] = []
                repeat {
                    let page = try await world.queries.page(view, filter: [:], after: cursor, limit: 5)
                    rows += page.rows
                    sizes.append(page.rows.count)
                    cursor = page.nextCursor
                } while cursor != nil
                #expect(sizes == [5, 5, 5, 5, 3])
                #expect(Set(rows).count == 23)
            }
        }
    }

    @Test func `ends exactly where the rows end`() async throws {
        try await withWorld { world in
            try await world.append(.customers(5))
            _ = try await world.administration.rebuild("customers")
            let page = try await world.queries.page(.customers, filter: [:], after: nil, limit: 5)
            #expect(page.rows.count == 5)
            #expect(page.nextCursor == nil)
        }
    }

    @Test func `narrows by every filter that a view lists`() async throws {
        try await withWorld { world in
            let example = ProjectionCase(view: "audit_trail", name: "words_and_reasons")
            try await world.append(try example.events())
            _ = try await world.administration.rebuild("audit_trail")
            func count(_ filter: [String: String]) async throws -> Int {
                try await world.queries.page(.auditTrail, filter: filter, after: nil, limit: 100).rows.count
            }
            #expect(try await count(["actor": "process:deployment"]) == 3)
            #expect(try await count(["action": "customer.created"]) == 1)
            #expect(try await count(["category": "deployment"]) == 12)
            #expect(try await count(["object": "shop.apps.example"]) == 1)
            #expect(try await count(["customer": "acme"]) == 16)
            #expect(try await count(["deployment": "acme-shop-staging"]) == 15)
            #expect(try await count(["release": "2"]) == 2)
            #expect(try await count(["correlation": "another"]) == 0)
            #expect(try await count(["source": "process", "category": "deployment"]) == 7)
            #expect(try await count(["from": "2026-01-05T09:00:03Z", "until": "2026-01-05T11:00:05+02:00"]) == 2)
        }
    }

    @Test(arguments: QueryView.allCases)
    func `takes each filter of each view`(_ view: QueryView) async throws {
        try await withWorld { world in
            _ = try await world.administration.rebuild(view.rawValue)
            for filter in view.filters {
                let value =
                    switch filter.kind {
                    case .text: filter.parts.first ?? "x"
                    case .integer: "1"
                    case .time: "2026-01-05T09:00:00Z"
                    }
                let page = try await world.queries.page(view, filter: [filter.name: value], after: nil, limit: 1)
                #expect(page.rows.isEmpty)
            }
            #expect(try await world.queries.row(view, key: "1").row == nil)
        }
    }

    @Test func `answers a deployment with its releases, in camel case and UTC`() async throws {
        try await withWorld { world in
            let example = ProjectionCase(view: "deployment_status", name: "failed_upgrade_keeps_the_live_release")
            let head = try await world.append(try example.events())
            _ = try await world.administration.rebuild("deployment_status")
            let found = try await world.queries.row(.deploymentStatus, key: "acme-shop-production")
            #expect(found.position == Position(head))
            let row = try JSONDecoder().decode(JSONValue.self, from: Data(try #require(found.row).utf8))
            #expect(row["state"] == "live")
            #expect(row["customerName"] == "Acme")
            #expect(row["requestedAt"] == "2026-01-05T09:00:17.000000Z")
            #expect(row["parameters"] == ["replicas": 2])
            #expect(row["releases"]?.array?.map { $0["outcome"] } == ["failed", "live"])
            let page = try await world.queries.page(
                .deploymentStatus, filter: ["search": "SHOP.apps", "state": "live"], after: nil, limit: 10)
            #expect(page.rows.count == 1)
        }
    }

    @Test func `finds each row by its key`() async throws {
        try await withWorld { world in
            for (view, name, key) in [
                (QueryView.deploymentTimeline, "failed_and_compensated", "acme-shop-staging/1/compensate/bucket"),
                (.templateCatalog, "rejected", "moodle@0.1.0"),
            ] {
                try await world.append(try ProjectionCase(view: view.rawValue, name: name).events())
                _ = try await world.administration.rebuild(view.rawValue)
                #expect(try await world.queries.row(view, key: key).row != nil, "\(view)")
                #expect(try await world.queries.row(view, key: key + "x").row == nil, "\(view)")
            }
        }
    }

    @Test func `refuses what it does not understand and names what it would`() async throws {
        try await withWorld { world in
            _ = try await world.administration.rebuild("clusters")
            _ = try await world.administration.rebuild("customers")
            func ask(
                _ view: QueryView = .clusters, _ filter: [String: String] = [:], after: String? = nil, limit: Int = 5
            ) async throws {
                _ = try await world.queries.page(view, filter: filter, after: after, limit: limit)
            }
            await #expect(throws: QueryError.unknownFilter("colour", allowed: ["state", "region"])) {
                try await ask(.clusters, ["colour": "red"])
            }
            await #expect(throws: QueryError.badFilterValue(filter: "release", expected: .integer)) {
                try await ask(.deploymentTimeline, ["release": "one"])
            }
            await #expect(throws: QueryError.badFilterValue(filter: "from", expected: .time)) {
                try await ask(.auditTrail, ["from": "yesterday"])
            }
            for cursor in ["", "x", "Y3VzdG9tZXJzIGEx!", "Y3VzdG9tZXJzIA"] {
                await #expect(throws: QueryError.badCursor) { try await ask(after: cursor) }
            }
            for limit in [0, -1, 501] {
                await #expect(throws: QueryError.badLimit(allowed: 1...500)) { try await ask(limit: limit) }
            }
            try await world.append(.customers(2))
            _ = try await world.administration.rebuild("customers")
            let cursor = try await world.queries.page(.customers, filter: [:], after: nil, limit: 1).nextCursor
            await #expect(throws: QueryError.badCursor) { try await ask(.clusters, after: cursor) }
        }
    }

    @Test func `says that a view is not built yet`() async throws {
        try await withWorld { world in
            await #expect(throws: QueryError.notBuilt(.clusters)) {
                try await world.queries.page(.clusters, filter: [:], after: nil, limit: 1)
            }
            await #expect(throws: QueryError.notBuilt(.clusters)) {
                try await world.queries.wait(for: .clusters, until: Position(1), timeoutSeconds: 0)
            }
            let statuses = try await world.queries.projectionStatuses()
            #expect(statuses.count == QueryView.allCases.count)
            #expect(statuses.allSatisfy { $0.state == .building })
        }
    }

    @Test func `waits for a position and no longer than asked`() async throws {
        try await withWorld { world in
            let head = try await world.append(.customers(1))
            _ = try await world.administration.rebuild("customers")
            try await world.queries.wait(for: .customers, until: Position(head), timeoutSeconds: 0)
            await #expect(throws: QueryError.behind(.customers, position: Position(head))) {
                try await world.queries.wait(for: .customers, until: Position(head + 1), timeoutSeconds: 0.05)
            }
        }
    }

    @Test func `needs no right but to read the views`() async throws {
        try await withWorld { world in
            try await world.append(.customers(2))
            for view in QueryView.allCases { _ = try await world.administration.rebuild(view.rawValue) }
            // The role belongs to the whole cluster, whose databases other tests make and drop.
            let role = "reader_\(UInt32.random(in: 0...UInt32.max))"
            try await world.pool.execute(
                script: "CREATE ROLE \(role) LOGIN PASSWORD 'reader' IN ROLE deploycenter_reader")
            let pool = PostgresPool(
                configuration: PostgresConfiguration("\(world.url)?user=\(role)&password=reader", poolSize: 1),
                logger: .silent)
            let queries = PostgresQueries(pool: pool, definitions: world.definitions)
            for view in QueryView.allCases {
                _ = try await queries.page(view, filter: [:], after: nil, limit: 5)
                _ = try await queries.row(view, key: "1")
            }
            #expect(try await queries.projectionStatuses().count == QueryView.allCases.count)
            for statement in ["SELECT 1 FROM events", "SELECT 1 FROM projection_generations"] {
                let error = await #expect(throws: PostgresError.self) { try await pool.query(statement) }
                #expect(error?.sqlstate == "42501")
            }
            await pool.close()
            try await world.pool.execute(script: "DROP ROLE \(role)")
        }
    }
}
