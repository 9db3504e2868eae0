import EventSourcing
import Postgres
import TransparencyLog

/// An event as it lies in the table, hashed anew beside the hash that was kept when it was appended.
struct StoredLeaf: Sendable {
    let position: Int64
    /// The canonical envelope; nil where the row is no event any more.
    let entry: LogEntry?
    /// What the row gives; nil where it is no event any more.
    let computed: MerkleHash?
    let kept: MerkleHash?

    init(position: Int64, entry: LogEntry?, computed: MerkleHash?, kept: MerkleHash?) {
        self.position = position
        self.entry = entry
        self.computed = computed
        self.kept = kept
    }
}

extension PostgresConnection {
    /// The events of a range of positions in order.
    nonisolated func leaves(after: Int64, upTo: Int64) async throws(PostgresError) -> [StoredLeaf] {
        try StoredLeaf.all(in: await page(Statement.readLeaves, [.int8(after), .int8(upTo)], bytesMax: .max))
    }
}

extension StoredLeaf {
    static func all(in page: PostgresPage) throws(PostgresError) -> [StoredLeaf] {
        var leaves: [StoredLeaf] = []
        leaves.reserveCapacity(page.count)
        for row in 0..<page.count { leaves.append(try StoredLeaf(page, row)) }
        return leaves
    }

    /// A row that cannot be read is not what was appended: that is a finding and no error. Columns as in `read_leaves.sql`.
    init(_ page: PostgresPage, _ row: Int) throws(PostgresError) {
        position = try page.int64(row, 0)
        // NULL, or not 32 bytes.
        kept = (try? page.bytes(row, 10)).flatMap { MerkleHash($0) }
        // What cannot be read is no entry and no hash, which the verification names.
        entry = try? LogEntry(page, row)
        computed = entry?.leafHash
    }
}

extension LogEntry {
    /// Columns as in `read_leaves.sql`.
    init(_ page: PostgresPage, _ row: Int) throws {
        let category = try page.string(row, 1)
        // With a hyphen in it, it would read as another category and id.
        guard !category.isEmpty, category.utf8.allSatisfy({ (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) })
        else {
            throw PostgresError.decoding(column: "stream_category", reason: "is not lower-case letters")
        }
        self.init(
            position: Position(try page.int64(row, 0)), stream: "\(category)-\(try page.string(row, 2))",
            streamVersion: Int(try page.int64(row, 3)), id: try page.uuid(row, 4), type: try page.string(row, 5),
            schemaVersion: Int(try page.int32(row, 6)),
            recordedAt: try Self.time(page.int64(row, 9)),
            payloadDigest: try Self.digest(of: page.jsonb(row, 7)),
            metadataDigest: try Self.digest(of: page.jsonb(row, 8)))
    }

    /// Postgres counts microseconds from 2000-01-01T00:00:00Z; `infinity` and years of more than four digits have no RFC 3339 form.
    private static func time(_ microseconds: Int64) throws(PostgresError) -> Timestamp {
        let (sum, isTooLate) = microseconds.addingReportingOverflow(946_684_800_000_000)
        guard !isTooLate, (-62_135_596_800_000_000..<253_402_300_800_000_000).contains(sum) else {
            throw .decoding(column: "recorded_at", reason: "is not between the years 1 and 9999")
        }
        return Timestamp(microseconds: sum)
    }

    private static func digest(of json: ArraySlice<UInt8>) throws -> [UInt8] {
        try json.withUnsafeBufferPointer { try CanonicalJSON.digest(ofStoredJSON: $0) }
    }
}
