import Application
import EventSourcing
import Postgres

/// Where a view is to be read as of a moment.
struct FoundMoment: Sendable {
    /// The last event of the log when it was looked for.
    let head: Int64
    /// The first event that is not archived.
    let logBegins: Int64
    /// What was asked for.
    let position: Int64
    /// The last event up to there that changes the view, as far as it was looked for: rows built up to it are the same.
    let builtPosition: Int64
    let servedPosition: Int64
    /// The live rows, while they are at `servedPosition`, are what was asked for.
    let isServed: Bool
    /// It is not past: what the live view says once it has got to `position` is an answer too.
    let isNow: Bool
    let digest: String
    /// Where it is built already.
    let schema: String?
    let unusedSeconds: Double

    init(_ row: PostgresRow) throws(PostgresError) {
        head = try row.int64("head")
        logBegins = try row.int64("log_begins")
        position = try row.int64("position")
        builtPosition = try row.int64("built_position")
        servedPosition = try row.int64("served_position")
        isServed = try row.bool("is_served")
        isNow = try row.bool("is_now")
        digest = try row.string("digest")
        schema = try row.optionalString("schema_name")
        unusedSeconds = try row.isNull("unused_seconds") ? 0 : try row.double("unused_seconds")
    }
}

/// The rows of a view's statement, with the keys that a next page begins after.
struct FoundRows: Sendable {
    let rows: [(json: String, cursor: String)]
    let position: Position

    /// Nil if the view is not served.
    init?(_ answer: PostgresRows) throws(PostgresError) {
        guard let first = answer.first else { return nil }
        var rows: [(json: String, cursor: String)] = []
        for row in answer where try !row.isNull("row") {
            rows.append((try row.string("row"), try row.string("cursor")))
        }
        self.init(rows: rows, position: Position(try first.int64("position")))
    }

    init(rows: [(json: String, cursor: String)], position: Position) {
        self.rows = rows
        self.position = position
    }
}
