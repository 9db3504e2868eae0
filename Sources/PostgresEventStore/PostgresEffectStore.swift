package import Application
package import EventSourcing
package import Postgres
package import ProcessManagers

/// Whose time the to-do list goes by.
package enum EffectClock: Sendable {
    /// The database's, for workers of which each has a clock of its own.
    case database
    /// The one that all callers share.
    case callers
}

/// The durable to-do list in Postgres, beside the log, so that a result and the end of its row are one transaction.
package struct PostgresEffectStore: EffectStore {
    let pool: PostgresPool
    private let limits: [OutsideSystem: SystemLimits]
    private let clock: EffectClock

    package init(
        pool: PostgresPool, limits: [OutsideSystem: SystemLimits] = [:], clock: EffectClock = .database
    ) {
        self.pool = pool
        self.limits = limits
        self.clock = clock
    }

    package func checkpoint(of process: String) async throws(EventStoreError) -> Position {
        try await translating { () throws(PostgresError) in
            Position(try await pool.query(Statement.checkpoint, [.text(process)]).first?.int64("position") ?? 0)
        }
    }

    package func standing(of process: String) async throws(EventStoreError) -> ProcessStanding {
        let (checkpoint, failure, hasParked) = try await translating {
            () throws(PostgresError) -> (Position, SubscriptionFailure?, Bool) in
            // Streams can be parked before there is a checkpoint only by nobody.
            guard let row = try await pool.query(Statement.processStanding, [.text(process)]).first else {
                return (.start, nil, false)
            }
            let failure = try row.optionalString("failure").map { reason throws(PostgresError) in
                SubscriptionFailure(
                    position: try row.optionalInt64("failure_position").map { Position($0) }, reason: reason)
            }
            return (Position(try row.int64("position")), failure, try row.bool("has_parked"))
        }
        return ProcessStanding(
            checkpoint: checkpoint, failure: failure, parked: hasParked ? try await parked(by: process) : [])
    }

    package func failure(of process: String) async throws(EventStoreError) -> SubscriptionFailure? {
        try await translating { () throws(PostgresError) in
            guard let row = try await pool.query(Statement.processFailure, [.text(process)]).first else { return nil }
            return SubscriptionFailure(
                position: try row.optionalInt64("failure_position").map { Position($0) },
                reason: try row.string("failure"))
        }
    }

    package func stop(_ process: String, at position: Position, because reason: String) async throws(EventStoreError) {
        try await translating { () throws(PostgresError) in
            try await pool.query(Statement.beginCheckpoint, [.text(process)])
            try await pool.query(
                Statement.stopProcess, [.text(process), .int8(position.rawValue), .text(reason)])
        }
    }

    package func advance(_ process: String, _ advance: ProcessAdvance) async throws(EventStoreError) -> Bool {
        if advance.isPlain, try await advanceAtOnce(process, advance) { return true }
        return try await inTransaction { connection in
            try await connection.query(Statement.beginCheckpoint, [.text(process)])
            if !advance.skipping.isEmpty {
                // With the checkpoint's lock, so that nobody takes one of them back meanwhile.
                let parked = try await connection.query(
                    Statement.parkedAmong,
                    [
                        .text(process), .textArray(advance.skipping.map(\.category)),
                        .textArray(advance.skipping.map(\.id)),
                    ])
                guard try parked.first?.int("parked") == advance.skipping.count else { return false }
            }
            let moved = try await connection.query(
                Statement.advanceCheckpoint, [.text(process), .int8(advance.from.rawValue), .int8(advance.to.rawValue)])
            guard moved.affected == 1 else { return false }
            if !advance.hastening.isEmpty {
                try await connection.query(
                    Statement.hastenEffects,
                    [
                        .textArray(advance.hastening.map(\.category)), .textArray(advance.hastening.map(\.id)),
                    ])
            }
            if !advance.effects.isEmpty {
                try await connection.query(Statement.addEffects, try Self.parameters(advance.effects))
            }
            for parked in advance.parking {
                try await connection.query(
                    Statement.parkStream,
                    [
                        .text(process), .text(parked.stream.category), .text(parked.stream.id),
                        .int8(Int64(parked.version)), .int8(parked.position.rawValue), .text(parked.reason),
                    ])
            }
            return true
        }
    }

    /// False too where the process has no checkpoint yet.
    private func advanceAtOnce(_ process: String, _ advance: ProcessAdvance) async throws(EventStoreError) -> Bool {
        try await translating { () throws(PostgresError) in
            let place: [PostgresValue] = [
                .text(process), .int8(advance.from.rawValue), .int8(advance.to.rawValue),
            ]
            let effects = try Self.parameters(advance.effects)
            return try await pool.query(Statement.advanceAdding, place + effects).first?.int("moved") == 1
        }
    }

    package func parked(by process: String) async throws(EventStoreError) -> [ParkedStream] {
        try await translating { () throws(PostgresError) in
            try await pool.query(Statement.parkedStreams, [.text(process)]).map { row throws(PostgresError) in
                ParkedStream(
                    stream: StreamName(category: try row.string("stream_category"), id: try row.string("stream_id")),
                    version: try row.int("stream_version"), position: Position(try row.int64("position")),
                    reason: try row.string("reason"))
            }
        }
    }

    package func resume(
        _ parked: ParkedStream, of process: String, at checkpoint: Position, adding effects: [NewEffect]
    ) async throws(EventStoreError) -> Bool {
        try await inTransaction { connection in
            let resumed = try await connection.query(
                Statement.resumeStream,
                [
                    .text(process), .text(parked.stream.category), .text(parked.stream.id),
                    .int8(Int64(parked.version)), .int8(checkpoint.rawValue),
                ])
            guard resumed.affected == 1 else { return false }
            if !effects.isEmpty { try await connection.query(Statement.addEffects, try Self.parameters(effects)) }
            return true
        }
    }

    private func inTransaction(
        _ work: (PostgresConnection) async throws -> Bool
    ) async throws(EventStoreError) -> Bool {
        do {
            return try await pool.withTransaction { connection in try await work(connection) }
        } catch let error as PostgresError {
            throw EventStoreError(error)
        } catch is CancellationError {
            throw .cancelled
        } catch {
            throw .unavailable(reason: "\(error)")
        }
    }

    package func claim(
        by worker: String, of systems: Set<OutsideSystem>, limit: Int, now: Timestamp, leaseSeconds: Int
    ) async throws(EventStoreError) -> [ClaimedEffect] {
        try await translating { () throws(PostgresError) in
            try await pool.query(
                Statement.claimEffects,
                [
                    .text(worker), time(now), .int8(Int64(leaseSeconds)),
                    .int8(Int64(limit)), .textArray(systems.map(\.rawValue)),
                ] + limitParameters
            ).map { row throws(PostgresError) in try ClaimedEffect(row) }
        }
    }

    /// Now, as a parameter: none where the database's is meant.
    func time(_ now: Timestamp) -> PostgresValue {
        switch clock {
        case .database: .null
        case .callers: .timestamptz(now.microseconds)
        }
    }

    static func microseconds(_ duration: Duration) -> PostgresValue { .int8(Int64(duration / .microseconds(1))) }

    private var limitParameters: [PostgresValue] {
        let limits = limits.map { (system: $0.key.rawValue, limits: $0.value) }
        return [
            .textArray(limits.map(\.system)), .textArray(limits.map { "\($0.limits.perSecond)" }),
            .int8Array(limits.map { Int64($0.limits.burst) }), .int8Array(limits.map { Int64($0.limits.atOnce) }),
            .int8Array(limits.map { Int64($0.limits.atOnceInAll) }),
        ]
    }

    package func postpone(_ lease: EffectLease, _ postponement: Postponement) async throws(EventStoreError) {
        let continuation: String?
        do throws(PostgresError) {
            continuation = try postponement.continuation.map { value throws(PostgresError) in try Self.json(value) }
        } catch {
            throw EventStoreError(error)
        }
        try await holding(
            lease, Statement.postponeEffect,
            [
                time(postponement.at), Self.microseconds(postponement.due - postponement.at),
                .int8(Int64(postponement.failures)),
                .jsonb(continuation), .text(postponement.reason), .bool(postponement.isParked),
            ])
    }

    package func end(
        _ lease: EffectLease, at now: Timestamp, because reason: String
    ) async throws(EventStoreError) {
        try await holding(lease, Statement.endEffect, [time(now), .text(reason)])
    }

    package func nextDue() async throws(EventStoreError) -> Timestamp? {
        try await translating { () throws(PostgresError) in
            try await pool.query(Statement.nextDue).first?.optionalTimestamptz("due_at")
                .map { Timestamp(microseconds: $0) }
        }
    }

    package func openCount() async throws(EventStoreError) -> Int {
        try await translating { () throws(PostgresError) in
            try await pool.query(Statement.openEffects).first?.int("open") ?? 0
        }
    }

    /// Changes the row only while the lease is the latest one.
    func holding(
        _ lease: EffectLease, _ statement: String, _ parameters: [PostgresValue]
    ) async throws(EventStoreError) {
        let changed = try await translating { () throws(PostgresError) in
            try await pool.query(statement, [.text(lease.effectID), .int8(lease.token)] + parameters).affected
        }
        guard changed == 1 else { throw .leaseLost(lease) }
    }

    private static func parameters(_ effects: [NewEffect]) throws(PostgresError) -> [PostgresValue] {
        [
            .textArray(effects.map(\.id)), .textArray(effects.map(\.stream.category)),
            .textArray(effects.map(\.stream.id)),
            .textArray(try effects.map { effect throws(PostgresError) in try json(effect.payload) }),
            .int8Array(effects.map(\.due.microseconds)),
            // -1 stands for none: arrays have no NULL here.
            .int8Array(effects.map { Int64($0.delaySeconds ?? -1) }),
            .textArray(effects.map(\.target.system.rawValue)), .textArray(effects.map(\.target.circuit)),
            // And the empty text here.
            .textArray(effects.map { $0.target.cluster ?? "" }), .textArray(effects.map { $0.target.customer ?? "" }),
        ]
    }

    private static func json(_ value: JSONValue) throws(PostgresError) -> String {
        do {
            return try JSONText.encode(value)
        } catch {
            throw .decoding(column: "payload", reason: "it cannot be written as JSON")
        }
    }

    func translating<Value>(
        _ work: () async throws(PostgresError) -> Value
    ) async throws(EventStoreError) -> Value {
        do throws(PostgresError) { return try await work() } catch { throw EventStoreError(error) }
    }
}

extension ClaimedEffect {
    init(_ row: PostgresRow) throws(PostgresError) {
        func json(_ column: String) throws(PostgresError) -> JSONValue? {
            guard let text = try row.optionalString(.name(column)) else { return nil }
            do {
                return try JSONText.decode(JSONValue.self, from: text)
            } catch {
                throw .decoding(column: column, reason: "\(error)")
            }
        }
        self.init(
            lease: EffectLease(effectID: try row.string("effect_id"), token: try row.int64("lease_token")),
            stream: StreamName(category: try row.string("stream_category"), id: try row.string("stream_id")),
            payload: try json("payload") ?? .null, failures: try row.int("failures"),
            forgiven: try row.int("forgiven"), continuation: try json("continuation"),
            createdAt: Timestamp(microseconds: try row.timestamptz("created_at")),
            due: Timestamp(microseconds: try row.timestamptz("due_at")),
            claimedAt: Timestamp(microseconds: try row.timestamptz("claimed_at")), circuit: try row.string("circuit"),
            isSuspect: try row.bool("is_suspect"))
    }
}

extension ProcessAdvance {
    /// Nothing but a checkpoint and effects.
    fileprivate var isPlain: Bool { parking.isEmpty && skipping.isEmpty && hastening.isEmpty }
}
