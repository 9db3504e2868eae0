import Application
import EventSourcing
import Logging
import Postgres

/// Builds a generation beside the one that is served, and swaps them.
///
/// Nothing here is owned by one process: every step locks what it changes and notes what it did in its own transaction, so that
/// several replicas may build the same generation at once and a rebuild that was interrupted goes on where it stopped.
struct GenerationBuilder: Sendable {
    let pool: PostgresPool
    let logger: Logger
    var memory = RebuildMemory.standard

    private static let publishAttemptsMax = 20
    /// A lock was not to be had, or readers and the swap waited for each other.
    private static let triesAgain: Set<String> = ["55P03", "40P01"]
    /// Positions that may be left to fold while the live generation is locked for the swap: at first, and at most. It doubles with every
    /// try in which the log grew by more, so that a busy log is met sooner or later; the most is folded in about a second.
    private static let leewayMin: Int64 = 500
    private static let leewayMax: Int64 = 128_000

    /// What one transaction of a rebuild came to.
    enum Step: Sendable {
        /// So many events, about, are folded, and so many a second may be. Whether that was all that there was when it began.
        case folded(Int64, perSecondMax: Int64?, toHead: Bool = false)
        case caughtUp
        /// Portions of streams are left, which several connections may fold at once.
        case isDivided
        /// It waits for its swap.
        case isHeld
        /// Somebody else has served it since.
        case isServed
    }

    /// Builds `definition` from the first event on and serves it, unless it is to be held.
    func rebuild(_ definition: ProjectionDefinition, _ options: RebuildOptions) async throws {
        // What does not work without events is refused before anything is begun.
        do {
            try await DefinitionTrial(pool: pool).run(definition)
        } catch {
            try await recordRefusal(of: definition, error)
            throw error
        }
        try await pool.query(Statement.forgetRefusal, [.text(definition.name)])
        try await finish(try await prepare(definition, options).id, of: definition.name)
    }

    /// Serves the previous generation again. False if there is none.
    func back(_ view: String) async throws -> Bool {
        let generation = try await pool.withTransaction { connection -> Generation? in
            try await connection.lock(view: view)
            guard try await connection.generation(of: view, "retired") != nil else { return nil }
            try await drop(building: try await connection.generation(of: view, "building"), on: connection)
            guard let resumed = try await connection.query(Statement.resumeRetired, [.text(view)]).first else {
                return nil
            }
            let generation = try Generation(resumed)
            // What it cannot follow it stays behind as it was.
            try await connection.requireAvailable(after: generation.position)
            try await connection.query(Statement.beginRebuild, [.int8(generation.id), false, .null])
            return generation
        }
        guard let generation else { return false }
        try await finish(generation.id, of: view)
        return true
    }

    /// Serves what was held. False if nothing was.
    func swap(_ view: String) async throws -> Bool {
        let generation = try await pool.withTransaction { connection -> Generation? in
            try await connection.lock(view: view)
            guard let held = try await connection.generation(of: view, "building"), held.phase == "held" else {
                return nil
            }
            try await connection.query(Statement.beginRebuild, [.int8(held.id), false, .null])
            return held
        }
        guard let generation else { return false }
        try await finish(generation.id, of: view)
        return true
    }

    /// Takes a generation that is being built to its end.
    func finish(_ generation: Generation) async throws {
        try await finish(generation.id, of: generation.view)
    }

    /// How fast, and whether it is held, is read at each step: somebody may ask otherwise meanwhile.
    private func finish(_ id: Int64, of view: String) async throws {
        // Whoever else builds it need not come to an end first.
        try await foldAtOnce(id, of: view)
        var leeway = Self.leewayMin
        while true {
            let began = ContinuousClock.now
            switch try await step(id, of: view, leeway: leeway) {
            case .folded(let events, let perSecondMax, let toHead):
                if toHead { leeway = min(leeway * 2, Self.leewayMax) }
                guard let rate = perSecondMax else { continue }
                try await Task.sleep(until: began + .seconds(Double(events) / Double(rate)))
            case .isDivided: try await foldAtOnce(id, of: view)
            case .isServed: return await dropOld(of: view)
            case .isHeld: return
            case .caughtUp:
                if try await publish(id, of: view, leeway: leeway) { return await dropOld(of: view) }
                leeway = min(leeway * 2, Self.leewayMax)
            }
        }
    }

    private func recordRefusal(of definition: ProjectionDefinition, _ error: any Error) async throws {
        guard let failure = ProjectionFailure(of: error) else { return }
        try await pool.query(
            Statement.recordRefusal,
            [
                .text(definition.name), .text(definition.digest), .text(failure.reason), .text(failure.file),
                .int8(failure.line.map { Int64($0) }), .text(failure.statement),
            ])
    }

    // MARK: Beginning

