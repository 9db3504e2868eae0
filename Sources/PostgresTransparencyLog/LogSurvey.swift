import Postgres

/// How much there is of everything, before it is looked at closely.
struct LogSurvey: Sendable {
    /// What the log's head says; nil where it says nothing any more.
    let head: Int64?
    let firstPosition: Int64
    let lastPosition: Int64
    /// Events of the signed tree, as far as anything that cannot be made up tells: signatures, or tiles that events stand behind.
    let treeSize: Int64
    /// What files serve for: the table has it no more.
    let archivedUpTo: Int64
    /// The first event where the log cannot have come to.
    let strayPosition: Int64?

    /// A gap that is still walked: more than anybody has at the end of a log that is being written.
    static let gapMax: Int64 = 65_536

    /// Positions to check.
    var size: Int64 { max(lastPosition, treeSize) }

    /// - Parameter signedSize: the largest size that a checkpoint was signed at.
    init(_ row: PostgresRow, signedSize: Int64) throws(PostgresError) {
        head = try row.optionalInt64("head")
        firstPosition = try row.int64("first_position")
        lastPosition = try row.int64("last_position")
        let lastTile = try row.int64("last_tile")
        let isUnbroken = try row.int64("tile_count") - 1 == lastTile
        // Tiles that nothing stands behind would let a made-up one send the check beyond all bounds.
        let tiled = isUnbroken ? max(0, lastTile) * 256 + (try row.int64("last_tile_bytes")) / 32 : 0
        archivedUpTo = try row.int64("archived_up_to")
        strayPosition = try row.optionalInt64("stray_position")
        treeSize = max(signedSize, tiled <= lastPosition ? tiled : 0)
    }
}
