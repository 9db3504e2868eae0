import COpenSSL

/// Names content as Git does; where somebody could want a collision, use SHA-256.
package enum SHA1 {
    package static func hash(_ bytes: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 20)
        let result = EVP_Digest(bytes, bytes.count, &digest, nil, EVP_sha1(), nil)
        precondition(result == 1, "OpenSSL lacks a digest that every build has")
        return digest
    }
}
