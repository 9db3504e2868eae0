package import Application
import EventSourcing
package import Logging
package import Postgres

/// Lists, rebuilds, restores and checks the views in Postgres.
package struct PostgresProjectionAdministration: ProjectionAdministration {
    private let pool: PostgresPool
    private let definitions: [ProjectionDefinition]
    private let logger: Logger
    private let builder: GenerationBuilder

    package init(pool: PostgresPool, definitions: [ProjectionDefinition], logger: Logger) {
        self.pool = pool
        self.definitions = definitions
        self.logger = logger
        builder = GenerationBuilder(pool: pool, logger: logger)
    }

    package func list() async throws(ProjectionError) -> [ProjectionStatus] {
        try await translated {
            try ProjectionStatuses(definitions: definitions).statuses(
                try await pool.query(Statement.listGenerations))
        }
    }

    package func rebuild(_ view: String) async throws(ProjectionError) -> ProjectionStatus {
        guard let definition = definitions.first(where: { $0.name == view }) else { throw unknown(view) }
        try await translated(view) { try await builder.rebuild(definition) }
        return try await status(of: view)
    }

    package func restore(_ view: String) async throws(ProjectionError) -> ProjectionStatus {
        guard try await translated(view, { try await builder.restore(view) }) else {
            throw .noPreviousGeneration(view)
        }
        return try await status(of: view)
    }

    package func verify(_ view: String) async throws(ProjectionError) -> ProjectionVerification {
        let result = try await translated(view) {
            try await ProjectionVerifier(pool: pool).verify(view)
        }
        guard let result else { throw unknown(view) }
        return result
    }

    private func status(of view: String) async throws(ProjectionError) -> ProjectionStatus {
        guard let status = try await list().first(where: { $0.view == view }) else { throw unknown(view) }
        return status
    }

    private func unknown(_ view: String) -> ProjectionError {
        .unknownView(view, known: definitions.map(\.name).sorted())
    }

    private func translated<Value>(
        _ view: String? = nil, _ work: () async throws -> Value
    ) async throws(ProjectionError) -> Value {
        do {
            return try await work()
        } catch let error as ProjectionError {
            throw error
        } catch PostgresError.cancelled {
            throw .cancelled
        } catch is CancellationError {
            throw .cancelled
        } catch {
            if let view, let reason = foldFailure(error) { throw .failing(view, reason: reason) }
            throw .unavailable(reason: "\(error)")
        }
    }
}
