package import EventSourcing
import FoundationEssentials

/// Values as JSON text, with sorted keys so that equal values give equal bytes.
package enum JSONText {
    package static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    package static func decode<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        try JSONDecoder().decode(type, from: Data(text.utf8))
    }
}

/// The payload of an event in the log, read when it is needed.
package struct JSONPayload: StoredPayload {
    package private(set) var text: String

    package init(_ text: String) { self.text = text }

    package func read<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONText.decode(type, from: text)
    }

    package mutating func edit(_ change: (inout JSONValue) -> Void) throws {
        var value = try JSONText.decode(JSONValue.self, from: text)
        change(&value)
        text = try JSONText.encode(value)
    }
}

extension StorableEvent {
    /// Reads an event as the log holds it.
    package init(_ recorded: RecordedEvent) throws(EventStoreError) {
        do throws(UnreadableEvent) {
            if let known = recorded.known {
                try self.init(recorded.type, version: recorded.schemaVersion, payload: known)
            } else {
                try self.init(
                    upcasting: recorded.type, version: recorded.schemaVersion, payload: JSONPayload(recorded.payload))
            }
        } catch {
            throw .unreadable(error, at: recorded.position)
        }
    }
}
