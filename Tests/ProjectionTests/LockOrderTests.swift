import Application
import EventSourcing
import Postgres
import PostgresProjections
import TestSupport
import Testing

/// A swap replaces the published tables of a view in the order of their names. Whoever locks them in another order can deadlock with it.
@Suite struct `A view's statement` {
    @Test(arguments: QueryView.allCases)
    func `locks its tables in the order in which a swap replaces them`(_ view: QueryView) async throws {
        try await withWorld { world in
            _ = try await world.administration.rebuild(view.rawValue)
            let tables = try await world.publishedTables(of: view)
            #expect(tables.contains { view.statement.contains("views.\($0)") }, "the check finds what it looks for")
            for (index, table) in tables.enumerated() where view.statement.contains(/views\.(\w+)/, named: table) {
                let later = tables[(index + 1)...].map { "views.\($0)" }
                #expect(try await world.locks(of: view, whileLocked: table, among: later) == [], "before \(table)")
            }
        }
    }
}

extension String {
    fileprivate func contains(_ pattern: some RegexComponent<(Substring, Substring)>, named name: String) -> Bool {
        matches(of: pattern).contains { $0.output.1 == name }
    }
}

extension ProjectionWorld {
    fileprivate func publishedTables(of view: QueryView) async throws -> [String] {
        try await pool.query(
            """
            SELECT table_name::text AS name
            FROM information_schema.tables
            WHERE table_schema = $1 AND table_type = 'BASE TABLE'
            ORDER BY table_name
            """, [.text(try await liveSchema(of: view.rawValue))]
        ).map { try $0.string("name") }
    }

    /// Which of the tables the statement has locked already when it comes to `table`.
    fileprivate func locks(
        of view: QueryView, whileLocked table: String, among tables: [String]
    ) async throws -> [String] {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let found = try await pool.withTransaction { swapping in
                _ = try await swapping.execute(script: "LOCK TABLE views.\(table) IN ACCESS EXCLUSIVE MODE")
                let queries = self.queries
                group.addTask { _ = try await queries.page(view, filter: [:], after: nil, limit: 5, asOf: nil) }
                try await eventually("\(view) waits for \(table)") {
                    try await !swapping.query(
                        "SELECT FROM pg_locks WHERE relation = $1::text::regclass AND NOT granted",
                        [.text("views.\(table)")]
                    ).isEmpty
                }
                return try await swapping.query(
                    """
                    SELECT held.relation::regclass::text AS name
                    FROM pg_locks AS waiting
                    JOIN pg_locks AS held ON held.pid = waiting.pid AND held.granted
                    WHERE
                        waiting.relation = $1::text::regclass AND NOT waiting.granted
                        AND held.relation = ANY ($2::text[]::regclass[])
                    """, [.text("views.\(table)"), .textArray(tables)]
                ).map { try $0.string("name") }
            }
            try await group.waitForAll()
            return found
        }
    }
}
