package import Application
package import EventSourcing
import Postgres

extension PostgresEventStore: StreamDirectory {
    package func streams(
        category: String, idPrefix prefix: String
    ) async throws(EventStoreError) -> [StreamName] {
        do throws(PostgresError) {
            return try await pool.query(Statement.streamsOfPrefix, [.text(category), .text(prefix)])
                .map { row throws(PostgresError) in StreamName(category: category, id: try row.string("stream_id")) }
        } catch {
            throw EventStoreError(error)
        }
    }
}
