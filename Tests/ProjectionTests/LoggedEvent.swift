import EventSourcing
import FoundationEssentials
import Postgres

/// An event as a test writes it straight into the log.
struct LoggedEvent: Sendable {
    let stream: StreamName
    let type: String
    /// A JSON object as text.
    let payload: String
    var actor = "ana"
    var roles = ["deployer"]
    var source = "api"

    init(_ stream: StreamName, type: String, payload: String) {
        self.stream = stream
        self.type = type
        self.payload = payload
    }

    init(_ stream: StreamName, _ event: some StorableEvent) throws {
        let form = event.stored
        self.init(stream, type: form.type.rawValue, payload: try json(form.payload))
    }

    var metadata: String {
        get throws {
            try json(EventMetadata(actor: actor, roles: roles, correlationID: "request-1", source: source))
        }
    }
}

func json(_ value: any Encodable) throws -> String {
    String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
}

extension ProjectionWorld {
    /// Appends in order, one event a second from 2026-01-05T09:00:00Z on, and answers with the last position.
    @discardableResult
    func append(_ events: [LoggedEvent]) async throws -> Int64 {
        try await pool.withTransaction { connection in
            for event in events {
                try await connection.query(
                    Self.insert,
                    [
                        .text(event.stream.category), .text(event.stream.id), .text(event.type), .jsonb(event.payload),
                        .jsonb(try event.metadata),
                    ])
            }
            return try await connection.query("SELECT position FROM log_head")[0].int64("position")
        }
    }

    /// The identifier follows from the position, so that expected rows can name it.
    private static let insert = """
        WITH head AS (UPDATE log_head SET position = position + 1 RETURNING position)
        INSERT INTO events (
            position, stream_category, stream_id, stream_version, event_id, type, schema_version, payload, metadata,
            recorded_at, leaf_hash)
        SELECT
            head.position, $1, $2,
            1 + (SELECT count(*) FROM events WHERE stream_category = $1 AND stream_id = $2),
            ('00000000-0000-0000-0000-' || lpad(head.position::text, 12, '0'))::uuid,
            $3, 1, $4, $5, timestamptz '2026-01-05 09:00:00Z' + head.position * interval '1 second',
            -- No view looks at it.
            sha256(''::bytea)
        FROM head
        """

    /// All rows of a published table as JSON texts, in a fixed order.
    func rows(_ table: String) async throws -> [String] {
        // Tests name the table themselves.
        try await pool.query("SELECT to_jsonb(t)::text AS row FROM views.\(table) AS t ORDER BY 1")
            .map { try $0.string("row") }
    }
}
