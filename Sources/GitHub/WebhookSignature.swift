import Cryptography

/// Tells GitHub's webhook deliveries from forgeries.
package enum WebhookSignature {
    /// Whether `header` (`X-Hub-Signature-256`) proves that the sender of exactly these bytes knows the secret. An empty
    /// secret proves nothing.
    package static func isValid(_ header: String, body: [UInt8], secret: String) -> Bool {
        let prefix = "sha256="
        guard !secret.isEmpty, header.hasPrefix(prefix),
            let claimed = [UInt8](hex: String(header.dropFirst(prefix.count)))
        else { return false }
        return constantTimeEqual(claimed, HMACSHA256.authenticate(body, key: Array(secret.utf8)))
    }
}
