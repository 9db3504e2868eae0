import COpenSSL

/// Encrypts personal data so that destroying the key destroys the data, and a changed ciphertext is noticed.
///
/// A sealed box is nonce (12 bytes), ciphertext, tag (16 bytes). The nonce is random: seal fewer than 2^32 messages
/// with one key (NIST SP 800-38D, 8.3).
package struct AES256GCM: Sendable {
    package static let keyByteCount = 32
    package static let nonceByteCount = 12
    package static let tagByteCount = 16

    package static func seal(
        _ plaintext: [UInt8], key: [UInt8], associatedData: [UInt8] = []
    ) throws(CryptographyError) -> [UInt8] {
        try seal(plaintext, key: key, nonce: SecureRandom.bytes(nonceByteCount), associatedData: associatedData)
    }

    /// For published vectors: using a nonce twice with one key gives both plaintexts away.
    package static func seal(
        _ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], associatedData: [UInt8]
    ) throws(CryptographyError) -> [UInt8] {
        precondition(nonce.count == nonceByteCount, "a GCM nonce has 12 bytes")
        let context = try Context(key)
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
        var rest = [UInt8](repeating: 0, count: 16)
        var tag = [UInt8](repeating: 0, count: tagByteCount)
        var count: Int32 = 0
        guard EVP_EncryptInit_ex(context.pointer, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            EVP_EncryptUpdate(context.pointer, nil, &count, associatedData, Int32(associatedData.count)) == 1,
            EVP_EncryptUpdate(context.pointer, &ciphertext, &count, plaintext, Int32(plaintext.count)) == 1,
            EVP_EncryptFinal_ex(context.pointer, &rest, &count) == 1,
            EVP_CIPHER_CTX_ctrl(context.pointer, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
        else { throw .library(function: "EVP_Encrypt") }
        return nonce + ciphertext + tag
    }

    package static func open(
        _ sealed: [UInt8], key: [UInt8], associatedData: [UInt8] = []
    ) throws(CryptographyError) -> [UInt8] {
        let context = try Context(key)
        guard sealed.count >= nonceByteCount + tagByteCount else { throw .notAuthentic }
        let nonce = Array(sealed.prefix(nonceByteCount))
        let ciphertext = Array(sealed.dropFirst(nonceByteCount).dropLast(tagByteCount))
        var tag = Array(sealed.suffix(tagByteCount))
        var plaintext = [UInt8](repeating: 0, count: ciphertext.count)
        var rest = [UInt8](repeating: 0, count: 16)
        var count: Int32 = 0
        guard EVP_DecryptInit_ex(context.pointer, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            EVP_DecryptUpdate(context.pointer, nil, &count, associatedData, Int32(associatedData.count)) == 1,
            EVP_DecryptUpdate(context.pointer, &plaintext, &count, ciphertext, Int32(ciphertext.count)) == 1,
            EVP_CIPHER_CTX_ctrl(context.pointer, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
        else { throw .library(function: "EVP_Decrypt") }
        guard EVP_DecryptFinal_ex(context.pointer, &rest, &count) == 1 else { throw .notAuthentic }
        return plaintext
    }

    /// Owns one cipher context for the length of a call.
    private final class Context {
        let pointer: OpaquePointer

        init(_ key: [UInt8]) throws(CryptographyError) {
            guard key.count == AES256GCM.keyByteCount else {
                throw .badKeyLength(expected: AES256GCM.keyByteCount, actual: key.count)
            }
            guard let pointer = EVP_CIPHER_CTX_new() else { throw .library(function: "EVP_CIPHER_CTX_new") }
            self.pointer = pointer
        }

        deinit { EVP_CIPHER_CTX_free(pointer) }
    }
}
