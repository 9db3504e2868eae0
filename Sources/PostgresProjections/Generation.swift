import EventSourcing
import Postgres

/// One build of a view by one definition: a schema with the tables, and how far they follow the log.
struct Generation: Sendable {
    let id: Int64
    let view: String
    let digest: String
    let schema: String
    /// As Postgres writes an array; nil for all.
    let eventTypes: String?
    let tables: String
    let fold: String
    let position: Int64
    let state: String

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.int64("generation")
        view = try row.string("view")
        digest = try row.string("digest")
        schema = try row.string("schema_name")
        eventTypes = try row.optionalString("event_types")
        tables = try row.string("tables")
        fold = try row.string("fold")
        position = try row.int64("position")
        state = try row.string("state")
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

/// What is done to generations inside a transaction.
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

    nonisolated func claimLiveGeneration(of view: String) async throws(PostgresError) -> LockedGeneration? {
        guard let row = try await query(Statement.claimLiveGeneration, [.text(view)]).first else { return nil }
        return try LockedGeneration(row)
    }

    nonisolated func enter(schema: String, eventTypes: String?) async throws(PostgresError) {
        _ = try await query(Statement.enterSchema, [.text(schema), .text(eventTypes)])
    }

    nonisolated func set(_ setting: String, _ value: String) async throws(PostgresError) {
        _ = try await query(Statement.setSetting, [.text(setting), .text(value)])
    }

    /// Folds the events after `from` up to `to`; the schema must have been entered.
    nonisolated func fold(_ fold: String, from: Int64, to: Int64) async throws(PostgresError) {
        _ = try await query(Statement.setBatch, [.int8(from), .int8(to)])
        guard try await query(Statement.batchHasEvents).first?.bool("has_events") ?? false else { return }
        _ = try await execute(script: fold)
    }

    nonisolated func advance(_ generation: Generation, to position: Int64) async throws(PostgresError) {
        _ = try await query(Statement.advanceGeneration, [.int8(generation.id), .int8(position)])
    }

    /// Registers a generation of `definition` and makes its empty tables.
    nonisolated func create(_ definition: ProjectionDefinition) async throws -> Generation {
        let types = definition.eventTypes.map { PostgresValue.textArray($0.map(\.rawValue)) } ?? .null
        let rows = try await query(
            Statement.insertGeneration,
            [.text(definition.name), .text(definition.digest), types, .text(definition.tables), .text(definition.fold)])
        guard let row = rows.first else { throw ProjectionFault("the registry took no generation") }
        let generation = try Generation(row)
        try await makeTables(of: generation, in: generation.schema)
        return generation
    }

    /// Makes the tables of a generation, empty, in a schema that does not exist yet, and enters it.
    nonisolated func makeTables(of generation: Generation, in schema: String) async throws {
        try await enter(schema: schema, eventTypes: generation.eventTypes)
        try await execute(script: Statement.createSchema)
        try await execute(script: generation.tables)
        let wrong = try await query(Statement.checkTables, [.text(schema), .text(generation.view)])
        if let row = wrong.first {
            throw ProjectionFault("table \(try row.string("name")) \(try row.string("problem"))")
        }
    }
}

/// A mistake in a definition that shows only in the database.
struct ProjectionFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