    /// The generation to build: the one that was begun with the same definition, or a new one.
    private func prepare(_ definition: ProjectionDefinition, _ options: RebuildOptions) async throws -> Generation {
        try await pool.withTransaction { connection in
            try await connection.lock(view: definition.name)
            var generation = try await connection.generation(of: definition.name, "building")
            if let begun = generation, !begun.isMade(by: definition) {
                try await drop(building: begun, on: connection)
                generation = nil
            }
            if generation == nil { generation = try await begin(definition, on: connection) }
            guard let id = generation?.id else { throw ProjectionError.superseded(definition.name) }
            try await connection.query(
                Statement.beginRebuild, [.int8(id), .bool(options.hold), .int8(options.eventsPerSecondMax)])
            guard let begun = try await connection.generation(of: definition.name, "building") else {
                throw ProjectionError.superseded(definition.name)
            }
            return begun
        }
    }

    private func begin(
        _ definition: ProjectionDefinition, on connection: PostgresConnection
    ) async throws -> Generation {
        // An archive comes before this, and is seen, or after it, and sees the generation: neither passes the other.
        try await connection.holdOffArchiving()
        try await connection.prepareForMuch(memory: memory)
        let head = try await connection.query(Statement.logHead).first?.int64("position") ?? 0
        let workers = try await self.workers(on: connection)
        let plan = try await FoldPlan.make(
            FoldRecipe(definition), upTo: head, memory: memory.shared(by: workers), workers: workers, on: connection)
        let generation = try await connection.create(definition)
        try await connection.query(
            Statement.planRebuild, [.int8(generation.id), .int8(head), .int8(plan.chunk), .int8(plan.events)])
        if case .streams(let buckets) = plan.way {
            try await connection.query(
                Statement.addBuckets,
                [
                    .int8(generation.id), .textArray(buckets.map(\.category)), .textArray(buckets.map(\.fromID)),
                    .textArray(buckets.map(\.untilID)), .int8Array(buckets.map(\.events)),
                ])
        }
        return generation
    }

    private func drop(building generation: Generation?, on connection: PostgresConnection) async throws {
        guard let generation else { return }
        // Whoever builds it holds its row: wait for the end of these batches.
        try await connection.query(Statement.awaitBuilders, [.int8(generation.id)])
        _ = try await connection.lock(generation: generation.id)
        try await connection.set("deploycenter.drop", generation.schema)
        try await connection.execute(script: Statement.dropBuilding)
    }

    // MARK: Going on

    /// The next transaction of a rebuild, whatever was done before. A definition's fault is looked into and kept.
    func step(_ id: Int64, of view: String, leeway: Int64) async throws -> Step {
        do {
            return try await pool.withTransaction { connection in
                try await connection.query(Statement.awaitBuilders, [.int8(id)])
                guard let locked = try await connection.lock(generation: id) else {
                    throw ProjectionError.superseded(view)
                }
                let generation = locked.generation
                guard generation.state == "building" else { return .isServed }
                try await connection.prepareForMuch(memory: memory)
                try await connection.enter(schema: generation.schema, of: generation.recipe)
                switch generation.phase {
                case "folding": return try await foldNext(generation, on: connection)
                case "indexing": return try await index(generation, on: connection)
                default:
                    guard locked.head - generation.position > leeway else {
                        guard generation.isHeld else { return .caughtUp }
                        try await connection.query(Statement.holdGeneration, [.int8(id)])
                        return .isHeld
                    }
                    return try await foldOn(generation, to: locked.head, "catching_up", on: connection)
                }
            }
        } catch let failed as FailedBatch {
            throw try await explained(failed)
        }
    }

    /// A fold that failed, with what it was at.
    struct FailedBatch: Error {
        let generation: Generation
        let batch: FoldDiagnosis.Batch
        let fault: FoldFault
    }

    private func foldNext(_ generation: Generation, on connection: PostgresConnection) async throws -> Step {
        if let row = try await connection.query(Statement.nextBucket, [.int8(generation.id)]).first {
            // A pace can be kept by one only.
            guard generation.eventsPerSecondMax != nil else { return .isDivided }
            return .folded(
                try await fold(row, of: generation, on: connection), perSecondMax: generation.eventsPerSecondMax)
        }
        let buckets = try await connection.query(Statement.countBuckets, [.int8(generation.id)]).first?.int64("buckets")
        if let buckets, buckets > 0 {
            try await connection.showLog()
            try await connection.note(generation, "indexing", at: generation.target, done: 0)
            return .folded(0, perSecondMax: nil)
        }
        guard generation.position < generation.target else {
            try await connection.note(generation, "indexing", at: generation.position, done: 0)
            return .folded(0, perSecondMax: nil)
        }
        return try await foldOn(generation, to: generation.target, "folding", on: connection)
    }

