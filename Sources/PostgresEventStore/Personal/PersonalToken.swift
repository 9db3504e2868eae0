import Cryptography

/// A sealed personal value as it stands in stored text: `personal:v1:<key id>:<base64url of nonce, ciphertext and tag>`.
struct PersonalToken: Equatable, Sendable {
    /// UUID in lower case.
    let key: String
    let box: String

    static let prefix = "personal:v1:"

    static func text(key: String, box: [UInt8]) -> String { "\(prefix)\(key):\(box.base64URL)" }

    /// Binds a box to its key's id and to its purpose: a wrapped key does not open as a value.
    static func associatedBytes(_ key: String) -> [UInt8] { Array("personal:v1:value:\(key)".utf8) }
}

/// A text of the log, cut at the sealed values in it.
///
/// Nobody can type a token into the log: where somebody's own text has the prefix, its last colon is stored twice. A prefix that
/// is followed by neither a colon nor a token was stored before there were tokens, and stands for itself.
struct PersonalText: Sendable {
    enum Piece: Equatable, Sendable {
        /// As it stands.
        case plain(String)
        case token(PersonalToken)
    }

    let pieces: [Piece]

    /// nil, as quickly as can be, where the text has no prefix at all: it stands for itself.
    init?(_ text: String) {
        guard var mark = PrefixSearch.first(in: text, from: 0) else { return nil }
        let bytes = Array(text.utf8)
        var pieces: [Piece] = []
        var done = 0
        while true {
            let after = mark + PrefixSearch.length
            if after < bytes.count, bytes[after] == UInt8(ascii: ":") {
                pieces.append(.plain(String(decoding: bytes[done..<after], as: UTF8.self)))
                done = after + 1
            } else if let token = Self.token(bytes, at: after) {
                if mark > done { pieces.append(.plain(String(decoding: bytes[done..<mark], as: UTF8.self))) }
                pieces.append(.token(token.value))
                done = token.end
            } else {
                pieces.append(.plain(String(decoding: bytes[done..<after], as: UTF8.self)))
                done = after
            }
            guard let next = PrefixSearch.first(in: text, from: done) else { break }
            mark = next
        }
        if done < bytes.count { pieces.append(.plain(String(decoding: bytes[done...], as: UTF8.self))) }
        self.pieces = pieces
    }

    var keys: [String] {
        pieces.compactMap { piece in
            if case .token(let token) = piece { token.key } else { nil }
        }
    }

    /// The text with what `open` makes of each token.
    func joined(_ open: (PersonalToken) -> String) -> String {
        pieces.reduce(into: "") { text, piece in
            switch piece {
            case .plain(let plain): text += plain
            case .token(let token): text += open(token)
            }
        }
    }

    /// Somebody's own text, or JSON with such texts in it, as the log keeps it.
    static func stored(_ text: String) -> String {
        guard var mark = PrefixSearch.first(in: text, from: 0) else { return text }
        let bytes = Array(text.utf8)
        var result = ""
        var done = 0
        while true {
            let after = mark + PrefixSearch.length
            result += String(decoding: bytes[done..<after], as: UTF8.self) + ":"
            done = after
            guard let next = PrefixSearch.first(in: text, from: done) else { break }
            mark = next
        }
        return result + String(decoding: bytes[done...], as: UTF8.self)
    }

    private static func token(_ bytes: [UInt8], at start: Int) -> (value: PersonalToken, end: Int)? {
        let colon = start + 36
        guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":"), isUUID(bytes[start..<colon]) else { return nil }
        var end = colon + 1
        while end < bytes.count, isBase64URL(bytes[end]) { end += 1 }
        // Nonce and tag alone have 28 bytes.
        guard end - colon > 38 else { return nil }
        let token = PersonalToken(
            key: String(decoding: bytes[start..<colon], as: UTF8.self),
            box: String(decoding: bytes[(colon + 1)..<end], as: UTF8.self))
        return (token, end)
    }

    private static func isUUID(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.enumerated().allSatisfy { index, byte in
            switch index {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default:
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
        }
    }

    private static func isBase64URL(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// Finds the tokens' prefix in texts that hardly ever have one: about one byte in eight is looked at (Horspool 1980).
enum PrefixSearch {
    private static let needle = Array(PersonalToken.prefix.utf8)
    static let length = 12
    /// How far to go on, by the byte under the prefix's last place.
    private static let steps: [Int] = {
        var steps = [Int](repeating: length, count: 256)
        for (index, byte) in needle.dropLast().enumerated() { steps[Int(byte)] = length - 1 - index }
        return steps
    }()

    /// Where the first prefix at or after `start` begins, counted in UTF-8.
    static func first(in text: String, from start: Int) -> Int? {
        guard text.utf8.count >= start + length else { return nil }
        let bytes = text.utf8Span.span
        let (needle, steps) = (Self.needle, Self.steps)
        var end = start + length - 1
        while end < bytes.count {
            let last = bytes[end]
            if last == needle[length - 1] {
                var offset = 1
                while offset < length, bytes[end - offset] == needle[length - 1 - offset] { offset += 1 }
                if offset == length { return end - length + 1 }
            }
            end += steps[Int(last)]
        }
        return nil
    }
}
