import Application
import EventSourcing
import FoundationEssentials
import Postgres

/// Folds the events of one row one by one and notes what each of them changed.
///
/// All of it happens in a schema of its own, in a transaction that is rolled back.
struct RowExplainer: Sendable {
    /// May create schemas.
    let pool: PostgresPool
    let moments: MomentReader
    let definitions: [ProjectionDefinition]
    let settings: MomentSettings

    /// Ends the transaction by a rollback and carries its result out.
    private struct Finished: Error {
        let explanation: Explanation?
    }

    func explain(_ view: QueryView, key: String, asOf moment: Moment?) async throws -> Explanation {
        let deadline = ContinuousClock.now + settings.waitTimeout
        var position: Int64?
        if let moment { position = try await moments.find(view, moment).position }
        while true {
            do {
                try await pool.withTransaction { connection in
                    throw Finished(explanation: try await explain(view, key: key, upTo: position, on: connection))
                }
            } catch let finished as Finished {
                if let explanation = finished.explanation { return explanation }
            }
            guard ContinuousClock.now < deadline else {
                throw QueryError.unavailable(reason: "others ask for explanations: ask again")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Nil if as many explanations as may are being worked out.
    private func explain(
        _ view: QueryView, key: String, upTo asked: Int64?, on connection: PostgresConnection
    ) async throws -> Explanation? {
        let claim = try await connection.query(Statement.claimExplanation, [.int8(Int64(settings.explanationsMax))])
        guard try claim.first?.bool("is_claimed") ?? false else { return nil }
        guard let generation = try await connection.generation(of: view.rawValue, "live"),
            let served = try FoundRows(try await connection.query(view.statement, view.parameters(key: key)))
        else { throw QueryError.notBuilt(view) }
        let position = asked ?? served.position.rawValue

        // Never committed, and yet two of one name would wait for each other.
        let schema = "explanation_\(UInt64.random(in: 0...UInt64.max))"
        try await connection.makeTables(of: generation.recipe, in: schema)
        try await connection.complete(generation.view, upTo: position)
        let history = definitions.first { $0.name == view.rawValue }?.history
        try await connection.set("deploycenter.history", history ?? "")
        try await connection.set("deploycenter.key", key)
        _ = try await connection.execute(script: Statement.selectHistory)
        let events = try await connection.query(
            Statement.readHistory, [.int8(Int64(settings.explainedEventsMax))])

        var account = RowAccount()
        var folded: Int64 = 0
        for (index, event) in events.enumerated() {
            let next = try event.int64("position")
            // What was before the first of them is folded with it.
            let from = index == 0 ? 0 : max(folded, next - 1)
            try await connection.query(Statement.setBatch, [.int8(from), .int8(next)])
            try await connection.query(Statement.runFold)
            folded = next
            let row = try FoundRows(
                try await connection.query(view.momentStatement, view.parameters(key: key)))?.rows.first?.json
            let summed = index == 0 ? try event.int("total") - events.count + 1 : 1
            try account.add(row, after: try Explanation.Event(event), eventCount: summed)
        }
        // An event of the row may be among those that are archived.
        if position > 0 { try await connection.requireAvailable(after: 0) }
        // Later than what is served, or earlier, there is nothing to compare with.
        let isComparable = position == served.position.rawValue
        let servedRow = try served.rows.first.map { try RowAccount.read($0.json) }
        return Explanation(
            view: view.rawValue, key: key, position: Position(position), row: account.row, steps: account.steps,
            withoutEffect: account.withoutEffect,
            leadsToServedRow: isComparable ? RowAccount.isSame(account.row, servedRow) : nil)
    }
}

/// What became of a row, event by event.
struct RowAccount {
    private(set) var row: JSONValue?
    private(set) var steps: [Explanation.Step] = []
    private(set) var withoutEffect = 0

    /// Columns that change with every event.
    private static let bookkeeping: Set = ["position", "streamVersion", "updatedAt"]

    static func read(_ json: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(json.utf8))
    }

    mutating func add(_ json: String?, after event: Explanation.Event, eventCount: Int) throws {
        let next = try json.map { try Self.read($0) }
        let kind: Explanation.Step.Kind? =
            switch (row, next) {
            case (nil, nil): nil
            case (nil, _): .created
            case (_, nil): .removed
            default: .changed
            }
        let changes = Self.changes(from: row?.object ?? [:], to: next?.object ?? [:])
        row = next
        if let kind, kind != .changed || !changes.isEmpty {
            steps.append(.init(kind: kind, event: event, eventCount: eventCount, changes: changes))
        } else {
            withoutEffect += eventCount
        }
    }

    /// Means and sums of fractions depend on the order of their terms in the last digits.
    static func isSame(_ left: JSONValue?, _ right: JSONValue?) -> Bool {
        switch (left, right) {
        case (.number(let left), .number(let right)): abs(left - right) <= 1e-9 * max(abs(left), abs(right))
        case (.array(let left), .array(let right)): left.count == right.count && zip(left, right).allSatisfy(isSame)
        case (.object(let left), .object(let right)):
            left.count == right.count && left.allSatisfy { isSame($0.value, right[$0.key]) }
        default: left == right
        }
    }

    private static func changes(
        from before: [String: JSONValue], to after: [String: JSONValue]
    ) -> [Explanation.Change] {
        Set(before.keys).union(after.keys).subtracting(bookkeeping).sorted().compactMap { column in
            let (old, new) = (before[column] ?? .null, after[column] ?? .null)
            return old == new ? nil : .init(column: column, before: old, after: new)
        }
    }
}

extension Explanation.Event {
    init(_ row: PostgresRow) throws(PostgresError) {
        self.init(
            position: Position(try row.int64("position")), stream: try row.string("stream"),
            streamVersion: try row.int64("stream_version"), id: try row.string("event_id"),
            type: try row.string("type"), recordedAt: Timestamp(microseconds: try row.timestamptz("recorded_at")),
            actor: try row.optionalString("actor"), actorName: try row.optionalString("actor_name"),
            correlation: try row.optionalString("correlation"))
    }
}
