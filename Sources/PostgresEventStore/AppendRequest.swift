import Application
import Cryptography
import EventSourcing
import Postgres
import TransparencyLog

/// One append as its group's call needs it, encoded and hashed in its caller's task, so that whoever leads the group only joins
/// bytes. A class, because a group passes it on a dozen times.
final class AppendRequest: Sendable {
    /// What names a shape of payloads.
    struct StoredShape: Hashable, Sendable {
        let type: EventType
        let schemaVersion: Int
    }

    /// All events of the request in order, side by side.
    struct Events: Sendable {
        fileprivate(set) var ids = PostgresArray(.uuid)
        fileprivate(set) var types = PostgresArray(.text)
        fileprivate(set) var schemaVersions = PostgresArray(.int8)
        fileprivate(set) var payloads = PostgresArray(.text)
        fileprivate(set) var payloadDigests = PostgresArray(.text)

        var arrays: [PostgresArray] { [ids, types, schemaVersions, payloads, payloadDigests] }

        mutating func append(_ other: Events) {
            ids.append(contentsOf: other.ids)
            types.append(contentsOf: other.types)
            schemaVersions.append(contentsOf: other.schemaVersions)
            payloads.append(contentsOf: other.payloads)
            payloadDigests.append(contentsOf: other.payloadDigests)
        }
    }

    /// An event that needs no arrays.
    struct OnlyEvent: Sendable {
        /// Counts the request's streams from 0.
        let part: Int
        let id: String
        let type: String
        let schemaVersion: Int64
        let payload: String
        let payloadDigest: String
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
    let events: Events
    /// Set if the request has one event only.
    let onlyEvent: OnlyEvent?
    let shapes: [StoredShape]
    /// About what the request puts on the wire.
    let byteCount: Int

    init(_ append: Append) throws(PostgresError) {
        command = append.command
        completing = append.completing
        holding = append.holding
        metadata = append.metadata.canonicalText
        metadataDigest = SHA256.hash(utf8: metadata).hex
        streams = append.streams.map(\.stream)
        expectations = append.streams.map(\.expected.parameter)
        counts = append.streams.map(\.events.count)
        var (events, only, shapes) = (Events(), OnlyEvent?.none, [StoredShape]())
        var byteCount = metadata.utf8.count + 200
        for (index, part) in append.streams.enumerated() {
            for event in part.events {
                let encoded = try OnlyEvent(event, part: index)
                try events.append(encoded)
                only = shapes.isEmpty ? encoded : nil
                shapes.append(StoredShape(type: event.form.type, schemaVersion: event.form.schemaVersion))
                byteCount += encoded.payload.utf8.count + 150
            }
        }
        (self.events, onlyEvent, self.shapes, self.byteCount) = (events, only, shapes, byteCount)
    }
}

extension AppendRequest.Events {
    fileprivate mutating func append(_ event: AppendRequest.OnlyEvent) throws(PostgresError) {
        guard ids.append(uuid: event.id) else {
            throw .decoding(column: "request", reason: "an event's id is not a UUID")
        }
        types.append(event.type)
        schemaVersions.append(event.schemaVersion)
        payloads.append(event.payload)
        payloadDigests.append(event.payloadDigest)
    }
}

extension AppendRequest.OnlyEvent {
    fileprivate init(_ event: NewEvent, part: Int) throws(PostgresError) {
        self.part = part
        id = event.id.rawValue
        type = event.form.type.rawValue
        schemaVersion = Int64(event.form.schemaVersion)
        do {
            payload = try event.form.storedText()
            payloadDigest = try CanonicalJSON.digest(ofJSON: payload).hex
        } catch {
            throw .decoding(column: "request", reason: "a payload cannot be written as JSON")
        }
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
