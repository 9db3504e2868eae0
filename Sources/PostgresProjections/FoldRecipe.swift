import Application
import EventSourcing
import Postgres

/// All that is needed to fold a view anywhere: its definition without its name tag.
package struct FoldRecipe: Sendable {
    package let view: String
    /// As Postgres writes an array; nil for all.
    package let eventTypes: String?
    /// The SQL expression for a payload of the log in the shape that the fold reads; nil for the current one.
    let payload: String?
    let tables: String
    let fold: String
    let indexes: String
    let order: ProjectionDefinition.Order
    /// Split once: each batch runs them.
    let foldStatements: [SQLStatement]

    init(
        view: String, eventTypes: String?, payload: String?, tables: String, fold: String, indexes: String,
        order: ProjectionDefinition.Order
    ) {
        self.view = view
        self.eventTypes = eventTypes
        self.payload = payload
        self.tables = tables
        self.fold = fold
        self.indexes = indexes
        self.order = order
        foldStatements = SQLScript.statements(of: fold, in: "\(view)/fold.sql")
    }

    package init(_ definition: ProjectionDefinition) {
        self.init(
            view: definition.name,
            eventTypes: definition.eventTypes.map { "{" + $0.map(\.rawValue).joined(separator: ",") + "}" },
            payload: nil, tables: definition.tables, fold: definition.fold, indexes: definition.indexes,
            order: definition.order)
    }

    /// Reading a portion of the log costs about 0.8 µs an event, copying it 1.9 µs, and reading the copy 0.2 µs; plans made with the
    /// statistics of the copy are better. What is built on the relation may be read any number of times.
    var readsBatchOften: Bool {
        let reads = /(?i)\b(FROM|JOIN)\s+batch\b/
        return tables.contains(reads) || fold.matches(of: reads).count > 2
    }

    /// The columns of the log that a copy needs: half of an event is metadata, which few folds read. Whole rows are told by their
    /// star; a fold that takes them otherwise would differ between a rebuilt view and a kept one, which is tested for every view.
    var readColumns: [String] {
        let columns = [
            "position", "stream_category", "stream_id", "stream_version", "event_id", "type", "schema_version",
            "payload",
            "metadata", "recorded_at",
        ]
        let text = (tableStatements + foldStatements).map(\.text).joined(separator: "\n")
        if text.contains(/(?i)(\bSELECT|,|\.)\s*\*/) { return columns }
        let always: Set = ["position", "stream_id", "stream_version", "type", "payload", "recorded_at"]
        return columns.filter { always.contains($0) || text.contains($0) }
    }

    var tableStatements: [SQLStatement] { SQLScript.statements(of: tables, in: "\(view)/tables.sql") }
    var indexStatements: [SQLStatement] { SQLScript.statements(of: indexes, in: "\(view)/indexes.sql") }

    /// The fold as a body of PL/pgSQL. What it cannot take as it stands is planned at each run.
    var foldBody: String {
        let lines = foldStatements.map { statement in
            ["INSERT", "UPDATE", "DELETE", "MERGE"].contains(statement.verb)
                ? statement.text : "EXECUTE \(literal(statement.text))"
        }
        return "#variable_conflict use_column\nBEGIN\n" + lines.map { $0 + "\n;\n" }.joined() + "END"
    }

    private func literal(_ text: String) -> String {
        let escaped = text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
        return escaped.contains("\\")
            ? "E'" + escaped.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\") + "'"
            : "'\(escaped)'"
    }
}

/// A statement of a definition that the database refused.
struct FoldFault: Error, CustomStringConvertible {
    let statement: SQLStatement
    let error: PostgresError

    var line: Int {
        if case .server(_, _, _, _, let position?) = error { statement.line(at: position) } else { statement.line }
    }

    var description: String { "\(statement.file):\(line): \(error)" }

    func failure(at position: Int64? = nil) -> ProjectionFailure {
        ProjectionFailure(
            reason: "\(error)", position: position.map { Position($0) }, file: statement.file, line: line,
            statement: String(statement.text.prefix(2_000)))
    }
}

/// A mistake in a definition that shows only in the database.
struct ProjectionFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension PostgresError {
    /// Nobody's mistake: the same may go well later. 40: serialization and deadlocks; 53: out of memory, disk or connections; 55P03: a
    /// lock was not free in time; 57, 58: the server is being stopped, or its system fails; 25P02: an earlier statement failed.
    var isTransient: Bool {
        switch self {
        case .server(let sqlstate, _, _, _, _):
            ["40", "53", "57", "58", "XX"].contains(String(sqlstate.prefix(2))) || sqlstate == "55P03"
                || sqlstate == "25P02"
        case .decoding: false
        case .connectionLost, .cannotConnect, .poolExhausted, .cancelled, .timedOut: true
        }
    }
}

