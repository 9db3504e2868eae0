package import Application
package import EventSourcing
import Postgres

extension PostgresEffectStore: EffectAdministration {
    package func rows(
        _ selection: EffectSelection, at now: Timestamp
    ) async throws(EventStoreError) -> [EffectRow] {
        try await rows(nil, selection, at: now)
    }

    package func row(_ id: String, at now: Timestamp) async throws(EventStoreError) -> EffectRow? {
        try await rows(id, EffectSelection(includesEnded: true, limit: 1), at: now).first
    }

    private func rows(
        _ id: String?, _ selection: EffectSelection, at now: Timestamp
    ) async throws(EventStoreError) -> [EffectRow] {
        try await translating { () throws(PostgresError) in
            try await pool.query(
                Statement.effectRows,
                [
                    time(now), .text(id), .text(selection.stream?.category),
                    .text(selection.stream?.id), .text(selection.system), .text(selection.customer),
                    .text(selection.state?.rawValue), .bool(selection.includesEnded), .int8(Int64(selection.limit)),
                ]
            ).map { row throws(PostgresError) in try EffectRow(row) }
        }
    }

    package func seize(
        _ id: String, by owner: String, now: Timestamp, leaseSeconds: Int
    ) async throws(EventStoreError) -> ClaimedEffect? {
        try await translating { () throws(PostgresError) in
            try await pool.query(
                Statement.seizeEffect,
                [.text(id), .text(owner), time(now), .int8(Int64(leaseSeconds))]
            ).first.map { row throws(PostgresError) in try ClaimedEffect(row) }
        }
    }

    package func restart(_ lease: EffectLease, at now: Timestamp) async throws(EventStoreError) {
        try await holding(lease, Statement.restartEffect, [time(now)])
    }
}

extension EffectRow {
    fileprivate init(_ row: PostgresRow) throws(PostgresError) {
        func time(_ column: String) throws(PostgresError) -> Timestamp? {
            try row.optionalTimestamptz(.name(column)).map { Timestamp(microseconds: $0) }
        }
        let work: JSONValue
        do {
            work = try JSONText.decode(JSONValue.self, from: try row.string("payload"))
        } catch {
            throw .decoding(column: "payload", reason: "\(error)")
        }
        let state = try row.string("state")
        self.init(
            id: try row.string("effect_id"),
            stream: "\(StreamName(category: try row.string("stream_category"), id: try row.string("stream_id")))",
            work: work, state: State(rawValue: state) ?? .due, system: try row.string("system"),
            circuit: try row.string("circuit"), cluster: try row.optionalString("cluster"),
            customer: try row.optionalString("customer"),
            createdAt: Timestamp(microseconds: try row.timestamptz("created_at")),
            dueAt: Timestamp(microseconds: try row.timestamptz("due_at")), endedAt: try time("ended_at"),
            failures: try row.int("failures"), forgiven: try row.int("forgiven"),
            reason: try row.optionalString("reason"), worker: try row.optionalString("lease_owner"),
            leaseUntil: try time("lease_until"))
    }
}
