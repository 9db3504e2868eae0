package import Application
package import EventSourcing
package import Postgres

/// Answers queries from the published views. The role `deploycenter_reader` suffices, also on a streaming standby.
package struct PostgresQueries: Queries {
    private let pool: PostgresPool
    private let definitions: [ProjectionDefinition]

    package init(pool: PostgresPool, definitions: [ProjectionDefinition]) {
        self.pool = pool
        self.definitions = definitions
    }

    package func page(
        _ view: QueryView, filter: [String: String], after cursor: String?, limit: Int
    ) async throws(QueryError) -> QueryPage {
        let limits = 1...QueryView.limitMax
        guard limits.contains(limit) else { throw .badLimit(allowed: limits) }
        var start: QueryCursor?
        if let cursor {
            guard let known = QueryCursor(cursor, of: view) else { throw .badCursor }
            start = known
        }
        let filters = try parameters(of: view, filter)
        // One row more than asked for tells whether there is another page.
        let found = try await run(view, [.text(start?.key), .int8(Int64(limit) + 1), .null] + filters)
        let rows = found.rows.prefix(limit)
        let next = found.rows.count > limit ? rows.last.map { QueryCursor(view: view, key: $0.cursor).text } : nil
        return QueryPage(rows: rows.map(\.json), nextCursor: next, position: found.position)
    }

    package func row(_ view: QueryView, key: String) async throws(QueryError) -> QueryRow {
        guard view != .auditTrail || Int64(key) != nil, !key.contains("\0") else {
            return QueryRow(row: nil, position: try await position(of: view))
        }
        let filters = [PostgresValue](repeating: .null, count: view.filters.count)
        let found = try await run(view, [.null, .int8(1), .text(key)] + filters)
        return QueryRow(row: found.rows.first?.json, position: found.position)
    }

    package func wait(
        for view: QueryView, until position: Position, timeoutSeconds: Double
    ) async throws(QueryError) {
        let deadline = ContinuousClock.now + .seconds(timeoutSeconds)
        var pause = Duration.milliseconds(5)
        var seen = try await self.position(of: view)
        while seen < position {
            guard ContinuousClock.now < deadline else { throw .behind(view, position: seen) }
            do {
                try await Task.sleep(for: min(pause, deadline - .now))
            } catch {
                throw .cancelled
            }
            pause = min(pause * 2, .milliseconds(100))
            seen = try await self.position(of: view)
        }
    }

    package func projectionStatuses() async throws(QueryError) -> [ProjectionStatus] {
        do throws(PostgresError) {
            return try ProjectionStatuses(definitions: definitions).statuses(
                try await pool.query(Statement.listGenerations))
        } catch {
            throw translated(error, nil)
        }
    }

    /// The parameters of the view's statement, in the order of `view.filters`.
    private func parameters(
        of view: QueryView, _ filter: [String: String]
    ) throws(QueryError) -> [PostgresValue] {
        let known = view.filters
        for name in filter.keys.sorted() where !known.contains(where: { $0.name == name }) {
            throw .unknownFilter(name, allowed: known.map(\.name))
        }
        var parameters: [PostgresValue] = []
        for entry in known {
            guard let value = filter[entry.name] else {
                parameters.append(.null)
                continue
            }
            guard let parameter = parameter(value, entry.kind) else {
                throw .badFilterValue(filter: entry.name, expected: entry.kind)
            }
            parameters.append(parameter)
        }
        return parameters
    }

    private func parameter(_ value: String, _ kind: QueryFilter.Kind) -> PostgresValue? {
        switch kind {
        case .text: value.contains("\0") ? nil : .text(value)
        case .integer: Int64(value).map { .int8($0) }
        case .time: Timestamp(value).map { .timestamptz($0.microseconds) }
        }
    }

    private struct Found {
        let rows: [(json: String, cursor: String)]
        let position: Position
    }

    private func run(_ view: QueryView, _ parameters: [PostgresValue]) async throws(QueryError) -> Found {
        do throws(PostgresError) {
            let answer = try await pool.query(view.statement, parameters)
            guard let first = answer.first else { throw QueryMiss.notBuilt }
            var rows: [(json: String, cursor: String)] = []
            for row in answer where try !row.isNull("row") {
                rows.append((try row.string("row"), try row.string("cursor")))
            }
            return Found(rows: rows, position: Position(try first.int64("position")))
        } catch {
            throw translated(error, view)
        }
    }

    private func position(of view: QueryView) async throws(QueryError) -> Position {
        do throws(PostgresError) {
            guard let row = try await pool.query(Statement.positionOfView, [.text(view.rawValue)]).first else {
                throw QueryMiss.notBuilt
            }
            return Position(try row.int64("position"))
        } catch {
            throw translated(error, view)
        }
    }

    private func translated(_ error: PostgresError, _ view: QueryView?) -> QueryError {
        switch (error, view) {
        case (.cancelled, _): .cancelled
        // 42P01: a view of the first generation is not published yet.
        case (.server(sqlstate: "42P01", _, _, _), let view?): .notBuilt(view)
        default: .unavailable(reason: "\(error)")
        }
    }
}

/// A registry without a live generation reads like a view that is not there.
private enum QueryMiss {
    static let notBuilt = PostgresError.server(
        sqlstate: "42P01", message: "no live generation", detail: nil, constraint: nil)
}
