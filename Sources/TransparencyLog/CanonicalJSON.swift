import Cryptography

/// Gives equal JSON values equal bytes, so that their digests can be compared: the JSON Canonicalization Scheme, RFC 8785.
///
/// What Postgres answers for a `jsonb` value may be given as it is. Numbers become IEEE doubles, as the scheme asks:
/// `1.0` and `1` are equal, and so are whole numbers beyond 2^53 that one double stands for.
package enum CanonicalJSON {
    /// Values nested deeper than this are refused: no event needs it, and a reader's stack must not depend on a text.
    package static let maximumDepth = 128

    package static func bytes(ofJSON text: [UInt8]) throws(CanonicalJSONError) -> [UInt8] {
        try text.withContiguousBytes { bytes throws(CanonicalJSONError) in try self.bytes(ofJSON: bytes) }
    }

    package static func bytes(ofJSON text: String) throws(CanonicalJSONError) -> [UInt8] {
        try text.withContiguousBytes { bytes throws(CanonicalJSONError) in try self.bytes(ofJSON: bytes) }
    }

    package static func bytes(ofJSON text: UnsafeBufferPointer<UInt8>) throws(CanonicalJSONError) -> [UInt8] {
        var writer = CanonicalJSONWriter(text)
        return Array(try writer.canonicalForm())
    }

    /// SHA-256 of the canonical form.
    package static func digest(ofJSON text: [UInt8]) throws(CanonicalJSONError) -> [UInt8] {
        try text.withContiguousBytes { bytes throws(CanonicalJSONError) in try digest(ofJSON: bytes) }
    }

    /// SHA-256 of the canonical form.
    package static func digest(ofJSON text: String) throws(CanonicalJSONError) -> [UInt8] {
        try text.withContiguousBytes { bytes throws(CanonicalJSONError) in try digest(ofJSON: bytes) }
    }

    /// SHA-256 of the canonical form, for text that lies in somebody else's memory, such as a row of libpq.
    package static func digest(ofJSON text: UnsafeBufferPointer<UInt8>) throws(CanonicalJSONError) -> [UInt8] {
        var writer = CanonicalJSONWriter(text)
        return SHA256.hash(try writer.canonicalForm())
    }

    /// SHA-256 of the canonical form of what `jsonb` holds, where each number is spelled as when it was appended: `1.0` in place of `1`
    /// is refused, though it has the same canonical form.
    package static func digest(ofStoredJSON text: UnsafeBufferPointer<UInt8>) throws(CanonicalJSONError) -> [UInt8] {
        var writer = CanonicalJSONWriter(text, isStored: true)
        return SHA256.hash(try writer.canonicalForm())
    }

    package static func digest(ofStoredJSON text: String) throws(CanonicalJSONError) -> [UInt8] {
        try text.withContiguousBytes { bytes throws(CanonicalJSONError) in try digest(ofStoredJSON: bytes) }
    }
}

/// Why a text has no canonical form; offsets are bytes into the text. It never quotes the text, which may be personal.
package enum CanonicalJSONError: Error, Equatable, Sendable {
    /// Not a JSON text of RFC 8259.
    case notJSON(offset: Int)
    /// Invalid UTF-8, or an escape that is half of a surrogate pair.
    case notUnicode(offset: Int)
    /// One object has a key twice; `offset` is where the object ends.
    case duplicateKey(offset: Int)
    /// Beyond what an IEEE double can say.
    case numberOutOfRange(offset: Int)
    case tooDeep(offset: Int)
    /// Stored in a way that we do not write this number.
    case numberRespelled(offset: Int)
}

extension [UInt8] {
    /// `withUnsafeBufferPointer` with the error's type kept.
    fileprivate func withContiguousBytes<Answer>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(CanonicalJSONError) -> Answer
    ) throws(CanonicalJSONError) -> Answer {
        let result = withUnsafeBufferPointer { bytes -> Result<Answer, CanonicalJSONError> in
            Result { () throws(CanonicalJSONError) in try body(bytes) }
        }
        return try result.get()
    }
}

extension String {
    fileprivate func withContiguousBytes<Answer>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(CanonicalJSONError) -> Answer
    ) throws(CanonicalJSONError) -> Answer {
        var text = self  // No copy where the text is native UTF-8, which is everywhere on Linux.
        let result = text.withUTF8 { bytes -> Result<Answer, CanonicalJSONError> in
            Result { () throws(CanonicalJSONError) in try body(bytes) }
        }
        return try result.get()
    }
}
