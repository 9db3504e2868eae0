/// Why a cryptographic operation has no result, by what the caller can do about it.
package enum CryptographyError: Error, Equatable, Sendable {
    /// Key material of the wrong length: a configuration mistake.
    case badKeyLength(expected: Int, actual: Int)
    /// The ciphertext, its key or its associated data are not what was sealed: do not use anything of it.
    case notAuthentic
    /// OpenSSL refused; the text names the function and never the data.
    case library(function: String)
}
