package import EventSourcing

/// What one view answers and how it follows from the log: a folder of `Projections/`, read and checked.
package struct ProjectionDefinition: Equatable, Sendable {
    package let name: String
    package let purpose: String
    /// The event types that the fold reads; nil for all, also those that are still to come.
    package let eventTypes: [EventType]?
    /// SQL that creates the tables, with unqualified names.
    package let tables: String
    /// SQL that folds the relation `batch` into the tables.
    package let fold: String
    /// SQL that creates what only readers need, after the rows are there; may be empty.
    package let indexes: String
    /// What a rebuild may rely on.
    package let order: Order
    /// SQL that answers the positions of the events that may have made the row with the key `key`, for explanations; nil where
    /// each event that the view reads may.
    package let history: String?
    /// SHA-256 over the files, in hex: another digest is another definition.
    package let digest: String

    package enum Order: String, Sendable {
        /// What the fold makes of a stream depends on that stream alone, so whole streams may be folded one after the other.
        case streams
        /// The fold takes the events of all streams in the order of the log.
        case log
    }

    package init(
        name: String, purpose: String, eventTypes: [EventType]?, tables: String, fold: String, indexes: String = "",
        order: Order = .streams, history: String? = nil, digest: String
    ) {
        self.name = name
        self.purpose = purpose
        self.eventTypes = eventTypes
        self.tables = tables
        self.fold = fold
        self.indexes = indexes
        self.order = order
        self.history = history
        self.digest = digest
    }
}

/// Something that is wrong with a definition, and where.
package struct ProjectionProblem: Equatable, Sendable, CustomStringConvertible {
    /// Below `Projections/`.
    package let file: String
    /// From 1; nil where the file as a whole is meant.
    package let line: Int?
    package let text: String

    package init(file: String, line: Int? = nil, text: String) {
        self.file = file
        self.line = line
        self.text = text
    }

    package var description: String { line.map { "\(file):\($0): \(text)" } ?? "\(file): \(text)" }
}

/// Everything that is wrong with the definitions: mend it all at once.
package struct InvalidProjections: Error, Equatable, Sendable, CustomStringConvertible {
    package let problems: [ProjectionProblem]

    package init(problems: [ProjectionProblem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
