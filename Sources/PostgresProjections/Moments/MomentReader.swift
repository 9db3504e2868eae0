package import Application
import EventSourcing
import Logging
import Postgres

/// Reads a view as it was at a moment of the past, and has what is not at hand built.
struct MomentReader: Sendable {
    /// Reads only; the readers' rights suffice.
    let pool: PostgresPool
    let builder: MomentBuilder

    private var settings: MomentSettings { builder.settings }

    /// Where the view is to be read; throws if there is no such moment.
    func find(_ view: QueryView, _ moment: Moment) async throws -> FoundMoment {
        let (time, position): (PostgresValue, PostgresValue) =
            switch moment {
            case .time(let time): (.timestamptz(time.microseconds), .null)
            case .position(let position): (.null, .int8(position.rawValue))
            }
        let rows = try await pool.query(
            Statement.findMoment, [.text(view.rawValue), time, position, .int8(settings.blockSize)])
        guard let row = rows.first else { throw QueryError.notBuilt(view) }
        let found = try FoundMoment(row)
        guard found.position <= found.head else {
            throw QueryError.beyondHead(Position(found.position), head: Position(found.head))
        }
        guard found.logBegins == 1 || found.isServed || found.isNow || found.schema != nil else {
            throw QueryError.archived(logBegins: Position(found.logBegins))
        }
        return found
    }

    /// Runs the view's statement as of the moment. The answer's position is the one that was asked for; of a time that is not past, the
    /// live view's, so that nothing is built for what is there already.
    func read(_ view: QueryView, asOf moment: Moment, _ parameters: [PostgresValue]) async throws -> FoundRows {
        let deadline = ContinuousClock.now + settings.waitTimeout
        var pause = Duration.milliseconds(10)
        var found = try await find(view, moment)
        if found.isNow, let rows = try await live(view, reaching: found.position, parameters) { return rows }
        while true {
            if let rows = try await rows(of: view, at: found, parameters) {
                return FoundRows(rows: rows.rows, position: Position(found.position))
            }
            let isBuilt = try await builder.build(view.rawValue, digest: found.digest, upTo: found.builtPosition)
            if isBuilt, let rows = try await rows(of: view, at: try await find(view, moment), parameters) {
                return FoundRows(rows: rows.rows, position: Position(found.position))
            }
            // Also what was built may be gone: others may have asked for so many since.
            guard ContinuousClock.now < deadline else {
                throw QueryError.momentNotReady(view, position: Position(found.position))
            }
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .milliseconds(250))
            found = try await find(view, moment)
        }
    }

    /// The live rows, as soon as they hold every event up to a position; nil if that takes too long.
    private func live(
        _ view: QueryView, reaching position: Int64, _ parameters: [PostgresValue]
    ) async throws -> FoundRows? {
        let deadline = ContinuousClock.now + settings.liveWaitTimeout
        while true {
            let rows = try FoundRows(try await pool.query(view.statement, parameters))
            if let rows, rows.position.rawValue >= position { return rows }
            guard ContinuousClock.now < deadline else { return nil }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Nil if the moment is not at hand, or is gone since it was found.
    private func rows(
        of view: QueryView, at found: FoundMoment, _ parameters: [PostgresValue]
    ) async throws -> FoundRows? {
        if found.isServed {
            let live = try FoundRows(try await pool.query(view.statement, parameters))
            if let live, live.position.rawValue == found.servedPosition { return live }
        }
        guard let schema = found.schema else { return nil }
        if found.unusedSeconds > settings.noteUseAfterSeconds { await builder.noteUse(of: schema) }
        do {
            return try await pool.withTransaction(.readOnlySnapshot) { connection in
                try await connection.set("search_path", schema)
                return try FoundRows(try await connection.query(view.momentStatement, parameters))
            }
        } catch let error as PostgresError where error.sqlstate == "42P01" {
            return nil
        }
    }
}

extension QueryView {
    /// The view's statement without the schema of the published views, so that the search path decides what it reads.
    ///
    /// The live statement keeps the schema: it needs no setting of the session, which a transaction pooler would lose, and no
    /// transaction, which would cost three more round trips.
    package var momentStatement: String {
        statement.replacing("FROM views.", with: "FROM ").replacing("JOIN views.", with: "JOIN ")
    }
}
