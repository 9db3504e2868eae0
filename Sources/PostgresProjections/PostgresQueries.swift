package import Application
package import EventSourcing
import FoundationEssentials
package import Logging
package import Postgres

/// Answers queries from the published views, and from views that were built up to a moment of the past.
///
/// The role `deploycenter_reader` suffices for `pool`, also on a streaming standby. `owner` makes what was asked of the past, and
/// folds the history of a row that is to be explained: in schemas of its own, so its role must be the views' owner.
package struct PostgresQueries: Queries {
    private let pool: PostgresPool
    private let definitions: [ProjectionDefinition]
    private let personal: (any PersonalDataOpener)?
    private let moments: MomentReader
    private let explainer: RowExplainer

    /// - Parameters:
    ///   - owner: nil if `pool` is the owner's already.
    ///   - personal: opens sealed personal values, once a page; without it they are shown as they are stored.
    package init(
        pool: PostgresPool, owner: PostgresPool? = nil, definitions: [ProjectionDefinition],
        personal: (any PersonalDataOpener)? = nil, moments settings: MomentSettings = MomentSettings(),
        logger: Logger = Logger(label: "deploycenter.queries")
    ) {
        self.pool = pool
        self.definitions = definitions
        self.personal = personal
        let builder = MomentBuilder(pool: owner ?? pool, settings: settings, logger: logger)
        moments = MomentReader(pool: pool, builder: builder)
        explainer = RowExplainer(pool: owner ?? pool, moments: moments, definitions: definitions, settings: settings)
    }

    package func page(
        _ view: QueryView, filter: [String: String], after cursor: String?, limit: Int, asOf: Moment?
    ) async throws(QueryError) -> QueryPage {
        let limits = 1...QueryView.limitMax
        guard limits.contains(limit) else { throw .badLimit(allowed: limits) }
        var start: QueryCursor?
        if let cursor {
            guard let known = QueryCursor(cursor, of: view) else { throw .badCursor }
            // Another moment than the one that the cursor stays at is another list.
            guard asOf == nil || known.moment?.asked == asOf else { throw .badCursor }
            start = known
        }
        let filters = try parameters(of: view, filter)
        let moment = start?.moment.map { Moment.position($0.position) } ?? asOf
        // One row more than asked for tells whether there is another page.
        let found = try await run(view, asOf: moment, [.text(start?.key), .int8(Int64(limit) + 1), .null] + filters)
        let rows = found.rows.prefix(limit)
        var next: String?
        if found.rows.count > limit, let last = rows.last {
            let stays = start?.moment ?? asOf.map { CursorMoment(position: found.position, asked: $0) }
            next = QueryCursor(view: view, moment: stays, key: last.cursor).text
        }
        return QueryPage(rows: try await opened(rows.map(\.json)), nextCursor: next, position: found.position)
    }

    package func row(_ view: QueryView, key: String, asOf: Moment?) async throws(QueryError) -> QueryRow {
        guard view.mayHold(key) else {
            return QueryRow(row: nil, position: try await position(of: view, asOf: asOf))
        }
        let found = try await run(view, asOf: asOf, view.parameters(key: key))
        return QueryRow(row: try await opened(found.rows.prefix(1).map(\.json)).first, position: found.position)
    }

    package func explain(_ view: QueryView, key: String, asOf: Moment?) async throws(QueryError) -> Explanation {
        guard view.mayHold(key) else {
            return Explanation(
                view: view.rawValue, key: key, position: try await position(of: view, asOf: asOf), row: nil, steps: [],
                withoutEffect: 0, leadsToServedRow: nil)
        }
        let explanation = try await translating(view) { try await explainer.explain(view, key: key, asOf: asOf) }
        guard personal != nil else { return explanation }
        do {
            // The values are compared as they are stored: two that are erased both were once different.
            let sealed = String(decoding: try JSONEncoder().encode(explanation), as: UTF8.self)
            let open = try await opened([sealed])
            return try JSONDecoder().decode(Explanation.self, from: Data((open.first ?? sealed).utf8))
        } catch let error as QueryError {
            throw error
        } catch {
            throw .unavailable(reason: "an explanation is not JSON: \(error)")
        }
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
        try await translating {
            try await ProjectionStatuses(definitions: definitions).read(from: pool)
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
            if !entry.parts.isEmpty,
                value.isEmpty
                    || !value.split(separator: ",", omittingEmptySubsequences: false)
                        .allSatisfy({ entry.parts.contains(String($0)) })
            {
                throw .badFilterParts(filter: entry.name, allowed: entry.parts)
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

    private func run(
        _ view: QueryView, asOf moment: Moment?, _ parameters: [PostgresValue]
    ) async throws(QueryError) -> FoundRows {
        try await translating(view) {
            if let moment { return try await moments.read(view, asOf: moment, parameters) }
            guard let rows = try FoundRows(try await pool.query(view.statement, parameters)) else {
                throw QueryError.notBuilt(view)
            }
            return rows
        }
    }

    private func position(of view: QueryView, asOf moment: Moment? = nil) async throws(QueryError) -> Position {
        try await translating(view) {
            if let moment { return Position(try await moments.find(view, moment).position) }
            guard let row = try await pool.query(Statement.positionOfView, [.text(view.rawValue)]).first else {
                throw QueryError.notBuilt(view)
            }
            return Position(try row.int64("position"))
        }
    }

    private func opened(_ texts: [String]) async throws(QueryError) -> [String] {
        guard let personal, !texts.isEmpty else { return texts }
        do throws(PersonalDataError) {
            return try await personal.opened(texts)
        } catch {
            throw error == .cancelled ? .cancelled : .unavailable(reason: "\(error)")
        }
    }

    private func translating<Value>(
        _ view: QueryView? = nil, _ work: () async throws -> Value
    ) async throws(QueryError) -> Value {
        do {
            return try await work()
        } catch let error as QueryError {
            throw error
        } catch PostgresError.cancelled {
            throw .cancelled
        } catch is CancellationError {
            throw .cancelled
        } catch let archived as ArchivedLog {
            throw .archived(logBegins: Position(archived.position + 1))
        } catch let error as PostgresError where error.archivedUpTo != nil {
            throw .archived(logBegins: Position((error.archivedUpTo ?? 0) + 1))
        } catch let error as PostgresError where error.sqlstate == "42P01" {
            // A view of the first generation is not published yet.
            if let view { throw .notBuilt(view) }
            throw .unavailable(reason: "\(error)")
        } catch {
            throw .unavailable(reason: "\(error)")
        }
    }
}

extension QueryView {
    /// The parameters of the view's statement for a single row.
    func parameters(key: String) -> [PostgresValue] {
        [.null, .int8(1), .text(key)] + [PostgresValue](repeating: .null, count: filters.count)
    }

    /// Whether the key can be one of this view's: Postgres refuses others instead of finding nothing.
    func mayHold(_ key: String) -> Bool {
        (![.auditTrail, .customerHistory].contains(self) || Int64(key) != nil) && !key.contains("\0")
    }
}
