import Application
import EventSourcing
import Postgres
import PostgresEventStore
import PostgresProjections
import TestSupport
import Testing

@Suite struct `Views of events that have a newer shape` {
    private static let titled = Upcast("customer.created", from: 1, .move(["title"], to: ["name"]))
    private static let contacted = Upcast("customer.created", from: 2, .add(["contactName"], "nobody"))

    @Test func `go on as they were until they are rebuilt, and then show the current shape, also of the past`()
        async throws
    {
        try await withWorld { world in
            try await world.append(.titledCustomers(1...3))
            for view in ["customers", "clusters"] { _ = try await world.administration.rebuild(view) }
            #expect(try await world.name(of: "c1", asOf: 1) == "Customer 1")

            try await PublishedUpcasts(pool: world.pool).publish([Self.titled])
            #expect(try await world.isChanged("customers"))
            #expect(try await !world.isChanged("clusters"), "it reads no such events")
            try await world.following(world.runner([try world.definitions.named("customers")])) {
                let head = try await world.append(.titledCustomers(4...4))
                try await world.queries.wait(for: .customers, until: Position(head), timeoutSeconds: 60)
            }
            #expect(try await world.name(of: "c4") == "Customer 4")
            #expect(try await world.name(of: "c1", asOf: 1) == "Customer 1")
            #expect(try await world.administration.verify("customers").isEqual)

            // So little memory that streams are folded in portions.
            let rebuilt = try await world.administration(memory: RebuildMemory(bytes: 1_000))
                .rebuildChanged(RebuildOptions())
            #expect(rebuilt.map(\.view) == ["customers"])
            #expect(try await !world.isChanged("customers"))
            #expect(try await world.name(of: "c1") == "Title 1")
            #expect(try await world.name(of: "c1", asOf: 1) == "Title 1", "what was at hand is of another shape")
            #expect(try await world.queries.explain(.customers, key: "c4", asOf: nil).row?["name"] == "Title 4")
            try await world.following(world.runner([try world.definitions.named("customers")])) {
                let head = try await world.append(.titledCustomers(5...5))
                try await world.queries.wait(for: .customers, until: Position(head), timeoutSeconds: 60)
            }
            #expect(try await world.name(of: "c5") == "Title 5")
            #expect(try await world.administration.verify("customers").isEqual)
        }
    }

    @Test func `stay at the shape that they were built with when there are newer ones`() async throws {
        try await withWorld { world in
            let published = PublishedUpcasts(pool: world.pool)
            try await published.publish([Self.titled])
            try await world.append(.titledCustomers(1...2))
            _ = try await world.administration.rebuild("customers")
            try await published.publish([Self.contacted])
            #expect(try await world.isChanged("customers"))
            // Folded anew it is what it was, for it stops where it did.
            #expect(try await world.administration.verify("customers").isEqual)
            _ = try await world.administration.rebuild("customers")
            #expect(try await world.rows("customers").allSatisfy { $0.contains("nobody") && $0.contains("Title") })
        }
    }

    @Test func `are rebuilt at start where that is asked for`() async throws {
        try await withWorld { world in
            let customers = [try world.definitions.named("customers")]
            try await world.append(.titledCustomers(1...2))
            _ = try await world.administration.rebuild("customers")
            try await PublishedUpcasts(pool: world.pool).publish([Self.titled])
            try await world.following(world.runner(customers, rebuildChanged: true)) {
                try await eventually("the titles are shown") { try await world.name(of: "c2") == "Title 2" }
            }
        }
    }

    @Test func `cost nothing where there are no older ones`() async throws {
        try await withWorld { world in
            _ = try await world.administration.rebuild("customers")
            let schema = try await world.liveSchema(of: "customers")
            let views = try await world.pool.query(
                "SELECT pg_get_viewdef(format('%I.current_events', $1::text)::regclass) AS definition", [.text(schema)])
            #expect(try !views[0].string("definition").contains("CASE"))
        }
    }
}

@Suite struct `A definition that is refused before anything is built` {
    @Test func `is shown to whoever looks, until it is mended`() async throws {
        try await withWorld { world in
            let customers = try world.definitions.named("customers")
            let broken = world.definitions.replacing(customers.changed(tables: "\nCREATE TABLE customers (id texxt);"))
            for isServed in [false, true] {
                await #expect(throws: ProjectionError.self) {
                    try await world.administration(broken).rebuild("customers")
                }
                try await world.asReader { reader in
                    let statuses = try await PostgresQueries(pool: reader, definitions: broken).projectionStatuses()
                    let status = try #require(statuses.first { $0.view == "customers" })
                    #expect(status.state == (isServed ? .live : .failed))
                    #expect(status.failure?.file == "customers/tables.sql")
                    #expect(status.failure?.line == 2)
                }
                #expect(try await world.administration.rebuild("customers").failure == nil)
                #expect(try await world.administration(broken).list().allSatisfy { $0.failure == nil })
            }
        }
    }
}

extension [LoggedEvent] {
    fileprivate static func titledCustomers(_ numbers: ClosedRange<Int>) -> [LoggedEvent] {
        numbers.map {
            LoggedEvent(
                StreamName(category: "customer", id: "c\($0)"), type: "customer.created",
                payload: #"{"name":"Customer \#($0)","title":"Title \#($0)"}"#)
        }
    }
}

extension ProjectionWorld {
    fileprivate func isChanged(_ view: String) async throws -> Bool {
        try await administration.list().contains { $0.view == view && $0.definitionChanged }
    }

    fileprivate func name(of customer: String, asOf position: Int64? = nil) async throws -> String? {
        let moment = position.map { Moment.position(Position($0)) }
        let row = try await queries.row(.customers, key: customer, asOf: moment).row
        return try row.flatMap { try JSONText.decode(JSONValue.self, from: $0)["name"]?.string }
    }
}