extension PostgresError {
    /// A fault of the system, or too little time, and perhaps of what was folded: a row or an index is broken (XX, 58), or one event takes
    /// longer than a statement may. What comes again and again is not waited out.
    var mayBeTheFold: Bool {
        switch self {
        case .server(let sqlstate, _, _, _, _): ["58", "XX"].contains(String(sqlstate.prefix(2)))
        case .timedOut: true
        case .connectionLost, .cannotConnect, .poolExhausted, .cancelled, .decoding: false
        }
    }
}

extension PostgresError {
    /// The last position that is archived, where `require_available` failed.
    var archivedUpTo: Int64? {
        guard case .server("SV003", _, let detail?, _, _) = self else { return nil }
        return Int64(detail)
    }
}

/// What is done to the tables of one build inside a transaction.
extension PostgresConnection {
    nonisolated func enter(schema: String, of recipe: FoldRecipe) async throws(PostgresError) {
        _ = try await query(
            Statement.enterSchema, [.text(schema), .text(recipe.eventTypes), .text(recipe.payload)])
    }

    nonisolated func set(_ setting: String, _ value: String) async throws(PostgresError) {
        _ = try await query(Statement.setSetting, [.text(setting), .text(value)])
    }

    /// For work that takes what time and memory it needs, until the transaction ends. Sorts and hashes of one statement may add up.
    nonisolated func prepareForMuch(memory: RebuildMemory) async throws(PostgresError) {
        try await takeTime()
        _ = try await query(
            Statement.prepareForMuch, [.int8(memory.bytes / 4 / 1024), .int8(memory.bytes / 1024)])
    }

    /// Runs statements one by one, so that the one that fails is known.
    nonisolated func run(_ statements: [SQLStatement]) async throws {
        for statement in statements {
            do throws(PostgresError) {
                try await execute(script: statement.text)
            } catch {
                throw error.isTransient ? error : FoldFault(statement: statement, error: error)
            }
        }
    }

    /// Makes the tables of a view, empty, in a schema that does not exist yet, and enters it. `batch` shows the log.
    nonisolated func makeTables(of recipe: FoldRecipe, in schema: String) async throws {
        try await enter(schema: schema, of: recipe)
        try await execute(script: Statement.createSchema)
        try await showLog()
        try await run(recipe.tableStatements)
        let wrong = try await query(Statement.checkTables, [.text(schema), .text(recipe.view)])
        if let row = wrong.first {
            throw ProjectionFault("table \(try row.string("name")) \(try row.string("problem"))")
        }
        try await set("deploycenter.fold_body", recipe.foldBody)
        try await execute(script: Statement.createFold)
    }

    /// From here on `batch` shows the events between the positions of `set_batch.sql`.
    nonisolated func showLog() async throws(PostgresError) { try await execute(script: Statement.showLog) }

    /// Folds the events after `from` up to `to`; the schema must have been entered, and `batch` show the log.
    nonisolated func fold(_ recipe: FoldRecipe, from: Int64, to: Int64) async throws {
        try await query(Statement.setBatch, [.int8(from), .int8(to)])
        try await run(recipe.foldStatements)
        try await requireAvailable(after: from)
    }

    /// Fails with SV003 where events after a position are archived. Asked after they were read, in the same transaction: that a
    /// partition is archived is committed before it is detached, so who read without it sees that now.
    nonisolated func requireAvailable(after position: Int64) async throws(PostgresError) {
        try await query(Statement.requireAvailable, [.int8(position)])
    }

    /// Until the transaction ends nothing is archived, and nothing is archived now: else it fails with SV003, before anything is read.
    nonisolated func holdOffArchiving() async throws(PostgresError) {
        try await query(Statement.holdOffArchiving)
        // In a statement of its own, which sees what was archived while the other waited.
        try await requireAvailable(after: 0)
    }

    /// Folds streams as wholes up to a position; the schema must have been entered.
    nonisolated func fold(_ recipe: FoldRecipe, _ bucket: StreamBucket, upTo position: Int64) async throws {
        try await query(
            Statement.setBucket,
            [
                .text(bucket.category), .text(bucket.fromID), .text(bucket.untilID), .int8(position),
                .bool(recipe.readsBatchOften), .textArray(recipe.readColumns),
            ])
        try await execute(script: Statement.enterBucket)
        try await run(recipe.foldStatements)
        try await execute(script: Statement.leaveBucket)
        try await requireAvailable(after: 0)
    }
}
