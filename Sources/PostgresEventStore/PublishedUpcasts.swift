package import Application
package import EventSourcing
package import Postgres

/// Hands the database the edits by which old events become current ones, so that views see what the reader in Swift sees.
package struct PublishedUpcasts: Sendable {
    private let pool: PostgresPool

    package init(pool: PostgresPool) { self.pool = pool }

    /// Adds what is missing; run it before views are folded. An upcast is for ever, like the events that it reads: one that differs
    /// from what is published is refused, and nothing is taken away, as another build may need it.
    package func publish(_ upcasts: [Upcast]) async throws(EventStoreError) {
        guard !upcasts.isEmpty else { return }
        do throws(PostgresError) {
            let differing = try await pool.query(
                Statement.publishUpcasts,
                [
                    .textArray(upcasts.map(\.type.rawValue)), .int8Array(upcasts.map { Int64($0.from) }),
                    .textArray(try upcasts.map(Self.edits)),
                ])
            if let row = differing.first {
                throw .decoding(
                    column: "edits",
                    reason:
                        "the upcast of \(try row.string("type")) from version \(try row.int("from_version")) was changed"
                )
            }
        } catch {
            throw EventStoreError(error)
        }
    }

    private static func edits(_ upcast: Upcast) throws(PostgresError) -> String {
        do {
            return try JSONText.encode(upcast.edits.map(\.json))
        } catch {
            throw .decoding(column: "edits", reason: "they cannot be written as JSON")
        }
    }
}
