import COpenSSL

/// Makes keys for RS256: the sandbox's identity provider and GitHub App sign with them.
package enum RSAKey {
    /// A new 2048-bit private key (OpenSSL's default length) as PKCS #1 PEM. Secret.
    package static func generatePEM() throws(CryptographyError) -> String {
        let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil)
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_generate(context, &key) == 1 else {
            throw .library(function: "EVP_PKEY_generate")
        }
        defer { EVP_PKEY_free(key) }
        let count = i2d_PrivateKey(key, nil)
        guard count > 0 else { throw .library(function: "i2d_PrivateKey") }
        var der = [UInt8](repeating: 0, count: Int(count))
        let written = der.withUnsafeMutableBufferPointer { buffer in
            var next = buffer.baseAddress
            return i2d_PrivateKey(key, &next)
        }
        guard written == count else { throw .library(function: "i2d_PrivateKey") }
        let text = Array(der.base64)
        let lines = stride(from: 0, to: text.count, by: 64).map { String(text[$0..<min($0 + 64, text.count)]) }
        return "-----BEGIN RSA PRIVATE KEY-----\n\(lines.joined(separator: "\n"))\n-----END RSA PRIVATE KEY-----\n"
    }
}
