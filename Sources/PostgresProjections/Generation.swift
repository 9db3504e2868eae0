import Application
import EventSourcing
import Postgres

/// One build of a view by one definition: a schema with the tables, and how far they follow the log.
struct Generation: Sendable {
    let id: Int64
    let schema: String
    let digest: String
    /// Names the definition and the shapes of events that it reads: rows are the same where it is.
    let rowsDigest: String
    /// Events that it reads have a newer shape since it was registered.
    let isOutdated: Bool
    let recipe: FoldRecipe
    let position: Int64
    let state: String
    let phase: String
    /// Up to here a rebuild folds whole streams, or chunks of the log.
    let target: Int64
    /// Positions folded in one transaction of a rebuild.
    let chunk: Int64
    let isHeld: Bool
    let eventsPerSecondMax: Int64?
    let failure: String?

    var view: String { recipe.view }
    /// Whether `definition` would make the same rows now.
    func isMade(by definition: ProjectionDefinition) -> Bool { digest == definition.digest && !isOutdated }

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.int64("generation")
        schema = try row.string("schema_name")
        digest = try row.string("digest")
        rowsDigest = try row.string("rows_digest")
        isOutdated = try row.bool("is_outdated")
        recipe = FoldRecipe(
            view: try row.string("view"), eventTypes: try row.optionalString("event_types"),
            payload: try row.string("payload_form"), tables: try row.string("tables"), fold: try row.string("fold"),
            indexes: try row.string("indexes"),
            order: ProjectionDefinition.Order(rawValue: try row.string("fold_order")) ?? .log)
        position = try row.int64("position")
        state = try row.string("state")
        phase = try row.string("phase")
        target = try row.int64("target")
        chunk = try row.int64("chunk")
        isHeld = try row.bool("is_held")
        eventsPerSecondMax = try row.optionalInt64("events_per_second_max")
        failure = try row.optionalString("failure")
    }
}

/// A generation that nobody else can fold until the transaction ends.
struct LockedGeneration: Sendable {
    let generation: Generation
    /// The last event of the log when it was locked.
    let head: Int64

    init(_ row: PostgresRow) throws(PostgresError) {
        generation = try Generation(row)
        head = try row.int64("head")
    }
}

/// What is done to the registry inside a transaction.
extension PostgresConnection {
    nonisolated func lock(view: String) async throws(PostgresError) {
        _ = try await query(Statement.lockView, [.text(view)])
    }

    nonisolated func generation(of view: String, _ state: String) async throws(PostgresError) -> Generation? {
        guard let row = try await query(Statement.findGeneration, [.text(view), .text(state)]).first else { return nil }
        return try Generation(row)
    }

    nonisolated func lock(generation id: Int64) async throws(PostgresError) -> LockedGeneration? {
        guard let row = try await query(Statement.lockGeneration, [.int8(id)]).first else { return nil }
        return try LockedGeneration(row)
    }

    nonisolated func advance(_ generation: Generation, to position: Int64) async throws(PostgresError) {
        _ = try await query(Statement.advanceGeneration, [.int8(generation.id), .int8(position)])
    }

    /// Registers a generation of `definition` and makes its empty tables.
    nonisolated func create(_ definition: ProjectionDefinition) async throws -> Generation {
        let types = definition.eventTypes.map { PostgresValue.textArray($0.map(\.rawValue)) } ?? .null
        let rows = try await query(
            Statement.insertGeneration,
            [
                .text(definition.name), .text(definition.digest), types, .text(definition.tables),
                .text(definition.fold),
                .text(definition.indexes), .text(definition.order.rawValue),
            ])
        guard let row = rows.first else { throw ProjectionFault("the registry took no generation") }
        let generation = try Generation(row)
        try await makeTables(of: generation.recipe, in: generation.schema)
        return generation
    }
}

extension Generation {
    var fold: String { recipe.fold }
}

extension PostgresConnection {
    /// Makes the tables of a generation once more, empty, and lets `batch` show the log.
    nonisolated func makeTables(of generation: Generation, in schema: String) async throws {
        try await makeTables(of: generation.recipe, in: schema)
    }

    /// Folds the events after `from` up to `to`; the schema must have been entered.
    nonisolated func fold(_ fold: String, from: Int64, to: Int64) async throws(PostgresError) {
        try await query(Statement.setBatch, [.int8(from), .int8(to)])
        try await execute(script: fold)
    }
}
