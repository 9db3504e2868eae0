import Application
import EventSourcing
import Postgres
import PostgresProjections
import TestSupport
import Testing

@Suite struct `A moment of the past` {
    @Test func `is written as a position or a time and read back`() throws {
        for text in ["0", "12345", "2026-11-23T03:40:00.000000Z"] { #expect(try Moment(text).description == text) }
        #expect(try Moment("2026-11-23T04:40:00+01:00") == Moment("2026-11-23T03:40:00Z"))
        for text in ["", "yesterday", "-1", "12.5", "99999999999999999999", "2026-11-23", "2026-11-23T03:40:00"] {
            #expect(throws: InvalidMoment(text: text)) { try Moment(text) }
        }
    }

    @Test func `is what each view was, at every position of a random history`() async throws {
        var random = SeededRandom(for: "moments")
        var history = RandomHistory(SeededRandom(seed: random.next()))
        let events = try history.next(20) + .clusters()
        try await withWorld { world in
            // What a reader saw after each event.
            let seen = try await world.following(world.runner()) {
                try await world.caughtUp(to: 0)
                var seen: [QueryView: [QueryPage]] = [:]
                for event in events {
                    try await world.caughtUp(to: try await world.append([event]))
                    for view in QueryView.allCases {
                        seen[view, default: []].append(
                            try await world.queries.page(view, filter: [:], after: nil, limit: 500))
                    }
                }
                return seen
            }
            for view in QueryView.allCases {
                for (index, page) in (seen[view] ?? []).enumerated() {
                    let position = Position(Int64(index) + 1)
                    #expect(page.position == position)
                    let past = try await world.queries.page(
                        view, filter: [:], after: nil, limit: 500, asOf: .position(position))
                    #expect(past == page, "\(view) as of \(position)")
                }
                let beginning = try await world.queries.page(
                    view, filter: [:], after: nil, limit: 5, asOf: .position(.start))
                #expect(beginning == QueryPage(rows: [], nextCursor: nil, position: .start), "\(view)")
            }
        }
    }

    @Test func `is found by time, all events of the instant included`() async throws {
        try await withWorld { world in
            let head = try await world.append(.customers(9))
            // Three events each in one instant, as an append of several leaves them.
            try await world.pool.execute(
                script: """
                    ALTER TABLE events DISABLE TRIGGER USER;
                    UPDATE events SET recorded_at = timestamptz '2026-01-05 09:00:00Z' + (position + 2) / 3 * interval '1 second';
                    ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_never_changed;
                    """)
            _ = try await world.administration.rebuild("customers")
            for (time, position) in [
                ("2026-01-05T09:00:00.999999Z", 0), ("2026-01-05T09:00:01Z", 3), ("2026-01-05T10:00:01.5+01:00", 3),
                ("2026-01-05T09:00:02Z", 6), ("2026-01-05T09:00:03Z", head), ("2999-01-01T00:00:00Z", head),
                ("1999-01-01T00:00:00Z", 0),
            ] {
                let page = try await world.queries.page(
                    .customers, filter: [:], after: nil, limit: 100, asOf: try Moment(time))
                #expect(page.position == Position(position), "\(time)")
                #expect(page.rows.count == Int(position), "\(time)")
            }
        }
    }

    @Test func `beyond the last event is refused`() async throws {
        try await withWorld { world in
            let head = try await world.append(.customers(2))
            _ = try await world.administration.rebuild("customers")
            await #expect(throws: QueryError.beyondHead(Position(head + 1), head: Position(head))) {
                try await world.queries.row(.customers, key: "c1", asOf: .position(Position(head + 1)))
            }
            await #expect(throws: QueryError.notBuilt(.clusters)) {
                try await world.queries.row(.clusters, key: "x", asOf: .position(.start))
            }
        }
    }

    @Test func `is built once, however many ask at once and however many replicas there are`() async throws {
        try await withWorld(poolSize: 12) { world in
            try await world.append(.customers(30))
            _ = try await world.administration.rebuild("customers")
            let replicas = [world.queries, world.queries]
            try await withThrowingTaskGroup(of: Int.self) { group in
                for asker in 0..<20 {
                    group.addTask {
                        try await replicas[asker % 2].page(
                            .customers, filter: [:], after: nil, limit: 100, asOf: .position(Position(12))
                        ).rows.count
                    }
                }
                for try await count in group { #expect(count == 12) }
            }
            #expect(try await world.moments().map(\.position) == [12])
            let schemas = try await world.pool.query(
                "SELECT nextval(pg_get_serial_sequence('projection_moments', 'moment')) AS next")
            #expect(try schemas[0].int("next") == 2, "no second one was begun")
        }
    }

    @Test func `is shared by positions between which the view reads nothing`() async throws {
        try await withWorld { world in
            try await world.append(.customers(2) + .aside())
            let head = try await world.append(.customers(1, from: 3))
            _ = try await world.administration.rebuild("customers")
            let quiet = (head - 6)...(head - 1)
            for position in quiet {
                let page = try await world.queries.page(
                    .customers, filter: [:], after: nil, limit: 100, asOf: .position(Position(position)))
                #expect(page.position == Position(position))
            }
            #expect(try await world.moments().count == 1)
            // What is live is not built again.
            _ = try await world.queries.row(.customers, key: "c1", asOf: .position(Position(head)))
            _ = try await world.queries.row(.customers, key: "c1", asOf: try Moment("2999-01-01T00:00:00Z"))
            #expect(try await world.moments().count == 1)
        }
    }

    @Test func `goes when others are asked for, the longest unused first`() async throws {
        try await withWorld { world in
            try await world.append(.customers(10))
            _ = try await world.administration.rebuild("customers")
            let queries = world.queries(MomentSettings(countMax: 3, noteUseAfterSeconds: 0))
            func ask(_ position: Int64) async throws {
                let page = try await queries.page(
                    .customers, filter: [:], after: nil, limit: 100, asOf: .position(Position(position)))
                #expect(page.rows.count == Int(position))
            }
            for position: Int64 in [1, 2, 3] { try await ask(position) }
            try await ask(1)
            try await ask(4)
            #expect(try await world.moments().map(\.position) == [1, 3, 4])
            for position: Int64 in 1...9 { try await ask(position) }
            let kept = try await world.moments()
            #expect(kept.count == 3)
            #expect(try await world.momentSchemas() == kept.map(\.schema).sorted())
        }
    }

    @Test func `goes when all take too many bytes, but for the last`() async throws {
        try await withWorld { world in
            try await world.append(.customers(10))
            _ = try await world.administration.rebuild("customers")
            func ask(_ queries: PostgresQueries, _ position: Int64) async throws {
                let page = try await queries.page(
                    .customers, filter: [:], after: nil, limit: 100, asOf: .position(Position(position)))
                #expect(page.rows.count == Int(position))
            }
            let roomy = world.queries(MomentSettings(countMax: 100, noteUseAfterSeconds: 0))
            for position: Int64 in [1, 2, 3] { try await ask(roomy, position) }
            #expect(try await world.moments().map(\.position) == [1, 2, 3])
            let bytes = try await world.pool.query(
                """
                SELECT sum(pg_total_relation_size(c.oid))::bigint AS bytes
                FROM pg_class AS c
                JOIN projection_moments AS m ON c.relnamespace = to_regnamespace(m.schema_name) AND c.relkind = 'r'
                """)[0].int64("bytes")
            // Room for three of the four.
            let full = world.queries(MomentSettings(countMax: 100, bytesMax: bytes + 1, noteUseAfterSeconds: 0))
            try await ask(full, 4)
            #expect(try await world.moments().map(\.position) == [2, 3, 4])
            let narrow = world.queries(MomentSettings(countMax: 100, bytesMax: 1, noteUseAfterSeconds: 0))
            try await ask(narrow, 5)
            #expect(try await world.moments().map(\.position) == [5])
        }
    }

    @Test func `that is not past is what the live view says, once it has the last event`() async throws {
        try await withWorld { world in
            try await world.following(world.runner()) { try await world.caughtUp(to: 0) }
            var patient = MomentSettings()
            patient.liveWaitTimeout = .seconds(60)
            let queries = world.queries(patient)
            let head = try await world.append(.customers(3))
            try await withThrowingTaskGroup(of: QueryPage.self) { group in
                group.addTask {
                    try await queries.page(
                        .customers, filter: [:], after: nil, limit: 100, asOf: try Moment("2999-01-01T00:00:00Z"))
                }
                try await world.following(world.runner()) { try await world.caughtUp(to: head) }
                let page = try #require(try await group.next())
                #expect(page.rows.count == 3 && page.position == Position(head))
            }
            #expect(try await world.moments().isEmpty)
            // A view that does not move is not waited for any longer than that.
            var hasty = MomentSettings()
            hasty.liveWaitTimeout = .zero
            try await world.append(.customers(1, from: 4))
            let page = try await world.queries(hasty).page(
                .customers, filter: [:], after: nil, limit: 100, asOf: try Moment("2999-01-01T00:00:00Z"))
            #expect(page.rows.count == 4)
            #expect(try await world.moments().map(\.position) == [4])
        }
    }

    @Test func `counts as used when its build ends, however long that took`() async throws {
        try await withWorld { world in
            try await world.append(.customers(3))
            _ = try await world.administration.rebuild("customers")
            _ = try await world.queries.row(.customers, key: "c1", asOf: .position(Position(1)))
            let row = try await world.pool.query("SELECT used_at > built_at AS is_later FROM projection_moments")
            #expect(try row[0].bool("is_later"))
        }
    }

    @Test func `goes when nobody asks for it any more, or its definition is not served`() async throws {
        try await withWorld { world in
            try await world.append(.customers(3))
            _ = try await world.administration.rebuild("customers")
            _ = try await world.queries.row(.customers, key: "c1", asOf: .position(Position(1)))
            let sweeper = MomentSweeper(pool: world.pool, logger: .silent)
            await sweeper.sweep()
            #expect(try await world.moments().count == 1)
            try await world.pool.execute(
                script: """
                    UPDATE projection_moments SET used_at = now() - interval '2 hours';
                    CREATE SCHEMA moment_customers_999;
                    """)
            await sweeper.sweep()
            #expect(try await world.momentSchemas() == [], "nor what was left behind")

            _ = try await world.queries.row(.customers, key: "c1", asOf: .position(Position(1)))
            let changed = world.administration(
                world.definitions.replacing(try world.definitions.named("customers").shouting()))
            _ = try await changed.rebuild("customers")
            let row = try await world.queries.row(.customers, key: "c1", asOf: .position(Position(1)))
            #expect(row.row?.contains("CUSTOMER 1") == true, "by the definition that is served")
            #expect(try await world.moments().count == 1)
        }
    }

    @Test func `is not dropped under a reader`() async throws {
        try await withWorld { world in
            try await world.append(.customers(3))
            _ = try await world.administration.rebuild("customers")
            _ = try await world.queries.row(.customers, key: "c1", asOf: .position(Position(1)))
            let moment = try #require(try await world.moments().first)
            let sweeper = MomentSweeper(pool: world.pool, settings: .init(unusedSecondsMax: -1), logger: .silent)
            try await world.pool.withTransaction { reader in
                _ = try await reader.query("SELECT count(*) FROM \(moment.schema).customers")
                await sweeper.sweep()
                #expect(try await reader.query("SELECT id FROM \(moment.schema).customers").count == 1)
            }
            #expect(try await world.moments().count == 1)
            await sweeper.sweep()
            #expect(try await world.moments().isEmpty)
        }
    }

    @Test func `holds a cursor that was given there`() async throws {
        try await withWorld { world in
            try await world.append(.customers(7))
            _ = try await world.administration.rebuild("customers")
            func page(_ cursor: String?, _ asOf: Moment?) async throws -> QueryPage {
                try await world.queries.page(.customers, filter: [:], after: cursor, limit: 3, asOf: asOf)
            }
            for (asked, next) in [(Moment.position(Position(7)), 8), (try Moment("2999-01-01T00:00:00Z"), 9)] {
                let head = try await world.append(.customers(1, from: next))
                _ = try await world.administration.rebuild("customers")
                let first = try await page(nil, asked)
                let meant = first.position
                // The log goes on, and so does the live view.
                try await world.append([
                    LoggedEvent(
                        StreamName(category: "customer", id: "c4"), type: "customer.details_changed",
                        payload: #"{"name":"Later"}"#)
                ])
                _ = try await world.administration.rebuild("customers")
                let second = try await page(first.nextCursor, asked)
                let third = try await page(second.nextCursor, nil)
                #expect([second.position, third.position] == [meant, meant])
                #expect(meant == Position(asked == .position(Position(7)) ? 7 : head))
                #expect(second.rows.first?.contains(#""c4""#) == true)
                #expect(second.rows.first?.contains(asked == .position(Position(7)) ? "Customer 4" : "Later") == true)
                await #expect(throws: QueryError.badCursor) { try await page(first.nextCursor, .position(Position(6))) }
                let live = try await page(nil, nil)
                await #expect(throws: QueryError.badCursor) { try await page(live.nextCursor, asked) }
            }
        }
    }

    @Test func `needs the whole log`() async throws {
        try await withWorld { world in
            let head = try await world.append(.customers(5))
            _ = try await world.administration.rebuild("customers")
            try await world.pool.execute(
                script: """
                    ALTER TABLE events DISABLE TRIGGER USER;
                    DELETE FROM events WHERE position <= 2;
                    ALTER TABLE events ENABLE ALWAYS TRIGGER events_are_never_changed;
                    """)
            await #expect(throws: QueryError.archived(logBegins: Position(3))) {
                try await world.queries.row(.customers, key: "c1", asOf: .position(Position(4)))
            }
            let now = try await world.queries.row(.customers, key: "c1", asOf: .position(Position(head)))
            #expect(now.row != nil)
        }
    }

    @Test func `waits no longer than it may for what others build`() async throws {
        try await withWorld { world in
            try await world.append(.customers(5))
            _ = try await world.administration.rebuild("customers")
            let queries = world.queries(MomentSettings(buildsMax: 1, waitTimeout: .milliseconds(50)))
            try await world.pool.withTransaction { other in
                _ = try await other.query(
                    "SELECT pg_advisory_xact_lock(hashtextextended('deploycenter.moment.slot.1', 0))")
                await #expect(throws: QueryError.momentNotReady(.customers, position: Position(2))) {
                    try await queries.row(.customers, key: "c1", asOf: .position(Position(2)))
                }
            }
            #expect(try await queries.row(.customers, key: "c1", asOf: .position(Position(2))).row != nil)
        }
    }

    @Test func `may be read by those who may read the views, and the log may not`() async throws {
        try await withWorld { world in
            try await world.append(.customers(3) + .aside())
            for view in QueryView.allCases { _ = try await world.administration.rebuild(view.rawValue) }
            try await world.asReader { pool in
                let queries = PostgresQueries(
                    pool: pool, owner: world.pool, definitions: world.definitions, logger: .silent)
                for view in QueryView.allCases {
                    let page = try await queries.page(
                        view, filter: [:], after: nil, limit: 5, asOf: .position(Position(2)))
                    #expect(page.position == Position(2))
                }
                for moment in try await world.moments() {
                    let error = await #expect(throws: PostgresError.self) {
                        try await pool.query("SELECT payload FROM \(moment.schema).batch")
                    }
                    #expect(error?.sqlstate == "42501")
                }
            }
        }
    }

    @Test(arguments: QueryView.allCases)
    func `is read by a statement that leaves every table to the search path`(_ view: QueryView) throws {
        let unqualified = view.momentStatement
        #expect(!unqualified.contains(/views\.[a-z_0-9]+(?![a-z_0-9(])/))
        #expect(view.statement.contains(/views\.[a-z_0-9]+(?![a-z_0-9(])/), "the check finds what it looks for")
    }
}
