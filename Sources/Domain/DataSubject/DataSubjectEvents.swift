package import EventSourcing

/// Facts about one person's data.
package enum DataSubjectEvent: Equatable, Sendable {
    case forgotten(DataSubjectForgotten)
}

/// What these keys sealed cannot be read by anybody any more.
///
/// The log destroys the keys in the transaction that appends this.
package struct DataSubjectForgotten: Codable, Equatable, Sendable {
    package let subject: ID<DataSubject>
    /// UUIDs in lower case.
    package let keys: [String]
    /// Why; not whom: this text stays.
    package let reason: String

    package init(subject: ID<DataSubject>, keys: [String], reason: String) {
        self.subject = subject
        self.keys = keys
        self.reason = reason
    }
}
