import Application
import EventSourcing
import TransparencyLog

/// Events that are no longer in the database, hashed anew from the files that they were archived in.
struct ArchivedLeaves: Sendable {
    let archives: any EventArchives
    /// Everything up to here is read from files, and everything after it from the table.
    let lastPosition: Int64

    init(archives: any EventArchives) {
        self.archives = archives
        lastPosition = archives.lastPosition.rawValue
    }

    private init(_ archives: any EventArchives, upTo lastPosition: Int64) {
        self.archives = archives
        self.lastPosition = lastPosition
    }

    func upTo(_ position: Int64) -> ArchivedLeaves { ArchivedLeaves(archives, upTo: min(position, lastPosition)) }

    func leaves(after: Int64, upTo: Int64) async throws(EventArchiveError) -> [StoredLeaf] {
        var leaves: [StoredLeaf] = []
        var last = after
        while last < upTo {
            let events = try await archives.events(after: Position(last), upTo: Position(upTo))
            guard let end = events.last?.event.position.rawValue, end > last else { break }
            leaves += events.map(StoredLeaf.init)
            last = end
        }
        return leaves
    }
}

extension StoredLeaf {
    fileprivate init(_ archived: ArchivedEvent) {
        let event = archived.event
        let entry = try? LogEntry(  // What has no canonical form is not what was appended: a finding and no error.
            position: event.position, stream: event.stream.description, streamVersion: event.streamVersion,
            id: event.id.rawValue, type: event.type.rawValue, schemaVersion: event.schemaVersion,
            recordedAt: event.recordedAt, storedPayload: event.payload, storedMetadata: archived.metadata)
        self.init(
            position: event.position.rawValue, entry: entry, computed: entry?.leafHash,
            kept: MerkleHash(archived.leafHash))
    }
}
