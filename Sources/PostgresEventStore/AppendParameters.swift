import Application
import EventSourcing
import Postgres

extension Append {
    /// The parameters of `append.sql`: streams and events as arrays side by side.
    func parameters() throws(PostgresError) -> [PostgresValue] {
        var (streamNumbers, ids, types): ([Int64], [String], [String]) = ([], [], [])
        var (versions, payloads): ([Int64], [String]) = ([], [])
        for (index, part) in streams.enumerated() {
            for event in part.events {
                streamNumbers.append(Int64(index + 1))
                ids.append(event.id.rawValue)
                types.append(event.form.type.rawValue)
                versions.append(Int64(event.form.schemaVersion))
                payloads.append(try Self.json(event.form.payload, column: "payload"))
            }
        }
        return [
            .textArray(streams.map(\.stream.category)), .textArray(streams.map(\.stream.id)),
            .int8Array(streams.map(\.expected.parameter)), .int8Array(streamNumbers), .textArray(ids),
            .textArray(types), .int8Array(versions), .textArray(payloads),
            .jsonb(try Self.json(metadata, column: "metadata")),
            .text(command?.actor), .text(command?.key), .text(command?.digest),
            .text(completing?.effectID), .int8(completing?.token),
        ]
    }

    private static func json(_ value: some Encodable, column: String) throws(PostgresError) -> String {
        do {
            return try JSONText.encode(value)
        } catch {
            throw .decoding(column: column, reason: "it cannot be written as JSON")
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

/// What `append_events` answers.
struct AppendAnswer: Decodable {
    let kind: String
    let position: Int64?
    let versions: [String: Int]?
    let category: String?
    let id: String?
    let actual: Int?

    init(_ text: String) throws(EventStoreError) {
        do {
            self = try JSONText.decode(AppendAnswer.self, from: text)
        } catch {
            throw .unavailable(reason: "append_events answered what this build cannot read: is the schema newer?")
        }
    }

    func outcome(of append: Append) throws(EventStoreError) -> AppendOutcome {
        switch kind {
        case "appended":
            return AppendOutcome(position: Position(position ?? 0), versions: versions ?? [:], isRepetition: false)
        case "repeated": return repeated()
        case "conflict":
            throw .versionConflict(StreamName(category: category ?? "", id: id ?? ""), actual: actual ?? 0)
        case "key_reused": throw .idempotencyKeyReused(key: append.command?.key ?? "")
        case "lease_lost":
            throw .leaseLost(append.completing ?? EffectLease(effectID: "", token: 0))
        default: throw .unavailable(reason: "append_events answered \(kind): is the schema newer than this build?")
        }
    }

    func repeated() -> AppendOutcome {
        AppendOutcome(position: Position(position ?? 0), versions: versions ?? [:], isRepetition: true)
    }
}
