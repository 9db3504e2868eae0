package import Cryptography

/// A text with the signatures of those who stand by it (https://c2sp.org/signed-note): the text, an empty line, then a line
/// `— <key name> <base64(key id ‖ signature)>` for each.
package struct SignedNote: Equatable, Sendable {
    /// A signature line; whether it is valid is another question.
    package struct Signature: Equatable, Sendable {
        package let name: String
        package let keyID: [UInt8]
        package let signature: [UInt8]
    }

    /// The specification asks for at least 16; more than this is somebody filling memory.
    private static let maximumSignatures = 64
    private static let dash = Array("\u{2014} ".utf8)

    /// Ends with a line break, which is part of what is signed.
    package let text: String
    package let signatures: [Signature]

    /// Signs with each of the keys, in their order: two of them while one takes the other's place.
    package init(text: String, signedBy keys: [NoteSigningKey]) throws(SignedNoteError) {
        let bytes = Array(text.utf8)
        guard bytes.last == 0x0A, Self.hasNoControls(bytes), !keys.isEmpty else { throw .malformed }
        var signatures: [Signature] = []
        for key in keys {
            do throws(CryptographyError) {
                let signature = try key.signature(of: bytes)
                signatures.append(
                    Signature(name: key.verifierKey.name, keyID: key.verifierKey.keyID, signature: signature))
            } catch { throw .notSigned(error) }
        }
        self.text = text
        self.signatures = signatures
    }

    /// Reads a note without believing it: see `verified(by:)`.
    package init(_ bytes: [UInt8]) throws(SignedNoteError) {
        guard Self.hasNoControls(bytes), bytes.last == 0x0A, let whole = String(validating: bytes, as: UTF8.self)
        else { throw .malformed }
        // The last empty line ends the text, which may have empty lines of its own.
        guard let blank = bytes.indices.dropFirst().last(where: { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }) else {
            throw .malformed
        }
        let lines = bytes[(blank + 1)...].dropLast().split(separator: 0x0A, omittingEmptySubsequences: false)
        guard blank + 1 < bytes.count, lines.count <= Self.maximumSignatures else { throw .malformed }
        text = String(whole.utf8.prefix(blank)) ?? ""
        var signatures: [Signature] = []
        for line in lines { signatures.append(try Self.signature(line)) }
        self.signatures = signatures
    }

    package init(_ text: String) throws(SignedNoteError) { try self.init(Array(text.utf8)) }

    private static func signature(_ line: ArraySlice<UInt8>) throws(SignedNoteError) -> Signature {
        guard line.starts(with: dash) else { throw .malformed }
        let parts = line.dropFirst(dash.count).split(separator: 0x20, omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = [UInt8](base64: String(decoding: parts[1], as: UTF8.self)), bytes.count > 4
        else { throw .malformed }
        let name = String(decoding: parts[0], as: UTF8.self)
        guard NoteVerifierKey.isName(name) else { throw .malformed }
        return Signature(name: name, keyID: Array(bytes.prefix(4)), signature: Array(bytes.dropFirst(4)))
    }

    /// The keys that signed. At least one of `keys` must have; one whose signature is there and wrong spoils the note,
    /// and signatures by others say nothing.
    @discardableResult
    package func verified(by keys: [NoteVerifierKey]) throws(SignedNoteError) -> [NoteVerifierKey] {
        let bytes = Array(text.utf8)
        var signers: [NoteVerifierKey] = []
        for line in signatures {
            for key in keys where key.isNamed(line.name) && key.keyID == line.keyID {
                guard key.publicKey.isValid(signature: line.signature, for: bytes) else {
                    throw .wrongSignature(by: key)
                }
                if !signers.contains(key) { signers.append(key) }
            }
        }
        guard !signers.isEmpty else { throw .unknownSigners }
        return signers
    }

    /// The note as it is stored and served.
    package var description: String {
        signatures.reduce(into: text + "\n") {
            $0 += "\u{2014} \($1.name) \(($1.keyID + $1.signature).base64)\n"
        }
    }

    /// Notes are text for people to read on any terminal.
    private static func hasNoControls(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { $0 >= 0x20 || $0 == 0x0A } }
}

extension SignedNote: CustomStringConvertible {}

/// Why a note is worth nothing.
package enum SignedNoteError: Error, Equatable, Sendable {
    case malformed
    /// No known key has signed it.
    case unknownSigners
    /// A known key's signature is not of this text.
    case wrongSignature(by: NoteVerifierKey)
    case notSigned(CryptographyError)
}
