import Application
import EventSourcing
import Postgres

/// An append as `append.sql` reads it: streams and events as arrays side by side.
struct AppendRequest: Encodable, Sendable {
    private(set) var categories: [String] = []
    private(set) var ids: [String] = []
    private(set) var expectations: [Int64] = []
    /// The stream of each event, counted from 1.
    private(set) var eventStreams: [Int] = []
    private(set) var eventIDs: [String] = []
    private(set) var eventTypes: [String] = []
    private(set) var schemaVersions: [Int] = []
    /// JSON as text, which the database parses once, in its place.
    private(set) var payloads: [String] = []
    private(set) var metadata: String
    private let actor: String?
    private let key: String?
    private let digest: String?
    private let effect: String?
    private let token: Int64?

    init(_ append: Append) throws(PostgresError) {
        metadata = try Self.json(append.metadata)
        (actor, key, digest) = (append.command?.actor, append.command?.key, append.command?.digest)
        (effect, token) = (append.completing?.effectID, append.completing?.token)
        for (index, part) in append.streams.enumerated() {
            categories.append(part.stream.category)
            ids.append(part.stream.id)
            expectations.append(part.expected.parameter)
            for event in part.events {
                eventStreams.append(index + 1)
                eventIDs.append(event.id.rawValue)
                eventTypes.append(event.form.type.rawValue)
                schemaVersions.append(event.form.schemaVersion)
                payloads.append(try Self.text { try event.form.storedText() })
            }
        }
    }

    static func json(_ value: some Encodable) throws(PostgresError) -> String {
        try text { try JSONText.encode(value) }
    }

    private static func text(_ encode: () throws -> String) throws(PostgresError) -> String {
        do {
            return try encode()
        } catch {
            throw .decoding(column: "request", reason: "it cannot be written as JSON")
        }
    }
}

extension ExpectedVersion {
    /// As `append_events` reads it.
    fileprivate var parameter: Int64 {
        switch self {
        case .noStream: 0
        case .exists: -2
        case .exactly(let version): Int64(version)
        case .any: -1
        }
    }
}
