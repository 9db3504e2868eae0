import Application
package import EventSourcing
import HTTPTypes

extension ArgoCD {
    /// Says in one sentence what forbids the sync, and until when as far as that can be read: the refusal itself names neither.
    func closedWindow(of request: SyncRequest, _ reason: String) async -> SyncStart {
        // They only explain: without them the refusal has to do.
        let assigned: ApplicationSyncWindows? = try? await send(
            .syncWindows(request.application, project: request.project), to: "read sync windows")
        // A role of the project may read it; an account may lack the right.
        let all: ArgoCDProject? = try? await send(.project(request.project), to: "read the project's sync windows")
        let mine = (all?.spec?.syncWindows ?? []).filter { window in
            (assigned?.assignedWindows ?? []).contains { $0.isSame(as: window) }
        }
        let windows = SyncWindows(mine)
        let until = windows.forbiddenUntil(request.at)
        let names = windows.blocking(at: request.at).map(\.words).joined(separator: ", ")
        let what =
            "a sync window of project \(request.project) forbids syncs " + (until.map { "until \($0)" } ?? "now")
        return .notInWindow(why: names.isEmpty ? "\(what): \(reason)" : "\(what) (\(names))", until: until)
    }
}

/// The windows that apply to one application, judged for syncs that are asked for: none of its syncs is automatic.
package struct SyncWindows: Equatable, Sendable {
    private let windows: [SyncWindow]

    package init(_ windows: [SyncWindow]) { self.windows = windows }

    /// Windows that deny and are open; where none does, those that allow and are all shut.
    package func blocking(at now: Timestamp) -> [SyncWindow] {
        let denying = windows.filter { $0.kind == "deny" && $0.manualSync != true && $0.end(at: now) != nil }
        guard denying.isEmpty else { return denying }
        let allowing = windows.filter { $0.kind == "allow" }
        let isOpen = allowing.contains { $0.end(at: now) != nil || $0.manualSync == true }
        return isOpen ? [] : allowing
    }

    /// Nil if nothing is known to forbid it, or it cannot be told when that ends.
    package func forbiddenUntil(_ now: Timestamp) -> Timestamp? {
        let blocking = blocking(at: now)
        return blocking.first?.kind == "deny"
            ? blocking.compactMap { $0.end(at: now) }.max() : blocking.compactMap { $0.nextStart(after: now) }.min()
    }
}

/// One window, as a project declares it.
package struct SyncWindow: Decodable, Equatable, Sendable {
    /// `allow` or `deny`.
    package let kind: String?
    /// Cron's five fields: when the window opens.
    package let schedule: String?
    /// How long it stays open, as Go writes it: `1h30m`.
    package let duration: String?
    /// Whether syncs that are asked for pass all the same.
    package let manualSync: Bool?
    package let timeZone: String?

    /// Argo CD tells an application's windows without their time zone.
    func isSame(as other: SyncWindow) -> Bool {
        (kind, schedule, duration) == (other.kind, other.schedule, other.duration)
    }

    var words: String {
        "\(kind ?? "?") \(schedule ?? "?") for \(duration ?? "?")"
            + (timeZone.map { $0.isEmpty ? "" : ", \($0)" } ?? "")
    }

    private var cron: CronSchedule? { schedule.flatMap { CronSchedule($0, timeZone: timeZone ?? "") } }
    private var minutes: Int? { duration.flatMap(Self.minutes) }

    /// When it shuts, if it is open.
    package func end(at now: Timestamp) -> Timestamp? {
        guard let cron, let minutes else { return nil }
        let start = (0..<minutes).lazy.map { now.minute + .seconds(-60 * $0) }.first { cron.matches($0) }
        return start.map { $0 + .seconds(60 * minutes) }
    }

    /// When it opens next, within eight days.
    package func nextStart(after now: Timestamp) -> Timestamp? {
        guard let cron else { return nil }
        return (1...8 * 24 * 60).lazy.map { now.minute + .seconds(60 * $0) }.first { cron.matches($0) }
    }

    /// Whole minutes of a Go duration; schedules know nothing smaller.
    static func minutes(_ text: String) -> Int? {
        guard let match = text.wholeMatch(of: /(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:\d+s)?/), !text.isEmpty else {
            return nil
        }
        return (match.1.flatMap { Int($0) } ?? 0) * 60 + (match.2.flatMap { Int($0) } ?? 0)
    }
}

extension Timestamp {
    fileprivate var minute: Timestamp { Timestamp(microseconds: microseconds - microseconds % 60_000_000) }
}

/// What Argo CD says of an application's windows.
private struct ApplicationSyncWindows: Decodable, Sendable {
    let assignedWindows: [SyncWindow]?
}

/// A project, as far as its windows.
private struct ArgoCDProject: Decodable, Sendable {
    let spec: Spec?

    struct Spec: Decodable, Sendable {
        let syncWindows: [SyncWindow]?
    }
}

extension ArgoCDCall {
    package static func syncWindows(_ name: String, project: String) -> ArgoCDCall {
        ArgoCDCall(method: .get, segments: ["applications", name, "syncwindows"], query: ["project": project])
    }

    package static func project(_ name: String) -> ArgoCDCall {
        ArgoCDCall(method: .get, segments: ["projects", name])
    }
}