    /// The next chunk by position.
    private func foldOn(
        _ generation: Generation, to end: Int64, _ phase: String, on connection: PostgresConnection
    ) async throws -> Step {
        let target = min(end, generation.position + generation.chunk)
        try await noting(generation, .positions(from: generation.position, to: target)) {
            try await connection.fold(generation.recipe, from: generation.position, to: target)
        }
        let moved = target - generation.position
        try await connection.note(generation, phase, at: target, done: phase == "folding" ? moved : 0)
        return .folded(
            moved, perSecondMax: generation.eventsPerSecondMax, toHead: phase == "catching_up" && target == end)
    }

    private func index(_ generation: Generation, on connection: PostgresConnection) async throws -> Step {
        do {
            try await connection.run(generation.recipe.indexStatements)
        } catch let fault as FoldFault {
            throw FailedBatch(generation: generation, batch: .positions(from: 0, to: 0), fault: fault)
        }
        try await connection.execute(script: Statement.analyzeGeneration)
        try await connection.note(generation, "catching_up", at: generation.position, done: 0)
        return .folded(0, perSecondMax: nil)
    }

    func noting(
        _ generation: Generation, _ batch: FoldDiagnosis.Batch, _ fold: () async throws -> Void
    ) async throws {
        do {
            try await fold()
        } catch let fault as FoldFault {
            throw FailedBatch(generation: generation, batch: batch, fault: fault)
        }
    }

    func explained(_ failed: FailedBatch) async throws -> any Error {
        let found =
            failed.batch.end == 0
            ? nil
            : try await FoldDiagnosis(pool: pool, memory: memory).failure(of: failed.generation, folding: failed.batch)
        let failure = found ?? failed.fault.failure()
        try await pool.query(Statement.recordFailure, failure.parameters(failed.generation.id))
        return ProjectionError.failing(failed.generation.view, failure)
    }

    // MARK: Ending

    /// Swaps the generation with the live one, unless the log has grown too far meanwhile or it is to be held now: then false.
    private func publish(_ id: Int64, of view: String, leeway: Int64) async throws -> Bool {
        for attempt in 1... {
            do {
                return try await pool.withTransaction { try await publish(id, of: view, leeway: leeway, on: $0) }
            } catch let error as PostgresError
                where Self.triesAgain.contains(error.sqlstate ?? "") && attempt < Self.publishAttemptsMax
            {
                logger.info(
                    "projection swap waits for a reader",
                    metadata: ["projection.view": "\(view)", "attempt": "\(attempt)"])
                try await Task.sleep(for: .milliseconds(200))
            } catch let failed as FailedBatch {
                throw try await explained(failed)
            }
        }
        return false
    }

    private func publish(
        _ id: Int64, of view: String, leeway: Int64, on connection: PostgresConnection
    ) async throws -> Bool {
        try await connection.lock(view: view)
        guard let locked = try await connection.lock(generation: id) else { throw ProjectionError.superseded(view) }
        let generation = locked.generation
        guard generation.state == "building" else { return true }
        guard !generation.isHeld else { return false }
        var target = locked.head
        if let live = try await connection.generation(of: view, "live"),
            let lockedLive = try await connection.lock(generation: live.id)
        {
            // Readers must never see an older position, and the live one may have moved while its lock was awaited.
            target = max(target, lockedLive.generation.position)
        }
        guard target - generation.position <= leeway else { return false }
        try await connection.enter(schema: generation.schema, of: generation.recipe)
        if target > generation.position {
            try await connection.prepareForMuch(memory: memory)
            try await noting(generation, .positions(from: generation.position, to: target)) {
                try await connection.fold(generation.recipe, from: generation.position, to: target)
            }
            try await connection.advance(generation, to: target)
        }
        try await connection.execute(script: Statement.publishGeneration)
        return true
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

extension PostgresConnection {
    nonisolated func note(
        _ generation: Generation, _ phase: String, at position: Int64, done: Int64
    ) async throws(PostgresError) {
        try await query(Statement.workDone, [.int8(generation.id), .text(phase), .int8(position), .int8(done)])
    }
}

extension ProjectionFailure {
    /// Nil if the error is nobody's mistake.
    init?(of error: any Error) {
        switch error {
        case let fault as FoldFault: self = fault.failure()
        case let fault as ProjectionFault: self.init(reason: fault.description)
        case let error as PostgresError where !error.isTransient: self.init(reason: "\(error)")
        default: return nil
        }
    }

    /// Of `record_failure.sql`.
    func parameters(_ generation: Int64) -> [PostgresValue] {
        [
            .int8(generation), .text(reason), .int8(position?.rawValue), .text(file), .int8(line.map { Int64($0) }),
            .text(statement),
        ]
    }
}
