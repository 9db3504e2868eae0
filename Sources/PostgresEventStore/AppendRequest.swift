import Application
import Cryptography
import EventSourcing
import Postgres
import TransparencyLog

/// One append as its group's call needs it, encoded and hashed in its caller's task, so that whoever leads the group only joins
/// bytes.
struct AppendRequest: Sendable {
    /// What names a shape of payloads.
    struct StoredShape: Hashable, Sendable {
        let type: EventType
        let schemaVersion: Int
    }

    let command: CommandIdentity?
    let completing: EffectLease?
    let holding: EffectLease?
    let metadata: String
    let metadataDigest: String
    /// The streams side by side, with how many events each gets.
    let streams: [StreamName]
    let expectations: [Int64]
    let counts: [Int]
    /// All events in order, side by side.
    private(set) var eventIDs = PostgresArray(.uuid)
    private(set) var eventTypes = PostgresArray(.text)
    private(set) var schemaVersions = PostgresArray(.int8)
    private(set) var payloads = PostgresArray(.text)
    private(set) var payloadDigests = PostgresArray(.text)
    private(set) var shapes: [StoredShape] = []
    /// About what the request puts on the wire.
    private(set) var byteCount: Int

    init(_ append: Append) throws(PostgresError) {
        command = append.command
        completing = append.completing
        holding = append.holding
        metadata = append.metadata.canonicalText
        metadataDigest = SHA256.hash(utf8: metadata).hex
        streams = append.streams.map(\.stream)
        expectations = append.streams.map(\.expected.parameter)
        counts = append.streams.map(\.events.count)
        byteCount = metadata.utf8.count + 200
        for part in append.streams {
            for event in part.events { try add(event) }
        }
    }

    private mutating func add(_ event: NewEvent) throws(PostgresError) {
        guard eventIDs.append(uuid: event.id.rawValue) else {
            throw .decoding(column: "request", reason: "an event's id is not a UUID")
        }
        let (payload, digest): (String, [UInt8])
        do {
            payload = try event.form.storedText()
            digest = try CanonicalJSON.digest(ofJSON: payload)
        } catch {
            throw .decoding(column: "request", reason: "a payload cannot be written as JSON")
        }
        eventTypes.append(event.form.type.rawValue)
        schemaVersions.append(Int64(event.form.schemaVersion))
        payloads.append(payload)
        payloadDigests.append(digest.hex)
        shapes.append(StoredShape(type: event.form.type, schemaVersion: event.form.schemaVersion))
        byteCount += payload.utf8.count + 150
    }
}

extension ExpectedVersion {
    /// As `append_group` reads it.
    fileprivate var parameter: Int64 {
        switch self {
        case .noStream: 0
        case .exists: -2
        case .exactly(let version): Int64(version)
        case .any: -1
        }
    }
}
