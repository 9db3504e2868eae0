package import EventSourcing
package import Postgres

/// Makes the tables of a view as they are after an event, in a schema of their own, all in the caller's transaction.
package struct GenerationFill: Sendable {
    package let recipe: FoldRecipe
    package let schema: String
    package let memory: RebuildMemory

    /// - Parameter schema: one that does not exist yet.
    package init(_ recipe: FoldRecipe, schema: String, memory: RebuildMemory = .standard) {
        self.recipe = recipe
        self.schema = schema
        self.memory = memory
    }

    /// Folds the whole log up to a position, as a rebuild does. Afterwards the schema is entered, `batch` shows the log, and
    /// `connection.fold(recipe, from: to:)` goes on from there.
    package func build(upTo position: Int64, withIndexes: Bool = true, on connection: PostgresConnection) async throws {
        try await connection.prepareForMuch(memory: memory)
        let plan = try await FoldPlan.make(recipe, upTo: position, memory: memory, on: connection)
        try await connection.makeTables(of: recipe, in: schema)
        switch plan.way {
        case .streams(let buckets):
            for bucket in buckets { try await connection.fold(recipe, bucket, upTo: position) }
        case .log:
            for from in stride(from: 0, to: position, by: Int64.Stride(plan.chunk)) {
                try await connection.fold(recipe, from: from, to: min(position, from + plan.chunk))
            }
        }
        if withIndexes { try await finish(on: connection) }
    }

    /// Folds one stream only, up to a position: what its events alone come to.
    package func build(
        _ stream: StreamName, upTo position: Int64, on connection: PostgresConnection
    ) async throws {
        try await connection.makeTables(of: recipe, in: schema)
        let bucket = StreamBucket(category: stream.category, fromID: stream.id, untilID: stream.id + "\u{1}", events: 0)
        try await connection.fold(recipe, bucket, upTo: position)
    }

    /// Indexes and statistics, once the rows are there.
    private func finish(on connection: PostgresConnection) async throws {
        try await connection.run(recipe.indexStatements)
        try await connection.execute(script: Statement.analyzeGeneration)
    }
}
