import Application
import EventSourcing
import Postgres

/// Sums the generations of each view up into how the view is doing.
struct ProjectionStatuses {
    let definitions: [ProjectionDefinition]

    private struct Entry {
        let digest: String
        let position: Int64
        let state: String
        let failure: String?
    }

    /// `rows` are those of `list_generations.sql`.
    func statuses(_ rows: PostgresRows) throws(PostgresError) -> [ProjectionStatus] {
        var entries: [String: [Entry]] = [:]
        var head: Int64 = 0
        for row in rows {
            head = try row.int64("head")
            entries[try row.string("view"), default: []].append(
                Entry(
                    digest: try row.string("digest"), position: try row.int64("position"),
                    state: try row.string("state"), failure: try row.optionalString("failure")))
        }
        let views = Set(entries.keys).union(definitions.map(\.name)).sorted()
        return views.map { status(of: $0, entries[$0] ?? [], head: head) }
    }

    private func status(of view: String, _ entries: [Entry], head: Int64) -> ProjectionStatus {
        let definition = definitions.first { $0.name == view }
        let live = entries.last { $0.state == "live" }
        let building = entries.last { $0.state == "building" }
        let position = live?.position ?? 0
        return ProjectionStatus(
            view: view,
            state: state(live: live, building: building),
            digest: live?.digest ?? building?.digest ?? definition?.digest ?? "",
            definitionChanged: live.map { $0.digest != definition?.digest } ?? false,
            position: Position(position),
            lag: max(0, head - position),
            failure: live?.failure ?? building?.failure.map { "rebuild: \($0)" },
            buildingPosition: building.map { Position($0.position) })
    }

    private func state(live: Entry?, building: Entry?) -> ProjectionStatus.State {
        if let live { return live.failure == nil ? .live : .failed }
        return building?.failure == nil ? .building : .failed
    }
}
