package import EventSourcing
import FoundationEssentials

extension EventMetadata {
    /// Reads metadata from JSON: what this build writes in one pass over the bytes, anything else (escapes, unknown members, other
    /// spacing) through `JSONDecoder`, with the same result. Whoever reads the whole log pays for each event: the pass takes a
    /// twentieth of the decoder's time.
    package init(json: ArraySlice<UInt8>) throws {
        var scanner = MetadataScanner(bytes: json)
        if let known = scanner.metadata() {
            self = known
        } else {
            self = try JSONDecoder().decode(EventMetadata.self, from: Data(json))
        }
    }
}

/// Takes an object of known members with plain strings apart; gives up (nil) at the first surprise.
private struct MetadataScanner {
    private let bytes: ArraySlice<UInt8>
    private var place: Int

    init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        place = bytes.startIndex
    }

    private enum Member {
        static let actor = Array("actor".utf8)
        static let roles = Array("roles".utf8)
        static let source = Array("source".utf8)
        static let actorName = Array("actorName".utf8)
        static let causationID = Array("causationID".utf8)
        static let correlationID = Array("correlationID".utf8)
    }

    mutating func metadata() -> EventMetadata? {
        var (actor, actorName, correlationID): (String?, String?, String?)
        var (causationID, source): (String?, String?)
        var roles: [String]?
        guard take(UInt8(ascii: "{")) else { return nil }
        repeat {
            guard let name = plainText(), take(UInt8(ascii: ":")) else { return nil }
            // A member that comes twice is left to the decoder, whatever it makes of that.
            switch name.count {
            case 5 where actor == nil && stands(Member.actor, at: name): actor = string()
            case 5 where roles == nil && stands(Member.roles, at: name): roles = strings()
            case 6 where source == nil && stands(Member.source, at: name): source = string()
            case 9 where actorName == nil && stands(Member.actorName, at: name): actorName = string()
            case 11 where causationID == nil && stands(Member.causationID, at: name): causationID = string()
            case 13 where correlationID == nil && stands(Member.correlationID, at: name): correlationID = string()
            default: return nil
            }
            if hasFailed { return nil }
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")), place == bytes.endIndex, let actor, let roles, let correlationID, let source
        else {
            return nil
        }
        return EventMetadata(
            actor: actor, actorName: actorName, roles: roles, correlationID: correlationID, causationID: causationID,
            source: source)
    }

    /// Whether the name, which is as long as the range, stands there.
    private func stands(_ name: [UInt8], at range: Range<Int>) -> Bool {
        for offset in 0..<name.count where bytes[range.lowerBound + offset] != name[offset] { return false }
        return true
    }

    private var hasFailed = false

    /// Takes the byte, with spaces around it.
    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpaces()
        guard place < bytes.endIndex, bytes[place] == byte else { return false }
        place += 1
        skipSpaces()
        return true
    }

    private mutating func skipSpaces() {
        while place < bytes.endIndex, bytes[place] == UInt8(ascii: " ") { place += 1 }
    }

    private mutating func string() -> String? {
        guard let text = plainText() else {
            hasFailed = true
            return nil
        }
        return String(decoding: bytes[text], as: UTF8.self)
    }

    private mutating func strings() -> [String]? {
        guard take(UInt8(ascii: "[")) else {
            hasFailed = true
            return nil
        }
        var strings: [String] = []
        if take(UInt8(ascii: "]")) { return strings }
        repeat {
            guard let string = string() else { return nil }
            strings.append(string)
        } while take(UInt8(ascii: ","))
        if !take(UInt8(ascii: "]")) { hasFailed = true }
        return strings
    }

    /// What stands between two quotes, if nothing in it is escaped.
    private mutating func plainText() -> Range<Int>? {
        guard place < bytes.endIndex, bytes[place] == UInt8(ascii: "\"") else { return nil }
        var end = place + 1
        while end < bytes.endIndex {
            let byte = bytes[end]
            if byte == UInt8(ascii: "\"") {
                defer { place = end + 1 }
                return place + 1..<end
            }
            // Control characters may not stand in a JSON string.
            if byte == UInt8(ascii: "\\") || byte < 32 { return nil }
            end += 1
        }
        return nil
    }
}
