import Cryptography

/// What a log commits to: how many events it has, and the root over all of them (https://c2sp.org/tlog-checkpoint).
package struct Checkpoint: Equatable, Sendable {
    /// Names the log, as a URL without scheme; its keys have the same name.
    package let origin: String
    /// The number of leaves: the position of the last event.
    package let size: UInt64
    package let root: MerkleHash
    /// Lines after the root, signed with it; ours are three: the checkpoint before this one, when it was signed, and by which keys.
    package let extensions: [String]

    package init(origin: String, size: UInt64, root: MerkleHash, extensions: [String] = []) {
        precondition(
            ([origin] + extensions).allSatisfy { !$0.isEmpty && !$0.utf8.contains(0x0A) }, "lines that are not empty")
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// Reads a note's text; nothing but what `text` would write.
    package init(text: String) throws(CheckpointError) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.popLast() == "", lines.count >= 3, !lines.contains("") else { throw .malformed }
        guard let size = UInt64(lines[1]), String(size) == lines[1] else { throw .malformed }
        guard let bytes = [UInt8](base64: lines[2]), let root = MerkleHash(bytes) else { throw .malformed }
        guard size > 0 || root == .empty else { throw .malformed }
        self.init(origin: lines[0], size: size, root: root, extensions: Array(lines[3...]))
    }

    /// What is signed.
    package var text: String {
        ([origin, String(size), root.bytes.base64] + extensions).reduce(into: "") { $0 += $1 + "\n" }
    }

    package func signed(by keys: [NoteSigningKey]) throws(SignedNoteError) -> SignedNote {
        try SignedNote(text: text, signedBy: keys)
    }

    /// Reads a note that at least one of `keys` signed, for the log that the keys are of.
    package init(note: [UInt8], verifiedBy keys: [NoteVerifierKey]) throws(CheckpointError) {
        let signed: (text: String, signers: [NoteVerifierKey])
        do throws(SignedNoteError) {
            let note = try SignedNote(note)
            signed = (note.text, try note.verified(by: keys))
        } catch { throw .note(error) }
        try self.init(text: signed.text)
        // A key signs for one log only, so that another log's checkpoint cannot be shown for it.
        guard signed.signers.contains(where: { $0.isNamed(origin) }) else { throw .otherLog(origin: origin) }
    }

    package init(note: String, verifiedBy keys: [NoteVerifierKey]) throws(CheckpointError) {
        try self.init(note: Array(note.utf8), verifiedBy: keys)
    }
}

/// Why a text is no checkpoint to rely on.
package enum CheckpointError: Error, Equatable, Sendable {
    case malformed
    case note(SignedNoteError)
    /// It is signed, by a key of another log.
    case otherLog(origin: String)
}
