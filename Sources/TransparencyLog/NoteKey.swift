package import Cryptography

/// Checks notes that one key signed: what auditors are given.
///
/// As text, `<name>+<key id, 8 hexadecimal digits>+<base64 of 0x01 and the 32 bytes of the key>`, as Go's checksum database
/// writes it (golang.org/x/mod/sumdb/note).
package struct NoteVerifierKey: Hashable, Sendable, CustomStringConvertible {
    /// The type byte of Ed25519 (https://c2sp.org/signed-note).
    static let ed25519: UInt8 = 1

    /// Not empty, without spaces and `+`; for a log, its origin.
    package let name: String
    package let publicKey: Ed25519PublicKey
    /// The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key): tells keys of one name apart, and is no fingerprint.
    package let keyID: [UInt8]

    package init(name: String, publicKey: Ed25519PublicKey) throws(NoteKeyError) {
        guard Self.isName(name) else { throw .badName }
        self.name = name
        self.publicKey = publicKey
        keyID = Array(SHA256.hash(Array(name.utf8) + [0x0A, Self.ed25519] + publicKey.rawRepresentation).prefix(4))
    }

    package init(_ text: String) throws(NoteKeyError) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else { throw .malformed }
        let raw = try noteKeyBytes(base64: parts[2])
        try self.init(
            name: parts[0],
            publicKey: noteKey { () throws(CryptographyError) in try Ed25519PublicKey(rawRepresentation: raw) })
        guard parts[1] == keyID.hex else { throw .wrongKeyID }
    }

    package var description: String {
        "\(name)+\(keyID.hex)+\(([Self.ed25519] + publicKey.rawRepresentation).base64)"
    }

    /// Byte by byte: Swift takes strings for equal that are only normalized differently.
    func isNamed(_ other: String) -> Bool { name.utf8.elementsEqual(other.utf8) }

    static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy { $0 != "+" && $0.value >= 0x20 && !$0.properties.isWhitespace }
    }
}

/// Signs notes. Secret: its text belongs in the configuration only.
///
/// As text, `PRIVATE+KEY+<name>+<key id>+<base64 of 0x01 and the 32 bytes of the seed>`.
package struct NoteSigningKey: Sendable {
    package let verifierKey: NoteVerifierKey
    private let privateKey: Ed25519PrivateKey

    package init(name: String, privateKey: Ed25519PrivateKey) throws(NoteKeyError) {
        verifierKey = try NoteVerifierKey(name: name, publicKey: privateKey.publicKey)
        self.privateKey = privateKey
    }

    package init(_ text: String) throws(NoteKeyError) {
        let parts = text.split(separator: "+", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, parts[0] == "PRIVATE", parts[1] == "KEY" else { throw .malformed }
        let raw = try noteKeyBytes(base64: parts[4])
        try self.init(
            name: parts[2],
            privateKey: noteKey { () throws(CryptographyError) in try Ed25519PrivateKey(rawRepresentation: raw) })
        guard parts[3] == verifierKey.keyID.hex else { throw .wrongKeyID }
    }

    package static func generate(name: String) throws(NoteKeyError) -> NoteSigningKey {
        try NoteSigningKey(name: name, privateKey: noteKey { () throws(CryptographyError) in try .generate() })
    }

    /// The key itself, named so that nobody writes it by accident.
    package var secretText: String {
        let key = [NoteVerifierKey.ed25519] + privateKey.rawRepresentation
        return "PRIVATE+KEY+\(verifierKey.name)+\(verifierKey.keyID.hex)+\(key.base64)"
    }

    func signature(of text: [UInt8]) throws(CryptographyError) -> [UInt8] { try privateKey.sign(text) }
}

/// Why a text is no key for notes: a configuration mistake. It never quotes the text, which may be the secret.
package enum NoteKeyError: Error, Equatable, Sendable {
    case malformed
    /// Only Ed25519 is known here.
    case unknownAlgorithm
    /// Names are not empty and have neither spaces nor `+`.
    case badName
    /// The key id does not belong to name and key: a part of the text was changed or lost.
    case wrongKeyID
}

/// The length was checked, so that OpenSSL refusing a key means that the text is none.
private func noteKey<Key>(_ make: () throws(CryptographyError) -> Key) throws(NoteKeyError) -> Key {
    do throws(CryptographyError) { return try make() } catch { throw .malformed }
}

private func noteKeyBytes(base64 text: String) throws(NoteKeyError) -> [UInt8] {
    guard let bytes = [UInt8](base64: text), let algorithm = bytes.first else { throw .malformed }
    guard algorithm == NoteVerifierKey.ed25519 else { throw .unknownAlgorithm }
    guard bytes.count == 33 else { throw .malformed }
    return Array(bytes.dropFirst())
}
