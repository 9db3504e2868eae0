import Application
import EventSourcing

/// What `--json` prints: one JSON value a line, keys in order.
enum JSONOutput {
    static func text(_ value: JSONValue) throws -> String { try JSONText.encode(value) }

    static func value(_ value: some Encodable) throws -> JSONValue {
        try JSONText.decode(JSONValue.self, from: try JSONText.encode(value))
    }
}
