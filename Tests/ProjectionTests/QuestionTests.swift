import Application
import Domain
import EventSourcing
import FoundationEssentials
import PostgresProjections
import TestSupport
import Testing

@Suite struct `A question across streams` {
    @Test(arguments: 1...3)
    func `is answered as the rules count it`(_ round: Int) async throws {
        var random = SeededRandom(for: "questions \(round)")
        var history = RandomHistory(SeededRandom(seed: random.next()))
        var durations = StepDurationRules()
        try await withWorld { world in
            for _ in 1...4 {
                let events = try history.next(Int.random(in: 100...300, using: &random))
                for event in events { try durations.take(event) }
                try await world.append(events)
                for view in ["step_durations", "resource_inventory", "template_usage"] {
                    _ = try await world.administration.rebuild(view)
                }
                try await expect(durations, in: world)
                try await expect(history.deployments, in: world)
            }
        }
    }

    private func expect(_ rules: StepDurationRules, in world: ProjectionWorld) async throws {
        let rows = try await world.all(.stepDurations)
        #expect(rows.count == rules.figures.count)
        for row in rows {
            let group = StepDurationRules.Group(
                step: try #require(row["step"]?.string), version: try #require(row["templateVersion"]?.string))
            let figures = try #require(rules.figures[group], "\(group)")
            #expect(row["count"] == .integer(Int64(figures.seconds.count)), "\(group)")
            #expect(row["failures"] == .integer(Int64(figures.failures)), "\(group)")
            #expect(row["abandoned"] == .integer(Int64(figures.abandoned)), "\(group)")
            #expect(row["attempts"] == .integer(Int64(figures.attempts)), "\(group)")
            #expect(isClose(row["p50Seconds"], figures.percentile(0.5)), "\(group): \(row)")
            #expect(isClose(row["p95Seconds"], figures.percentile(0.95)), "\(group): \(row)")
            #expect(isClose(row["maxSeconds"], figures.seconds.max()), "\(group): \(row)")
        }
        // All versions together.
        for row in try await world.all(.stepDurations, ["by": "template"]) {
            let groups = rules.figures.filter { $0.key.step == row["step"]?.string }.map(\.value)
            let together = StepDurationRules.Figures(seconds: groups.flatMap(\.seconds))
            #expect(row["key"] == .string("\(row["step"]?.string ?? "")/*/odoo@*"))
            #expect(isClose(row["p95Seconds"], together.percentile(0.95)), "\(row)")
        }
    }

    private func expect(_ states: [ID<Deployment>: Deployment.State], in world: ProjectionWorld) async throws {
        var live: [String: [String]] = [:]
        for (id, state) in states {
            let rows = try await world.all(.resourceInventory, ["deployment": id.rawValue])
            let there = rows.filter { $0["isThere"] == true }.map {
                ResourceRules.Thing(
                    kind: $0["kind"]?.string ?? "", identity: $0["identity"]?.string ?? "",
                    release: $0["kind"] == "commit" ? nil : $0["release"]?.integer)
            }
            #expect(there.sorted() == ResourceRules(state: state).things, "\(id) in \(state.phase)")
            if state.phase == .decommissioned {
                #expect(rows.filter { $0["isThere"] == true }.allSatisfy { $0["state"] == "kept" }, "\(id): \(rows)")
            }
            if let release = state.liveRelease.flatMap({ state.releases[$0] }) {
                live[release.templateVersion, default: []].append(id.rawValue)
            }
        }
        for row in try await world.all(.templateUsage, ["template": "odoo"]) {
            let version = try #require(row["version"]?.string)
            let deployments = row["deployments"]?.array?.filter { $0["release"] != .null }
            #expect(
                deployments?.compactMap { $0["deployment"]?.string } == (live[version] ?? []).sorted(), "\(version)")
            #expect(row["liveCount"] == .integer(Int64(live[version]?.count ?? 0)), "\(version)")
            live[version] = nil
        }
        #expect(live.isEmpty, "every version in use has a row")
    }

    private func isClose(_ value: JSONValue?, _ expected: Double?) -> Bool {
        let number: Double? =
            switch value {
            case .integer(let value)?: Double(value)
            case .number(let value)?: value
            default: nil
            }
        guard let number, let expected else { return number == nil && expected == nil }
        return abs(number - expected) < 1e-9
    }
}

