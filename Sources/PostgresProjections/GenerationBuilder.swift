import Application
import Logging
import Postgres

/// Builds a generation beside the one that is served, and swaps them.
///
/// Nothing here is owned by one process: every step locks what it changes, so that several replicas may build the same
/// generation at once and a rebuild that was interrupted goes on where it stopped.
struct GenerationBuilder: Sendable {
    let pool: PostgresPool
    let logger: Logger
    /// Positions folded in one transaction. Folds are set-based: larger batches are faster until they no longer fit memory.
    var batchMax: Int64 = 50_000

    private static let publishAttemptsMax = 20
    private static let lockNotAvailable = "55P03"

    /// Builds `definition` from the first event on and serves it.
    func rebuild(_ definition: ProjectionDefinition) async throws {
        let generation = try await prepare(definition)
        try await finish(generation)
    }

    /// Serves the previous generation again. False if there is none.
    func restore(_ view: String) async throws -> Bool {
        let generation = try await pool.withTransaction { connection -> Generation? in
            try await connection.lock(view: view)
            try await drop(building: try await connection.generation(of: view, "building"), on: connection)
            guard let row = try await connection.query(Statement.resumeRetired, [.text(view)]).first else { return nil }
            return try Generation(row)
        }
        guard let generation else { return false }
        try await finish(generation)
        return true
    }

    private func finish(_ generation: Generation) async throws {
        do {
            var isServed = false
            while !isServed {
                try await catchUp(generation)
                isServed = try await publish(generation)
            }
        } catch {
            try await record(error, of: generation)
            throw error
        }
        await dropOld(of: generation.view)
    }

    /// The generation to build: the one that was begun with the same definition, or a new one.
    private func prepare(_ definition: ProjectionDefinition) async throws -> Generation {
        try await pool.withTransaction { connection in
            try await connection.lock(view: definition.name)
            let begun = try await connection.generation(of: definition.name, "building")
            if let begun, begun.digest == definition.digest { return begun }
            try await drop(building: begun, on: connection)
            return try await connection.create(definition)
        }
    }

    private func drop(building generation: Generation?, on connection: PostgresConnection) async throws {
        guard let generation else { return }
        // Whoever builds it holds its row: wait for the end of that batch.
        _ = try await connection.lock(generation: generation.id)
        try await connection.set("deploycenter.drop", generation.schema)
        try await connection.execute(script: Statement.dropBuilding)
    }

    /// Folds batch after batch until the generation has reached the head of the log, or is served already.
    private func catchUp(_ generation: Generation) async throws {
        var isBehind = true
        while isBehind {
            isBehind = try await pool.withTransaction { connection in
                guard let locked = try await connection.lock(generation: generation.id) else {
                    throw ProjectionError.superseded(generation.view)
                }
                guard locked.generation.state == "building", locked.generation.position < locked.head else {
                    return false
                }
                let target = min(locked.head, locked.generation.position + batchMax)
                try await connection.set("statement_timeout", "0")
                try await connection.enter(schema: generation.schema, eventTypes: generation.eventTypes)
                try await connection.fold(generation.fold, from: locked.generation.position, to: target)
                try await connection.advance(generation, to: target)
                return target < locked.head
            }
        }
    }

    /// Swaps the generation with the live one, unless the log has grown too far meanwhile: then false.
    private func publish(_ generation: Generation) async throws -> Bool {
        for attempt in 1... {
            do {
                return try await pool.withTransaction { try await publish(generation, on: $0) }
            } catch let error as PostgresError
                where error.sqlstate == Self.lockNotAvailable && attempt < Self.publishAttemptsMax
            {
                logger.info(
                    "projection swap waits for a reader",
                    metadata: ["projection.view": "\(generation.view)", "attempt": "\(attempt)"])
                try await Task.sleep(for: .milliseconds(200))
            }
        }
        return false
    }

    private func publish(_ generation: Generation, on connection: PostgresConnection) async throws -> Bool {
        try await connection.lock(view: generation.view)
        guard let locked = try await connection.lock(generation: generation.id) else {
            throw ProjectionError.superseded(generation.view)
        }
        guard locked.generation.state == "building" else { return true }
        var target = locked.head
        if let live = try await connection.generation(of: generation.view, "live"),
            let lockedLive = try await connection.lock(generation: live.id)
        {
            // Readers must never see an older position, and the live one may have moved while its lock was awaited.
            target = max(target, lockedLive.generation.position)
        }
        guard target - locked.generation.position <= batchMax else { return false }
        try await connection.set("statement_timeout", "0")
        try await connection.enter(schema: generation.schema, eventTypes: generation.eventTypes)
        try await connection.fold(generation.fold, from: locked.generation.position, to: target)
        try await connection.advance(generation, to: target)
        try await connection.execute(script: Statement.analyzeGeneration)
        try await connection.execute(script: Statement.publishGeneration)
        return true
    }

    /// A definition's mistake stays visible at the generation; a lost connection or a cancellation is nobody's mistake.
    private func record(_ error: any Error, of generation: Generation) async throws {
        guard let reason = foldFailure(error) else { return }
        try await pool.query(Statement.recordFailure, [.int8(generation.id), .text(reason)])
    }

    /// What is old may stay for a while if somebody reads it still: the next rebuild tries again.
    private func dropOld(of view: String) async {
        do {
            try await pool.withTransaction { connection in
                try await connection.lock(view: view)
                try await connection.set("deploycenter.drop", view)
                try await connection.execute(script: Statement.dropGenerations)
            }
        } catch {
            logger.warning(
                "old projection generation not dropped",
                metadata: ["projection.view": "\(view)", "error": "\(error)"])
        }
    }
}

/// What a failed fold says about its definition or its events; nil if the error is about something else.
func foldFailure(_ error: any Error) -> String? {
    switch error {
    case PostgresError.server, PostgresError.timedOut: "\(error)"
    case let fault as ProjectionFault: fault.description
    default: nil
    }
}
