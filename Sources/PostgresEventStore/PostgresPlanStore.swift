package import Application
package import EventSourcing
package import Postgres

/// Plans in a table of their own, until their time is over.
package struct PostgresPlanStore: PlanStore {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    package func keep(_ plan: KeptPlan, now: Timestamp) async throws(EventStoreError) {
        try await translating { () throws(PostgresError) in
            _ = try await pool.query(
                Statement.keepPlan,
                [
                    .text(plan.digest), .text(plan.deployment), .jsonb(try Self.json(plan.parts)),
                    .text(plan.document), .timestamptz(plan.expiresAt.microseconds), .timestamptz(now.microseconds),
                ])
        }
    }

    package func plan(_ digest: String, now: Timestamp) async throws(EventStoreError) -> KeptPlan? {
        try await translating { () throws(PostgresError) in
            try await pool.query(Statement.keptPlan, [.text(digest), .timestamptz(now.microseconds)]).first.map {
                row throws(PostgresError) in
                KeptPlan(
                    digest: try row.string("digest"), deployment: try row.string("deployment"),
                    parts: try Self.parts(try row.string("parts")), document: try row.string("document"),
                    expiresAt: Timestamp(microseconds: try row.timestamptz("expires_at")))
            }
        }
    }

    private func translating<Value>(
        _ work: () async throws(PostgresError) -> Value
    ) async throws(EventStoreError) -> Value {
        do throws(PostgresError) { return try await work() } catch { throw EventStoreError(error) }
    }

    private static func json(_ parts: PlanParts) throws(PostgresError) -> String {
        do {
            return try JSONText.encode(parts)
        } catch {
            throw .decoding(column: "parts", reason: "they cannot be written as JSON")
        }
    }

    private static func parts(_ text: String) throws(PostgresError) -> PlanParts {
        do {
            return try JSONText.decode(PlanParts.self, from: text)
        } catch {
            throw .decoding(column: "parts", reason: "they are not texts by name")
        }
    }
}
