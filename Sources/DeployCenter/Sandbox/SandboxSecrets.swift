import Application
import Cryptography
import Foundation
import Glibc
import TransparencyLog

/// The keys that a sandbox made for itself at its first start: its data can be read with these only.
struct SandboxSecrets: Codable, Sendable {
    /// 32 bytes in base64.
    let masterKey: String
    /// PRIVATE+KEY+…
    let logKey: String

    /// The keys of this directory, made if there are none.
    init(directory: String) throws {
        let path = directory + "/secrets.json"
        if let known = FileManager.default.contents(atPath: path) {
            self = try JSONText.decode(SandboxSecrets.self, from: String(decoding: known, as: UTF8.self))
            return
        }
        masterKey = SecureRandom.bytes(AES256GCM.keyByteCount).base64
        logKey = try NoteSigningKey.generate(name: "sandbox.deploycenter.local").secretText
        let made = FileManager.default.createFile(
            atPath: path, contents: Data(try JSONText.encode(self).utf8), attributes: [.posixPermissions: 0o600])
        guard made else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
    }
}