@Suite struct `What waits for approval` {
    @Test func `is compared with the version that it follows`() async throws {
        try await withWorld { world in
            func submitted(_ version: String, _ files: [String: String]) throws -> LoggedEvent {
                try LoggedEvent(
                    .template("odoo"),
                    TemplateEvent.submitted(
                        .init(
                            version: version, title: "Odoo", description: "ERP", files: files, digest: version,
                            submittedBy: "ana")))
            }
            func approved(_ version: String) throws -> LoggedEvent {
                try LoggedEvent(.template("odoo"), TemplateEvent.approved(.init(version: version, approvedBy: "bo")))
            }
            try await world.append([
                submitted("1.2.0", ["a": "1\n2\n"]), approved("1.2.0"), submitted("1.10.0", ["a": "1\n", "b": "x\n"]),
                approved("1.10.0"), submitted("1.2.1", ["a": "1\n3\n4\n"]), submitted("1.11.0", ["a": "1\n"]),
                submitted("0.9.0", ["a": "1\n2\n"]),
            ])
            _ = try await world.administration.rebuild("approvals_waiting")
            let rows = try await world.all(.approvalsWaiting)
            #expect(rows.map { $0["subject"] } == ["odoo@1.2.1", "odoo@1.11.0", "odoo@0.9.0"])
            #expect(rows.map { $0["basisVersion"] } == ["1.2.0", "1.10.0", "1.2.0"])
            #expect(
                rows.map { $0["changes"] } == [
                    [["path": "a", "change": "changed", "linesAdded": 2, "linesRemoved": 1]],
                    [["path": "b", "change": "removed", "linesAdded": 0, "linesRemoved": 1]],
                    [],
                ])
            #expect(try await world.all(.approvalsWaiting, ["decidableBy": "ana"]).isEmpty)
            #expect(try await world.all(.approvalsWaiting, ["decidableBy": "bo"]).count == 3)
            let key = "template_version/odoo@1.2.1"
            #expect(try await world.queries.row(.approvalsWaiting, key: key).row != nil)
            try await world.append([approved("1.2.1")])
            _ = try await world.administration.rebuild("approvals_waiting")
            #expect(try await world.queries.row(.approvalsWaiting, key: key).row == nil)
        }
    }
}

@Suite struct `Each of the questions` {
    @Test(arguments: [
        (
            QueryView.templateUsage, "upgraded_failed_and_gone",
            [
                (["inUse": "false"], 1), (["standing": "deprecated", "inUse": "true"], 1), (["customer": "globex"], 1),
                (["environment": "development"], 0), (["cluster": "eu-1"], 2), (["templateVersion": "1.9.0"], 1),
            ]
        ),
        (
            .customerHistory, "a_life",
            [
                (["customer": "globex"], 1), (["kind": "customer", "customer": "acme"], 7),
                (["milestone": "released"], 1), (["deployment": "acme-shop-production"], 13),
                (["from": "2026-01-05T09:00:03Z", "until": "2026-01-05T09:00:05Z"], 2),
            ]
        ),
        (
            .resourceInventory, "removal_fails",
            [(["state": "removal_failed"], 1), (["kind": "bucket"], 1), (["search": "LB.example"], 1)]
        ),
    ])
    func `is narrowed by its filters`(
        _ view: QueryView, _ example: String, _ counts: [(filter: [String: String], count: Int)]
    ) async throws {
        try await withWorld { world in
            try await world.append(try ProjectionCase(view: view.rawValue, name: example).events())
            _ = try await world.administration.rebuild(view.rawValue)
            for (filter, count) in counts {
                #expect(try await world.all(view, filter).count == count, "\(filter)")
            }
        }
    }

    @Test(arguments: [QueryView.approvalsWaiting, .stepDurations, .resourceInventory, .customerHistory, .templateUsage])
    func `gives its rows page by page, each found by its key`(_ view: QueryView) async throws {
        var history = RandomHistory(SeededRandom(for: "pages of \(view)"))
        try await withWorld { world in
            try await world.append(try history.next(400))
            _ = try await world.administration.rebuild(view.rawValue)
            let whole = try await world.all(view)
            #expect(whole.count > 2)
            var paged: [JSONValue] = []
            var cursor: String?
            repeat {
                let page = try await world.queries.page(view, filter: [:], after: cursor, limit: 2)
                paged += try page.rows.map { try json($0) }
                cursor = page.nextCursor
            } while cursor != nil
            #expect(paged == whole)
            for row in whole.prefix(20) {
                let found = try await world.queries.row(view, key: key(of: row, view))
                #expect(try json(try #require(found.row)) == row)
            }
        }
    }

    private func key(of row: JSONValue, _ view: QueryView) -> String {
        func text(_ column: String) -> String { row[column]?.string ?? row[column]?.integer.map(String.init) ?? "" }
        return switch view {
        case .approvalsWaiting: "\(text("kind"))/\(text("subject"))"
        case .stepDurations: text("key")
        case .resourceInventory: "\(text("deployment"))/\(text("kind"))/\(text("identity"))"
        case .templateUsage: "\(text("template"))@\(text("version"))"
        default: text("position")
        }
    }
}

private func json(_ text: String) throws -> JSONValue {
    try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
}

extension ProjectionWorld {
    /// Every row of a view, at most 500.
    fileprivate func all(_ view: QueryView, _ filter: [String: String] = [:]) async throws -> [JSONValue] {
        try await queries.page(view, filter: filter, after: nil, limit: QueryView.limitMax).rows.map { try json($0) }
    }
}
