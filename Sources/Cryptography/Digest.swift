import COpenSSL

/// Names content by its SHA-256: Merkle leaves, render digests, request signing.
package enum SHA256 {
    package static func hash(_ bytes: [UInt8]) -> [UInt8] { Digest.sha256.hash(bytes) }

    /// The digest of the UTF-8 form.
    package static func hash(utf8 text: String) -> [UInt8] { hash(Array(text.utf8)) }

    /// Of bytes that lie in somebody else's memory.
    package static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            hash(bytes, into: UnsafeMutableRawBufferPointer(digest))
            count = 32
        }
    }

    /// Writes the 32 bytes where they are wanted: a Merkle tree hashes millions of nodes, without an array for each.
    package static func hash(_ bytes: UnsafeBufferPointer<UInt8>, into digest: UnsafeMutableRawBufferPointer) {
        precondition(digest.count >= 32, "a SHA-256 digest has 32 bytes")
        // A context kept for each thread was tried: 230 ns for 65 bytes instead of 204, so it is not worth its code.
        let result = EVP_Digest(bytes.baseAddress, bytes.count, digest.baseAddress, nil, Digest.sha256.algorithm, nil)
        precondition(result == 1, "OpenSSL lacks a digest that every build has")
    }
}

/// The checksum that S3 asks for in `Content-MD5`; good for nothing else.
package enum MD5 {
    package static func hash(_ bytes: [UInt8]) -> [UInt8] { Digest.md5.hash(bytes) }
}

/// Proves that who wrote a message knew the key: webhook signatures and AWS request signing.
package enum HMACSHA256 {
    package static func authenticate(_ message: [UInt8], key: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        let result = HMAC(Digest.sha256.algorithm, key, Int32(key.count), message, message.count, &code, nil)
        precondition(result != nil, "OpenSSL has no HMAC-SHA256")
        return code
    }
}

/// A digest algorithm, fetched once: an implicit fetch takes a lock and a lookup on every call in OpenSSL 3.
private struct Digest: Sendable {
    /// Safe to share: a fetched algorithm is immutable, and it lives as long as the process.
    nonisolated(unsafe) let algorithm: OpaquePointer?
    let byteCount: Int

    static let sha256 = Digest(algorithm: EVP_MD_fetch(nil, "SHA256", nil), byteCount: 32)
    static let md5 = Digest(algorithm: EVP_MD_fetch(nil, "MD5", nil), byteCount: 16)

    func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        let result = EVP_Digest(bytes, bytes.count, &digest, nil, algorithm, nil)
        precondition(result == 1, "OpenSSL lacks a digest that every build has")
        return digest
    }
}
