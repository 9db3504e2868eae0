package import Application
import EventSourcing
package import Logging
package import Postgres

/// Lists, rebuilds, swaps and checks the views in Postgres.
package struct PostgresProjectionAdministration: ProjectionAdministration {
    private let pool: PostgresPool
    private let definitions: [ProjectionDefinition]
    private let memory: RebuildMemory
    private let builder: GenerationBuilder

    /// - Parameter memory: what a rebuild may use at a time.
    package init(
        pool: PostgresPool, definitions: [ProjectionDefinition], memory: RebuildMemory = .standard, logger: Logger
    ) {
        self.pool = pool
        self.definitions = definitions
        self.memory = memory
        builder = GenerationBuilder(pool: pool, logger: logger, memory: memory)
    }

    package func list() async throws(ProjectionError) -> [ProjectionStatus] {
        try await translated {
            try await ProjectionStatuses(definitions: definitions).read(from: pool)
        }
    }

    package func rebuild(_ view: String, _ options: RebuildOptions) async throws(ProjectionError) -> ProjectionStatus {
        let definition = try definition(of: view)
        try await translated(view) { try await builder.rebuild(definition, options) }
        return try await status(of: view)
    }

    package func rebuildChanged(_ options: RebuildOptions) async throws(ProjectionError) -> [ProjectionStatus] {
        var rebuilt: [ProjectionStatus] = []
        for status in try await list()
        where status.definitionChanged && definitions.contains(where: { $0.name == status.view }) {
            rebuilt.append(try await rebuild(status.view, options))
        }
        return rebuilt
    }

    package func progress(of view: String) -> AsyncThrowingStream<RebuildProgress, any Error> {
        let watch = RebuildWatch(view) { try await list() }
        return AsyncThrowingStream { try await watch.next() }
    }

    package func swap(_ view: String) async throws(ProjectionError) -> ProjectionStatus {
        _ = try await status(of: view)
        guard try await translated(view, { try await builder.swap(view) }) else { throw .nothingHeld(view) }
        return try await status(of: view)
    }

    package func back(_ view: String) async throws(ProjectionError) -> ProjectionStatus {
        _ = try await status(of: view)
        guard try await translated(view, { try await builder.back(view) }) else {
            throw .noPreviousGeneration(view)
        }
        return try await status(of: view)
    }

    package func dropOld(_ view: String) async throws(ProjectionError) -> Int {
        _ = try await status(of: view)
        return try await translated(view) {
            try await pool.withTransaction { connection in
                try await connection.lock(view: view)
                let old = try await connection.query(Statement.countOld, [.text(view)]).first?.int("old") ?? 0
                try await connection.set("deploycenter.drop", view)
                try await connection.execute(script: Statement.dropAllOld)
                return old
            }
        }
    }

    package func retry(_ view: String) async throws(ProjectionError) -> ProjectionStatus {
        _ = try await status(of: view)
        try await translated(view) {
            try await pool.query(Statement.retryView, [.text(view)])
            try await pool.query(Statement.forgetRefusal, [.text(view)])
        }
        return try await status(of: view)
    }

    package func verify(_ view: String) async throws(ProjectionError) -> ProjectionVerification {
        let result = try await translated(view) {
            try await ProjectionVerifier(pool: pool, memory: memory).verify(view)
        }
        guard let result else { throw unknown(view) }
        return result
    }

    package func check(_ view: String) async throws(ProjectionError) {
        let definition = try definition(of: view)
        try await translated(view) { try await DefinitionTrial(pool: pool).run(definition) }
    }

    private func definition(of view: String) throws(ProjectionError) -> ProjectionDefinition {
        guard let definition = definitions.first(where: { $0.name == view }) else { throw unknown(view) }
        return definition
    }

    private func status(of view: String) async throws(ProjectionError) -> ProjectionStatus {
        guard let status = try await list().first(where: { $0.view == view }) else { throw unknown(view) }
        return status
    }

    private func unknown(_ view: String) -> ProjectionError {
        .unknownView(view, known: definitions.map(\.name).sorted())
    }

    @discardableResult
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
        } catch let log as ArchivedLog {
            throw .archived(upTo: Position(log.position))
        } catch let error as PostgresError where error.archivedUpTo != nil {
            throw .archived(upTo: Position(error.archivedUpTo ?? 0))
        } catch {
            if let view, let failure = ProjectionFailure(of: error) { throw .failing(view, failure) }
            throw .unavailable(reason: "\(error)")
        }
    }
}
