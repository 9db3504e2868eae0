import Cryptography

/// Names exactly these files and texts.
package enum FileDigest {
    /// SHA-256 in lower-case hexadecimal over paths and texts in the order of the paths, each after its length.
    package static func of(_ files: [String: String]) -> String {
        let parts = files.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value] }
        return SHA256.hash(utf8: parts.map { "\($0.utf8.count):\($0)" }.joined()).hex
    }
}
