import COpenSSL

/// Bytes that nobody can guess: keys, nonces, tokens.
package enum SecureRandom {
    package static func bytes(_ count: Int) -> [UInt8] {
        precondition(count >= 0 && count <= Int(Int32.max), "a count of random bytes")
        var bytes = [UInt8](repeating: 0, count: count)
        // Going on with predictable bytes would be worse than stopping.
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "the system has no randomness")
        return bytes
    }
}

/// Compares secrets without telling by its duration where they differ; only the lengths are not hidden.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
