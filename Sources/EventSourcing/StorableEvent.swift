/// A fact that has a stored name and version, chosen by an explicit switch and kept for ever.
package protocol StorableEvent: Equatable, Sendable {
    /// The name, version and payload under which the fact is kept.
    var stored: StoredForm { get }

    /// From each old schema version to the next. The default is none: every event still has the shape it began with.
    static var upcasts: [Upcast] { get }

    /// Reads the forms that `stored` writes. For what the log holds, which may be older, there is `init(upcasting:version:payload:)`.
    init(_ type: EventType, version: Int, payload: some StoredPayload) throws(UnreadableEvent)
}

extension StorableEvent {
    package static var upcasts: [Upcast] { [] }
}

/// The stored name of a fact, such as `deployment.requested`: it is never used again for something else.
package struct EventType: Hashable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String

    package init(_ rawValue: String) { self.rawValue = rawValue }
    package init(stringLiteral value: String) { self.init(value) }
    package init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(String.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    package var description: String { rawValue }
}

/// A fact as it goes to the log: name, schema version and the value that becomes its JSON payload.
package struct StoredForm: Sendable {
    package let type: EventType
    package let schemaVersion: Int
    package let payload: any Encodable & Sendable
    /// Members of the payload, texts at its top, that say something about the person whom the stream is about: the log keeps them
    /// sealed, and readers see `erased` once the person is forgotten. Rules must never depend on what they say.
    package let personal: [String]

    package init(
        _ type: EventType, version: Int, _ payload: any Encodable & Sendable, personal: [String] = []
    ) {
        self.type = type
        self.schemaVersion = version
        self.payload = payload
        self.personal = personal
    }
}

/// A JSON payload that can be read as a value; who holds the bytes decides how.
package protocol StoredPayload: Sendable {
    func read<Value: Decodable>(_ type: Value.Type) throws -> Value

    /// Changes the payload as JSON.
    mutating func edit(_ change: (inout JSONValue) -> Void) throws
}

/// Why a reader must stop: skipping a fact is worse than standing still.
package enum UnreadableEvent: Error, Equatable, Sendable {
    /// This build is older than the log: deploy readers before writers.
    case unknownType(EventType, version: Int)
    /// The payload does not have the shape of its type and version: a bug or a damaged row.
    case badPayload(EventType, version: Int, reason: String)
}

extension StoredPayload {
    /// Reads a payload and says which event could not be read.
    package func read<Value: Decodable>(
        _ valueType: Value.Type, of type: EventType, version: Int
    ) throws(UnreadableEvent) -> Value {
        do {
            return try read(valueType)
        } catch {
            throw .badPayload(type, version: version, reason: "\(error)")
        }
    }
}
