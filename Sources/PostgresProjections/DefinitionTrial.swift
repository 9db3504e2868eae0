import Postgres

/// Tries a definition with no events, in a transaction that is rolled back.
struct DefinitionTrial: Sendable {
    let pool: PostgresPool

    private struct Passed: Error {}

    func run(_ definition: ProjectionDefinition) async throws {
        do {
            try await pool.withTransaction { connection in
                let recipe = FoldRecipe(definition)
                // Never committed, and yet two of one name would wait for each other.
                try await connection.makeTables(of: recipe, in: "trial_\(UInt64.random(in: 0...UInt64.max))")
                try await connection.query(Statement.setBatch, [.int8(0), .int8(0)])
                try await connection.run(recipe.foldStatements)
                try await connection.run(recipe.indexStatements)
                // As it will be called: what a function takes is not quite what a statement is.
                try await connection.execute(script: "SELECT fold()")
                throw Passed()
            }
        } catch is Passed {}
    }
}
