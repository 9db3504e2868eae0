import Cryptography

/// The keys from the configuration that the keys of people are wrapped with: one that wraps, and others that still unwrap.
///
/// No text of it holds a key.
package struct MasterKeys: Sendable, CustomStringConvertible, CustomReflectable {
    /// The name of the one that wraps.
    package let current: String
    private let keys: [String: [UInt8]]

    /// - Parameters:
    ///   - current: 32 random bytes in base64, as `openssl rand -base64 32` prints them.
    ///   - previous: keys in the same form that only unwrap: those before a rotation, or the next one until every process knows it.
    package init(current: String, previous: [String] = []) throws(MasterKeyError) {
        let (name, key) = try Self.parse(current, .current)
        var keys = [name: key]
        for (index, text) in previous.enumerated() {
            let (name, key) = try Self.parse(text, .previous(index + 1))
            keys[name] = key
        }
        self.current = name
        self.keys = keys
    }

    /// The names of all keys, in order.
    package var names: [String] { keys.keys.sorted() }

    package var description: String { "master keys \(names.joined(separator: ", ")), current \(current)" }
    package var customMirror: Mirror { Mirror(self, children: ["names": names, "current": current]) }

    /// A key of a person as the table keeps it; it belongs to its row and unwraps nowhere else.
    func wrap(_ key: [UInt8], of row: KeyRow) throws(CryptographyError) -> [UInt8] {
        try AES256GCM.seal(key, key: keys[current] ?? [], associatedData: row.associatedBytes)
    }

    /// nil if the master key is not known; throws if the wrapped key is not what was wrapped for that row.
    func unwrap(_ wrapped: [UInt8], of row: KeyRow, by master: String) throws(CryptographyError) -> [UInt8]? {
        guard let key = keys[master] else { return nil }
        return try AES256GCM.open(wrapped, key: key, associatedData: row.associatedBytes)
    }

    private static func parse(
        _ text: String, _ place: MasterKeyError.Place
    ) throws(MasterKeyError) -> (name: String, key: [UInt8]) {
        guard let key = [UInt8](base64: text) else { throw .notBase64(place) }
        guard key.count == AES256GCM.keyByteCount else { throw .wrongLength(place, byteCount: key.count) }
        return (String(SHA256.hash(key).hex.prefix(8)), key)
    }
}

/// Whose key is wrapped.
struct KeyRow: Sendable {
    let id: String
    let subject: String

    var associatedBytes: [UInt8] { Array("personal:v1:key:\(id):\(subject)".utf8) }
}

/// Why master keys cannot be used: what to mend in the configuration.
package enum MasterKeyError: Error, Equatable, Sendable, CustomStringConvertible {
    case notBase64(Place)
    case wrongLength(Place, byteCount: Int)

    package enum Place: Equatable, Sendable, CustomStringConvertible {
        case current
        /// Counted from 1.
        case previous(Int)

        package var description: String {
            switch self {
            case .current: "the master key"
            case .previous(let number): "previous master key \(number)"
            }
        }
    }

    package var description: String {
        switch self {
        case .notBase64(let place): "\(place) is not base64: make one with `openssl rand -base64 32`"
        case .wrongLength(let place, let byteCount):
            "\(place) has \(byteCount) bytes and must have 32: make one with `openssl rand -base64 32`"
        }
    }
}
