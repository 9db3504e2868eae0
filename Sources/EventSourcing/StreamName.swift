/// Names the stream of one thing: a category and an id, written `category-id`.
package struct StreamName: Hashable, Sendable, CustomStringConvertible {
    /// The kind of thing: lower-case letters only, so that the first hyphen ends it.
    package let category: String
    package let id: String

    package init(category: String, id: String) {
        self.category = category
        self.id = id
    }

    /// Reads `category-id`; nil where there is no category or no id.
    package init?(_ text: String) {
        guard let hyphen = text.firstIndex(of: "-") else { return nil }
        let category = text[..<hyphen]
        let id = text[text.index(after: hyphen)...]
        guard !category.isEmpty, !id.isEmpty else { return nil }
        self.init(category: String(category), id: String(id))
    }

    package var description: String { "\(category)-\(id)" }
}

/// A place in the whole log: 1 is the first event, there are no gaps, and its order is commit order.
package struct Position: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    package let rawValue: Int64

    package init(_ rawValue: Int64) { self.rawValue = rawValue }
    package init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(Int64.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// Before the first event.
    package static let start = Position(0)

    package static func < (left: Position, right: Position) -> Bool { left.rawValue < right.rawValue }
    package var description: String { String(rawValue) }
}

/// What must be true of a stream for an append to happen.
package enum ExpectedVersion: Equatable, Sendable {
    /// The stream has no event yet.
    case noStream
    /// The stream has at least one event.
    case exists
    /// The stream's last event has this version; the first event of a stream has version 1.
    case exactly(Int)
    /// Anything goes: the event is appended in any case.
    case any
}
