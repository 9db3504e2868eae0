package import Application
package import EventSourcing
package import Postgres
package import ProcessManagers

/// The durable to-do list in Postgres, beside the log, so that a result and the end of its row are one transaction.
package struct PostgresEffectStore: EffectStore {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func checkpoint(of process: String) async throws(EventStoreError) -> Position {
        try await translating { () throws(PostgresError) in
            Position(try await pool.query(Statement.checkpoint, [.text(process)]).first?.int64("position") ?? 0)
        }
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

    package func advance(
        _ process: String, from: Position, to: Position, adding effects: [NewEffect]
    ) async throws(EventStoreError) -> Bool {
        do {
            return try await pool.withTransaction { connection in
                try await connection.query(Statement.beginCheckpoint, [.text(process)])
                let moved = try await connection.query(
                    Statement.advanceCheckpoint, [.text(process), .int8(from.rawValue), .int8(to.rawValue)])
                guard moved.affected == 1 else { return false }
                if !effects.isEmpty { try await connection.query(Statement.addEffects, try Self.parameters(effects)) }
                return true
            }
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
        let until = now + .seconds(leaseSeconds)
        return try await translating { () throws(PostgresError) in
            try await pool.query(
                Statement.claimEffects,
                [
                    .text(worker), .timestamptz(now.microseconds), .timestamptz(until.microseconds),
                    .int8(Int64(limit)), .textArray(systems.map(\.rawValue)),
                ]
            ).map { row throws(PostgresError) in try ClaimedEffect(row) }
        }
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
                .timestamptz(postponement.due.microseconds), .int8(Int64(postponement.failures)),
                .jsonb(continuation), .text(postponement.reason),
            ])
    }

    package func end(
        _ lease: EffectLease, at now: Timestamp, because reason: String
    ) async throws(EventStoreError) {
        try await holding(lease, Statement.endEffect, [.timestamptz(now.microseconds), .text(reason)])
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
    private func holding(
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

    private func translating<Value>(
        _ work: () async throws(PostgresError) -> Value
    ) async throws(EventStoreError) -> Value {
        do throws(PostgresError) { return try await work() } catch { throw EventStoreError(error) }
    }
}

extension ClaimedEffect {
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
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
            continuation: try json("continuation"),
            createdAt: Timestamp(microseconds: try row.timestamptz("created_at")))
    }
}
