import Cryptography
import Synchronization

/// The key of one person, and what it has sealed or opened lately, which goes with it.
final class SubjectKey: Sendable {
    let row: KeyRow
    private let key: [UInt8]
    private let recent = Mutex(Recent())

    /// A person has a name and an address or two: more than that is somebody who changes them in a test.
    private static let recentMax = 16

    private struct Recent {
        var tokens: [String: String] = [:]
        var texts: [String: String] = [:]
    }

    init(_ row: KeyRow, key: [UInt8]) {
        self.row = row
        self.key = key
    }

    /// The token that stands for `text` in the log. One that was made lately is used again, with its nonce: it says the same.
    func sealed(_ text: String) throws(CryptographyError) -> String {
        if let token = recent.withLock({ $0.tokens[text] }) { return token }
        let box = try AES256GCM.seal(Array(text.utf8), key: key, associatedData: PersonalToken.associatedBytes(row.id))
        let token = PersonalToken.text(key: row.id, box: box)
        remember(token, text)
        return token
    }

    /// What the token stands for; throws if it is not what this key sealed.
    func opened(_ token: PersonalToken) throws(CryptographyError) -> String {
        if let text = recent.withLock({ $0.texts[token.box] }) { return text }
        guard let box = [UInt8](base64URL: token.box) else { throw .notAuthentic }
        let bytes = try AES256GCM.open(box, key: key, associatedData: PersonalToken.associatedBytes(row.id))
        let text = String(decoding: bytes, as: UTF8.self)
        recent.withLock { recent in
            if recent.texts.count >= Self.recentMax { recent.texts.removeAll(keepingCapacity: true) }
            recent.texts[token.box] = text
        }
        return text
    }

    /// As the table keeps it.
    func wrapped(_ masterKeys: MasterKeys) throws(CryptographyError) -> [UInt8] { try masterKeys.wrap(key, of: row) }

    private func remember(_ token: String, _ text: String) {
        recent.withLock { recent in
            if recent.tokens.count >= Self.recentMax { recent.tokens.removeAll(keepingCapacity: true) }
            recent.tokens[text] = token
        }
    }
}
