package import EventSourcing

/// A point of the log's history that a question may be asked of.
package enum Moment: Hashable, Sendable {
    /// After the event at this position; `Position.start` is before the first event.
    case position(Position)
    /// After the last event that was recorded at or before this time, all events of the same instant included. A time that
    /// is still to come means the last event that there is.
    case time(Timestamp)
}

extension Moment: CustomStringConvertible {
    /// Reads what people write: a position such as `12345`, or a time such as `2026-11-23T03:40:00Z`.
    package init(_ text: String) throws(InvalidMoment) {
        if !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            guard let position = Int64(text) else { throw InvalidMoment(text: text) }
            self = .position(Position(position))
        } else if let time = Timestamp(text) {
            self = .time(time)
        } else {
            throw InvalidMoment(text: text)
        }
    }

    /// One text for each moment, which the initializer reads.
    package var description: String {
        switch self {
        case .position(let position): position.description
        case .time(let time): time.description
        }
    }
}

/// A text that names no moment.
package struct InvalidMoment: Error, Equatable, Sendable, CustomStringConvertible {
    package let text: String

    package init(text: String) { self.text = text }

    package var description: String {
        "“\(text)” is no moment: give a position of the log, such as 12345, or a time with Z or an offset, such as "
            + "2026-11-23T03:40:00Z"
    }
}
