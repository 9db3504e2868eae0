import Cryptography

/// Names a file's content as Git does, so that content can be compared without fetching it.
package enum GitBlob {
    package static func sha(of text: String) -> String {
        let content = Array(text.utf8)
        return SHA1.hash(Array("blob \(content.count)\u{0}".utf8) + content).hex
    }
}
