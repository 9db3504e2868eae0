package import EventSourcing

/// Finds streams by what their names begin with, where nobody keeps a list of them.
package protocol StreamDirectory: Sendable {
    /// The streams of `category` whose id begins with `prefix`, by id, archived ones included. Looks through the names of the whole
    /// category: seconds where it has millions of events.
    func streams(category: String, idPrefix prefix: String) async throws(EventStoreError) -> [StreamName]
}
