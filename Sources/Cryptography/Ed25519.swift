import COpenSSL

/// Signs checkpoints of the audit log (RFC 8032, pure Ed25519).
package struct Ed25519PrivateKey: Sendable {
    /// The 32-byte seed.
    package let rawRepresentation: [UInt8]
    package let publicKey: Ed25519PublicKey

    package static func generate() throws(CryptographyError) -> Ed25519PrivateKey {
        try Ed25519PrivateKey(rawRepresentation: SecureRandom.bytes(32))
    }

    package init(rawRepresentation: [UInt8]) throws(CryptographyError) {
        guard rawRepresentation.count == 32 else {
            throw .badKeyLength(expected: 32, actual: rawRepresentation.count)
        }
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, rawRepresentation, 32) else {
            throw .library(function: "EVP_PKEY_new_raw_private_key")
        }
        defer { EVP_PKEY_free(key) }
        var raw = [UInt8](repeating: 0, count: 32)
        var count = raw.count
        guard EVP_PKEY_get_raw_public_key(key, &raw, &count) == 1, count == 32 else {
            throw .library(function: "EVP_PKEY_get_raw_public_key")
        }
        self.rawRepresentation = rawRepresentation
        publicKey = try Ed25519PublicKey(rawRepresentation: raw)
    }

    /// 64 bytes, the same for the same message.
    package func sign(_ message: [UInt8]) throws(CryptographyError) -> [UInt8] {
        guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, rawRepresentation, 32) else {
            throw .library(function: "EVP_PKEY_new_raw_private_key")
        }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { throw .library(function: "EVP_MD_CTX_new") }
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == 64
        else { throw .library(function: "EVP_DigestSign") }
        return signature
    }
}

/// Checks what an `Ed25519PrivateKey` signed.
package struct Ed25519PublicKey: Hashable, Sendable {
    package let rawRepresentation: [UInt8]

    package init(rawRepresentation: [UInt8]) throws(CryptographyError) {
        guard rawRepresentation.count == 32 else {
            throw .badKeyLength(expected: 32, actual: rawRepresentation.count)
        }
        self.rawRepresentation = rawRepresentation
    }

    package func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
        guard signature.count == 64,
            let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, rawRepresentation, 32)
        else { return false }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
