import Application
import EventSourcing
import Postgres

/// Sums the generations of each view up into how the view is doing.
struct ProjectionStatuses {
    let definitions: [ProjectionDefinition]

    private struct Entry {
        let generation: Int64
        let digest: String
        let isOutdated: Bool
        let position: Int64
        let state: String
        let phase: String
        let target: Int64
        let done: Int64
        let total: Int64
        /// Since the build began.
        let seconds: Double
        let rate: Double?
        let failure: ProjectionFailure?

        init(_ row: PostgresRow) throws(PostgresError) {
            generation = try row.int64("generation")
            digest = try row.string("digest")
            isOutdated = try row.bool("is_outdated")
            position = try row.int64("position")
            state = try row.string("state")
            phase = try row.string("phase")
            target = try row.int64("target")
            done = try row.int64("work_done")
            total = try row.int64("work_total")
            seconds = try row.double("seconds")
            rate = try row.isNull("rate") ? nil : try row.double("rate")
            var failure: ProjectionFailure?
            if let reason = try row.optionalString("failure") {
                failure = ProjectionFailure(
                    reason: reason, position: try row.optionalInt64("failure_position").map { Position($0) },
                    file: try row.optionalString("failure_file"),
                    line: try row.optionalInt64("failure_line").map { Int($0) },
                    statement: try row.optionalString("failure_statement"))
            }
            self.failure = failure
        }
    }

    /// A definition that could not be built at all.
    private struct Refusal {
        let digest: String
        let failure: ProjectionFailure
    }

    /// The readers' rights suffice.
    func read(from pool: PostgresPool) async throws(PostgresError) -> [ProjectionStatus] {
        var refusals: [String: Refusal] = [:]
        for row in try await pool.query(Statement.listRefusals) {
            let failure = ProjectionFailure(
                reason: try row.string("reason"), file: try row.optionalString("file"),
                line: try row.optionalInt64("line").map { Int($0) }, statement: try row.optionalString("statement"))
            refusals[try row.string("view")] = Refusal(digest: try row.string("digest"), failure: failure)
        }
        return try statuses(try await pool.query(Statement.listGenerations), refusals)
    }

    /// `rows` are those of `list_generations.sql`.
    private func statuses(
        _ rows: PostgresRows, _ refusals: [String: Refusal]
    ) throws(PostgresError) -> [ProjectionStatus] {
        var entries: [String: [Entry]] = [:]
        var head: Int64 = 0
        for row in rows {
            head = try row.int64("head")
            entries[try row.string("view"), default: []].append(try Entry(row))
        }
        let views = Set(entries.keys).union(definitions.map(\.name)).sorted()
        return views.map { status(of: $0, entries[$0] ?? [], refusals[$0], head: head) }
    }

    private func status(
        of view: String, _ entries: [Entry], _ refused: Refusal?, head: Int64
    ) -> ProjectionStatus {
        let definition = definitions.first { $0.name == view }
        let live = entries.last { $0.state == "live" }
        let building = entries.last { $0.state == "building" }
        let position = live?.position ?? 0
        // One of another definition is over.
        let refusal = refused?.digest == definition?.digest ? refused?.failure : nil
        return ProjectionStatus(
            view: view,
            state: state(live: live, building: building, refusal),
            generation: live?.generation,
            digest: live?.digest ?? building?.digest ?? definition?.digest ?? "",
            definitionChanged: live.map { $0.digest != definition?.digest || $0.isOutdated } ?? false,
            position: Position(position),
            lag: max(0, head - position),
            // A mean that fades: what is left of it long after is nothing.
            eventsPerSecond: (live?.rate).map { ($0 * 10).rounded() / 10 },
            failure: live?.failure ?? building?.failure ?? refusal,
            building: building.map { progress(of: view, $0, head: head) },
            hasPrevious: entries.contains { $0.state == "retired" })
    }

    private func state(live: Entry?, building: Entry?, _ refusal: ProjectionFailure?) -> ProjectionStatus.State {
        if let live { return live.failure == nil ? .live : .failed }
        return (building?.failure ?? refusal) == nil ? .building : .failed
    }

    private func progress(of view: String, _ entry: Entry, head: Int64) -> RebuildProgress {
        let phase: RebuildProgress.Phase =
            entry.failure != nil ? .failed : RebuildProgress.Phase(stored: entry.phase)
        // What was appended since counts too: the whole is the log as it is now.
        let tail = max(0, head - entry.target)
        let tailDone = max(0, entry.position - entry.target)
        let total = max(entry.total, entry.done) + tail
        let done = min(total, entry.done + tailDone)
        let rate = entry.seconds > 0 && done > 0 ? Double(done) / entry.seconds : nil
        return RebuildProgress(
            view: view, generation: entry.generation, phase: phase, done: done, total: total,
            eventsPerSecond: phase.isOver ? nil : rate,
            secondsLeft: phase.isOver ? nil : rate.map { Double(total - done) / $0 },
            position: Position(max(entry.position, entry.target)), failure: entry.failure)
    }
}

extension RebuildProgress.Phase {
    /// As the registry keeps it.
    fileprivate init(stored: String) {
        self =
            switch stored {
            case "folding": .folding
            case "indexing": .indexing
            case "held": .held
            default: .catchingUp
            }
    }
}
