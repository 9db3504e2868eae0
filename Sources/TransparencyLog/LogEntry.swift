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

    /// Takes payload and metadata as the database wrote them, and nothing else that is equal to them.
    package init(
        position: Position, stream: String, streamVersion: Int, id: String, type: String, schemaVersion: Int,
        recordedAt: Timestamp, storedPayload: String, storedMetadata: String
    ) throws(CanonicalJSONError) {
        self.init(
            position: position, stream: stream, streamVersion: streamVersion, id: id, type: type,
            schemaVersion: schemaVersion, recordedAt: recordedAt,
            payloadDigest: try CanonicalJSON.digest(ofStoredJSON: storedPayload),
            metadataDigest: try CanonicalJSON.digest(ofStoredJSON: storedMetadata))
    }

    /// Where the entry's leaf stands in the tree, from 0.
    package var leafIndex: UInt64 { UInt64(position.rawValue - 1) }

    package var leafHash: MerkleHash {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1 + maximumByteCount) { buffer in
            var cursor = JSONCursor(buffer)
            cursor.put(byte: 0)
            write(to: &cursor)
            return MerkleHash(digestOf: UnsafeBufferPointer(rebasing: buffer[..<cursor.count]))
        }
    }

    /// The RFC 8785 form of the envelope: these members in this order, nothing between them.
    package var canonical: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: maximumByteCount) { buffer, count in
            var cursor = JSONCursor(buffer)
            write(to: &cursor)
            count = cursor.count
        }
    }

    /// Enough for the names and punctuation (135), the numbers (20 each), the time (up to 40), and what is in the texts.
    private var maximumByteCount: Int {
        256 + 2 * (payloadDigest.count + metadataDigest.count)
            + 6 * (id.utf8.count + stream.utf8.count + type.utf8.count)
    }

    private func write(to cursor: inout JSONCursor) {
        cursor.put(#"{"id":"#)
        cursor.put(string: id)
        cursor.put(#","metadata":""#)
        cursor.put(hex: metadataDigest)
        cursor.put(#"","payload":""#)
        cursor.put(hex: payloadDigest)
        cursor.put(#"","position":"#)
        cursor.put(position.rawValue)
        cursor.put(#","recordedAt":"#)
        cursor.put(string: recordedAt.description)
        cursor.put(#","schemaVersion":"#)
        cursor.put(Int64(schemaVersion))
        cursor.put(#","stream":"#)
        cursor.put(string: stream)
        cursor.put(#","streamVersion":"#)
        cursor.put(Int64(streamVersion))
        cursor.put(#","type":"#)
        cursor.put(string: type)
        cursor.put("}")
    }
}
