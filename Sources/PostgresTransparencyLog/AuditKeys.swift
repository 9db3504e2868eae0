package import TransparencyLog

/// The keys that sign checkpoints now, and all whose signatures count: during a rotation old and new sign side by side.
package struct AuditKeys: Sendable {
    /// The first is the main one, whose name is the log's; all are used.
    package let signers: [NoteSigningKey]
    /// Those of the signers, and older ones.
    package let verifiers: [NoteVerifierKey]

    /// Names the log, as the signing keys do.
    package var origin: String? { verifiers.first?.name }

    /// - Parameters:
    ///   - signers: texts of signing keys, secret; none where this process only verifies.
    ///   - verifiers: texts of public keys that signed before.
    package init(signers: [String], verifiers: [String] = []) throws(NoteKeyError) {
        var signing: [NoteSigningKey] = []
        for text in signers { signing.append(try NoteSigningKey(text)) }
        var known = signing.map(\.verifierKey)
        for text in verifiers {
            let key = try NoteVerifierKey(text)
            if !known.contains(key) { known.append(key) }
        }
        self.signers = signing
        self.verifiers = known
    }
}
