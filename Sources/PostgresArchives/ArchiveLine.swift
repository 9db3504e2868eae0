import Application
import Cryptography
import EventSourcing
import TransparencyLog

/// One line of an archive's file: an event as JSON, with payload and metadata as the log stored them.
enum ArchiveLine {
    static func event(_ line: ArraySlice<UInt8>) throws(ArchiveLineError) -> ArchivedEvent {
        guard let members = JSONMembers.members(of: line) else {
            throw ArchiveLineError(reason: "it is no JSON object")
        }
        func json(_ name: String) throws(ArchiveLineError) -> ArraySlice<UInt8> {
            guard let range = members[name] else { throw ArchiveLineError(reason: "\(name) is missing") }
            return line[range]
        }
        func text(_ name: String) throws(ArchiveLineError) -> String {
            String(decoding: try json(name), as: UTF8.self)
        }
        func required<Value>(_ name: String, _ value: Value?) throws(ArchiveLineError) -> Value {
            guard let value else { throw ArchiveLineError(reason: "\(name) is not what it should be") }
            return value
        }
        func string(_ name: String) throws(ArchiveLineError) -> String {
            let json = try json(name)
            if json.count > 1, json.first == UInt8(ascii: "\""), !json.contains(UInt8(ascii: "\\")) {
                return String(decoding: json.dropFirst().dropLast(), as: UTF8.self)
            }
            // What is wrong inside is told as the member that is wrong.
            return try required(name, try? JSONText.decode(String.self, from: String(decoding: json, as: UTF8.self)))
        }
        let (hash, metadata) = (try string("leafHash"), try json("metadata"))
        let event = RecordedEvent(
            position: Position(try required("position", Int64(try text("position")))),
            stream: StreamName(category: try string("category"), id: try string("streamID")),
            streamVersion: try required("streamVersion", Int(try text("streamVersion"))),
            id: EventID(try string("id")), type: EventType(try string("type")),
            schemaVersion: try required("schemaVersion", Int(try text("schemaVersion"))),
            // Metadata that cannot be read are told as the member that is wrong.
            payload: try text("payload"), metadata: try required("metadata", try? EventMetadata(json: metadata)),
            recordedAt: try required("recordedAt", Timestamp(try string("recordedAt"))))
        return ArchivedEvent(
            event: event, metadata: String(decoding: metadata, as: UTF8.self),
            leafHash: try required("leafHash", [UInt8](hex: hash)))
    }
}

/// Why a line is no event.
struct ArchiveLineError: Error {
    let reason: String
}

extension ArchivedEvent {
    /// Whether the leaf hash is that of the event beside it.
    var isAuthentic: Bool {
        // What gives no entry gives no hash, and so is not authentic.
        let entry = try? LogEntry(
            position: event.position, stream: event.stream.description, streamVersion: event.streamVersion,
            id: event.id.rawValue, type: event.type.rawValue, schemaVersion: event.schemaVersion,
            recordedAt: event.recordedAt, payload: event.payload, metadata: metadata)
        // What has no canonical form has no leaf either.
        return entry?.leafHash.bytes == leafHash
    }
}

/// Finds the members of a JSON object without reading their values.
enum JSONMembers {
    /// Where each member's value lies; nil for what is no object, or one with escapes in its names, which archives do not have.
    static func members(of json: ArraySlice<UInt8>) -> [String: Range<Int>]? {
        var place = json.startIndex
        func skip(_ byte: UInt8) -> Bool {
            guard place < json.endIndex, json[place] == byte else { return false }
            place += 1
            return true
        }
        var members: [String: Range<Int>] = [:]
        guard skip(UInt8(ascii: "{")) else { return nil }
        repeat {
            let start = place
            guard let end = endOfValue(json, from: start), json[start] == UInt8(ascii: "\"") else { return nil }
            place = end
            guard skip(UInt8(ascii: ":")), let valueEnd = endOfValue(json, from: place) else { return nil }
            members[String(decoding: json[start + 1..<end - 1], as: UTF8.self)] = place..<valueEnd
            place = valueEnd
        } while skip(UInt8(ascii: ","))
        return skip(UInt8(ascii: "}")) && place == json.endIndex ? members : nil
    }

    /// Brackets are counted, strings skipped; whether what is between makes sense is for its reader.
    private static func endOfValue(_ json: ArraySlice<UInt8>, from start: Int) -> Int? {
        var place = start
        var depth = 0
        while place < json.endIndex {
            switch json[place] {
            case UInt8(ascii: "\""):
                place += 1
                while place < json.endIndex, json[place] != UInt8(ascii: "\"") {
                    place += json[place] == UInt8(ascii: "\\") ? 2 : 1
                }
                guard place < json.endIndex else { return nil }
                if depth == 0 { return place + 1 }
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return place > start ? place : nil }
                depth -= 1
                if depth == 0 { return place + 1 }
            case UInt8(ascii: ","), UInt8(ascii: ":"):
                if depth == 0 { return place > start ? place : nil }
            default: break
            }
            place += 1
        }
        return nil
    }
}
