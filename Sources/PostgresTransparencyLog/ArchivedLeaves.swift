import Application
import EventSourcing
import Postgres
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
        try await read(after: after, upTo: upTo) { leaves += $0.map(StoredLeaf.init) }
        return leaves
    }

    /// Hands out what is there, some thousand events at a time.
    func read(
        after: Int64, upTo: Int64, _ take: ([ArchivedEvent]) throws(EventArchiveError) -> Void
    ) async throws(EventArchiveError) {
        var last = after
        while last < upTo {
            let events = try await archives.events(after: Position(last), upTo: Position(upTo))
            guard let end = events.last?.event.position.rawValue, end > last else { break }
            try take(events)
            last = end
        }
    }
}

extension PostgresAuditLog {
    /// The archived beginning of the log, nil where all of it is in the database or nobody has said where archives are.
    func archived(on connection: PostgresConnection) async throws -> ArchivedLeaves? {
        guard let shelf else { return nil }
        let last = try await connection.query(Statement.archivedPosition).first?.int64("position") ?? 0
        return last > 0 ? ArchivedLeaves(archives: try await shelf.open()).upTo(last) : nil
    }

    /// The events of a range of positions in order, wherever they are.
    func leaves(after: Int64, upTo: Int64, on connection: PostgresConnection) async throws -> [StoredLeaf] {
        let stored = try await connection.leaves(after: after, upTo: upTo)
        let begin = stored.first?.position ?? upTo + 1
        guard begin > after + 1, let archived = try await archived(on: connection) else { return stored }
        return try await archived.leaves(after: after, upTo: min(begin - 1, archived.lastPosition)) + stored
    }
}

extension StoredLeaf {
    init(_ archived: ArchivedEvent) {
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
