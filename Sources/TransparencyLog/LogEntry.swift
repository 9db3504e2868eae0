import Cryptography
package import EventSourcing

/// An event as the transparency log holds it: its envelope, with digests in place of payload and metadata, so that
/// a proof shows no content and still binds every byte of it.
package struct LogEntry: Equatable, Sendable {
    package let position: Position
    package let stream: String
    package let streamVersion: Int
    /// A UUID in lower case.
    package let id: String
    package let type: String
    package let schemaVersion: Int
    package let recordedAt: Timestamp
    /// SHA-256 of the canonical JSON, as stored: personal values are sealed in it.
    package let payloadDigest: [UInt8]
    package let metadataDigest: [UInt8]

    package init(
        position: Position, stream: String, streamVersion: Int, id: String, type: String, schemaVersion: Int,
        recordedAt: Timestamp, payloadDigest: [UInt8], metadataDigest: [UInt8]
    ) {
        self.position = position
        self.stream = stream
        self.streamVersion = streamVersion
        self.id = id
        self.type = type
        self.schemaVersion = schemaVersion
        self.recordedAt = recordedAt
        self.payloadDigest = payloadDigest
        self.metadataDigest = metadataDigest
    }

    /// Takes payload and metadata as they are stored: JSON texts in any form.
    package init(
        position: Position, stream: String, streamVersion: Int, id: String, type: String, schemaVersion: Int,
        recordedAt: Timestamp, payload: String, metadata: String
    ) throws(CanonicalJSONError) {
        self.init(
            position: position, stream: stream, streamVersion: streamVersion, id: id, type: type,
            schemaVersion: schemaVersion, recordedAt: recordedAt,
            payloadDigest: try CanonicalJSON.digest(ofJSON: payload),
            metadataDigest: try CanonicalJSON.digest(ofJSON: metadata))
    }

    /// Where the entry's leaf stands in the tree, from 0.
    package var leafIndex: UInt64 { UInt64(position.rawValue - 1) }

    package var leafHash: MerkleHash { .leaf(canonical) }

    /// The RFC 8785 form of the envelope: these members in this order, nothing between them.
    package var canonical: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(360 + stream.utf8.count + type.utf8.count)
        bytes += #"{"id":"#.utf8
        bytes.appendJSON(id)
        bytes += #","metadata":""#.utf8
        bytes.appendHex(metadataDigest)
        bytes += #"","payload":""#.utf8
        bytes.appendHex(payloadDigest)
        bytes += #"","position":"#.utf8
        bytes.appendDecimal(position.rawValue)
        bytes += #","recordedAt":""#.utf8
        bytes += recordedAt.description.utf8
        bytes += #"","schemaVersion":"#.utf8
        bytes.appendDecimal(Int64(schemaVersion))
        bytes += #","stream":"#.utf8
        bytes.appendJSON(stream)
        bytes += #","streamVersion":"#.utf8
        bytes.appendDecimal(Int64(streamVersion))
        bytes += #","type":"#.utf8
        bytes.appendJSON(type)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}
