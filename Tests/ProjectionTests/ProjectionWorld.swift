import Application
import EventSourcing
import FoundationEssentials
import Logging
import Postgres
import PostgresProjections
import TestSupport

/// A database with an empty log and the project's own views, for one test.
struct ProjectionWorld: Sendable {
    let pool: PostgresPool
    let url: String
    let definitions: [ProjectionDefinition]

    var queries: PostgresQueries { PostgresQueries(pool: pool, definitions: definitions) }

    var administration: PostgresProjectionAdministration { administration() }

    func administration(
        _ definitions: [ProjectionDefinition]? = nil, memory: RebuildMemory = .standard
    ) -> PostgresProjectionAdministration {
        PostgresProjectionAdministration(
            pool: pool, definitions: definitions ?? self.definitions, memory: memory, logger: .silent)
    }

    func runner(
        _ definitions: [ProjectionDefinition]? = nil, pollInterval: Duration = .milliseconds(10),
        rebuildChanged: Bool = false, batchMax: Int64 = 1_000, backoffMin: Duration = .seconds(1),
        wakeUps: @escaping @Sendable () -> AsyncStream<Void> = { AsyncStream { _ in } }, logger: Logger = .silent
    ) -> ProjectionRunner {
        ProjectionRunner(
            pool: pool, definitions: definitions ?? self.definitions, wakeUps: wakeUps, logger: logger,
            pollInterval: pollInterval, rebuildChanged: rebuildChanged, batchMax: batchMax, backoffMin: backoffMin)
    }

    /// Runs `body` while `runners` follow the log, then stops them.
    func following<Value: Sendable>(
        _ runners: ProjectionRunner..., body: @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for runner in runners { group.addTask { try await runner.run() } }
            let value = try await body()
            group.cancelAll()
            return value
        }
    }

    /// Waits until every view of the project includes `position`.
    func caughtUp(to position: Int64) async throws {
        for view in QueryView.allCases {
            try await eventually("\(view) is served") {
                try await administration.list().contains { $0.view == view.rawValue && $0.state == .live }
            }
            try await queries.wait(for: view, until: Position(position), timeoutSeconds: 60)
        }
    }
}

func withWorld<Value>(
    poolSize: Int = 8, isolation: isolated (any Actor)? = #isolation,
    _ body: (ProjectionWorld) async throws -> Value
) async throws -> Value {
    let definitions = try ProjectionDefinition.load(folder: Repository.root + "/Projections")
    return try await withMigratedDatabase(poolSize: poolSize) { database in
        try await body(ProjectionWorld(pool: database.pool, url: database.url, definitions: definitions))
    }
}

func text(of path: String) throws -> String {
    guard let bytes = FileManager.default.contents(atPath: path) else { throw NeverHappened(what: "reading \(path)") }
    return String(decoding: bytes, as: UTF8.self)
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}

extension ProjectionDefinition {
    /// Another definition of the same view.
    func changed(tables: String? = nil, fold: String? = nil, digest: Character = "0") -> ProjectionDefinition {
        ProjectionDefinition(
            name: name, purpose: purpose, eventTypes: eventTypes, tables: tables ?? self.tables,
            fold: fold ?? self.fold, indexes: indexes, order: order, history: history,
            digest: String(repeating: digest, count: 64))
    }
}

extension [ProjectionDefinition] {
    func replacing(_ definition: ProjectionDefinition) -> [ProjectionDefinition] {
        map { $0.name == definition.name ? definition : $0 }
    }

    func named(_ name: String) throws -> ProjectionDefinition {
        guard let definition = first(where: { $0.name == name }) else { throw NeverHappened(what: "\(name) is there") }
        return definition
    }
}
