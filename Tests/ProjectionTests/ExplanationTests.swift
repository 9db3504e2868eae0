import Application
import EventSourcing
import FoundationEssentials
import Postgres
import PostgresProjections
import TestSupport
import Testing

@Suite struct `Explaining a row` {
    @Test func `names the events that made it and what each changed`() async throws {
        try await withWorld { world in
            try await world.append(try ProjectionCase(view: "customers", name: "life_of_a_customer").events())
            _ = try await world.administration.rebuild("customers")
            let explanation = try await world.queries.explain(.customers, key: "acme", asOf: nil)
            #expect(explanation.steps.map(\.event.position.rawValue) == [1, 2, 4, 5, 6, 7])
            #expect(explanation.steps.map(\.kind) == [.created, .changed, .changed, .changed, .changed, .changed])
            #expect(explanation.steps[2].event.type == "customer.details_changed")
            #expect(explanation.steps[2].event.stream == "customer-acme")
            #expect(explanation.steps[2].event.actor == "ana")
            #expect(
                explanation.steps[2].changes == [
                    .init(column: "contactEmail", before: "ada@acme.example", after: .null),
                    .init(column: "contactName", before: "Ada", after: "Bea"),
                    .init(column: "name", before: "Acme", after: "Acme Limited"),
                ])
            #expect(explanation.steps[3].changes == [.init(column: "cluster", before: "eu-1", after: "eu-2")])
            #expect(explanation.row?["state"] == "removed")
            #expect(explanation.leadsToServedRow == true)
            #expect(explanation.position == Position(7))
        }
    }

    @Test func `goes no further than the moment that is asked for`() async throws {
        try await withWorld { world in
            try await world.append(try ProjectionCase(view: "customers", name: "life_of_a_customer").events())
            _ = try await world.administration.rebuild("customers")
            let explanation = try await world.queries.explain(
                .customers, key: "acme", asOf: try Moment("2026-01-05T09:00:04Z"))
            #expect(explanation.steps.map(\.event.position.rawValue) == [1, 2, 4])
            #expect(explanation.row?["cluster"] == "eu-1")
            #expect(explanation.position == Position(4))
            let served = try await world.queries.row(.customers, key: "acme", asOf: .position(Position(4)))
            #expect(explanation.row == (try decoded(served.row)))
            let before = try await world.queries.explain(.customers, key: "acme", asOf: .position(.start))
            #expect(before.steps.isEmpty && before.row == nil)
        }
    }

    @Test func `shows that a row went away, and says nothing of one that never was`() async throws {
        try await withWorld { world in
            try await world.append(
                try ProjectionCase(view: "template_catalog", name: "approved_then_deprecated").events())
            _ = try await world.administration.rebuild("approvals_waiting")
            let gone = try await world.queries.explain(
                .approvalsWaiting, key: "template_version/odoo@1.0.0", asOf: nil)
            #expect(gone.steps.map(\.kind) == [.created, .removed])
            #expect(gone.steps.map(\.event.type) == ["template.submitted", "template.approved"])
            #expect(gone.steps[1].changes.allSatisfy { $0.after == .null })
            #expect(gone.row == nil)
            #expect(gone.leadsToServedRow == true)
            for key in ["", "nothing", "template_version/odoo@9.9.9", "1/2/3", "'; DROP SCHEMA views; --", "\0"] {
                let none = try await world.queries.explain(.approvalsWaiting, key: key, asOf: nil)
                #expect(none.steps.isEmpty && none.row == nil, "\(key)")
            }
        }
    }

    @Test func `sums up what is too long ago to be told one by one`() async throws {
        try await withWorld { world in
            try await world.append(try ProjectionCase(view: "customers", name: "life_of_a_customer").events())
            _ = try await world.administration.rebuild("customers")
            let queries = world.queries(MomentSettings(explainedEventsMax: 2))
            let explanation = try await queries.explain(.customers, key: "acme", asOf: nil)
            #expect(explanation.steps.map(\.eventCount) == [5, 1])
            #expect(explanation.steps.map(\.event.position.rawValue) == [6, 7])
            #expect(explanation.steps[0].changes.contains(.init(column: "state", before: .null, after: "suspended")))
            #expect(explanation.row?["state"] == "removed")
            #expect(explanation.leadsToServedRow == true)
        }
    }

    @Test func `adds up to the row, for rows of every view of a random history`() async throws {
        var random = SeededRandom(for: "explanations")
        var history = RandomHistory(SeededRandom(seed: random.next()))
        let events = try history.next(160) + .clusters()
        try await withWorld { world in
            try await world.append(events)
            var explained: Set<QueryView> = []
            for view in QueryView.allCases {
                _ = try await world.administration.rebuild(view.rawValue)
                let rows = try await world.queries.page(view, filter: [:], after: nil, limit: 500).rows
                for text in rows.shuffled(using: &random).prefix(4) {
                    let row = try #require(try decoded(text))
                    let key = try key(of: row, in: view)
                    let explanation = try await world.queries.explain(view, key: key, asOf: nil)
                    #expect(explanation.leadsToServedRow == true, "\(view) \(key)")
                    explained.insert(view)
                    let bookkeeping: Set = ["position", "streamVersion", "updatedAt"]
                    var sum: [String: JSONValue] = [:]
                    for step in explanation.steps {
                        #expect(!step.changes.isEmpty)
                        for change in step.changes {
                            #expect(sum[change.column] ?? .null == change.before, "\(view) \(key) \(change.column)")
                            sum[change.column] = change.after
                        }
                    }
                    let served = try #require(try decoded(try await world.queries.row(view, key: key).row)).object
                    #expect(
                        sum.filter { $0.value != .null }
                            == explanation.row?.object?.filter { $0.value != .null && !bookkeeping.contains($0.key) },
                        "\(view) \(key)")
                    #expect(served?.keys == explanation.row?.object?.keys)
                    #expect(explanation.steps.first?.kind == .created)
                }
            }
            // Nobody may happen to wait for an approval, and nothing may happen to have been finished.
            #expect(explained.count >= QueryView.allCases.count - 2)
        }
    }

    @Test func `leaves nothing behind, and several may ask at once`() async throws {
        try await withWorld(poolSize: 12) { world in
            try await world.append(try ProjectionCase(view: "customers", name: "life_of_a_customer").events())
            _ = try await world.administration.rebuild("customers")
            let queries = world.queries(MomentSettings(explanationsMax: 2))
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 1...8 {
                    group.addTask { try await queries.explain(.customers, key: "acme", asOf: nil).steps.count }
                }
                for try await count in group { #expect(count == 6) }
            }
            let left = try await world.pool.query(
                "SELECT count(*) AS n FROM pg_namespace WHERE starts_with(nspname, 'explanation_')")
            #expect(try left[0].int("n") == 0)
        }
    }

    @Test func `opens what is personal only at the end`() async throws {
        try await withWorld { world in
            let stream = StreamName(category: "customer", id: "acme")
            try await world.append([
                LoggedEvent(stream, type: "customer.created", payload: #"{"name":"Acme","contactName":"sealed-1"}"#),
                LoggedEvent(
                    stream, type: "customer.details_changed", payload: #"{"name":"Acme","contactName":"sealed-2"}"#),
            ])
            _ = try await world.administration.rebuild("customers")
            let queries = PostgresQueries(
                pool: world.pool, definitions: world.definitions, personal: Forgetful(), logger: .silent)
            let page = try await queries.page(.customers, filter: [:], after: nil, limit: 5)
            #expect(page.rows[0].contains("erased") && !page.rows[0].contains("sealed"))
            let past = try await queries.row(.customers, key: "acme", asOf: .position(Position(1)))
            #expect(past.row?.contains("erased") == true)
            let explanation = try await queries.explain(.customers, key: "acme", asOf: nil)
            // Both are erased, and yet the second event did change it.
            #expect(
                explanation.steps[1].changes == [.init(column: "contactName", before: "erased", after: "erased")])
        }
    }

    private func decoded(_ text: String?) throws -> JSONValue? {
        try text.map { try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8)) }
    }

    /// As `QueryView` says that rows are named.
    private func key(of row: JSONValue, in view: QueryView) throws -> String {
        func text(_ column: String) throws -> String {
            let value = try #require(row[column])
            if let text = value.string { return text }
            return String(try #require(value.integer))
        }
        return switch view {
        case .deploymentStatus, .customers, .clusters: try text("id")
        case .deploymentTimeline:
            try ["deployment", "release", "action", "step"].map(text).joined(separator: "/")
        case .templateCatalog, .templateUsage: try ["template", "version"].map(text).joined(separator: "@")
        case .auditTrail, .customerHistory: try text("position")
        case .approvalsWaiting: try ["kind", "subject"].map(text).joined(separator: "/")
        case .stepDurations: try text("key")
        case .resourceInventory: try ["deployment", "kind", "identity"].map(text).joined(separator: "/")
        }
    }
}

/// A keeper of keys that has destroyed them all.
private struct Forgetful: PersonalDataOpener {
    func opened(_ texts: [String]) async throws(PersonalDataError) -> [String] {
        texts.map { $0.replacing(/sealed-\d/, with: PersonalValue.erased) }
    }
}
