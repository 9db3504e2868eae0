/// What a transaction may do and see.
package enum PostgresTransactionMode: Sendable {
    /// Each statement sees what was committed before it began.
    case readCommitted
    /// All statements see the same moment, and none may write.
    case readOnlySnapshot

    var begin: String {
        switch self {
        case .readCommitted: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
        case .readOnlySnapshot: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
        }
    }
}

extension PostgresConnection {
    /// Commits what `body` did, or rolls it back if it throws. Cancellation ends `body`, never half a commit.
    @discardableResult
    package func transaction<Value>(
        _ mode: PostgresTransactionMode = .readCommitted, isolation: isolated (any Actor)? = #isolation,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        try await execute(script: mode.begin)
        let value: Value
        do {
            value = try await body(self)
        } catch {
            // A rollback fails only with the connection, whose end is a rollback too.
            _ = try? await finish("ROLLBACK")
            throw error
        }
        try await commit()
        return value
    }

    /// The server answers COMMIT with ROLLBACK, without an error, if a statement failed and `body` kept that to itself.
    private nonisolated func commit() async throws(PostgresError) {
        guard try await finish("COMMIT").commandTag != "ROLLBACK" else {
            throw .server(
                sqlstate: "25P02", message: "the transaction was rolled back because a statement in it had failed",
                detail: nil, constraint: nil)
        }
    }
}
