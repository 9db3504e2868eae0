import Domain
import EventSourcing
import FoundationEssentials

/// How long steps took, counted in Swift from the events: the view is written apart and must agree.
struct StepDurationRules {
    struct Group: Hashable {
        let step: String
        let version: String
    }

    struct Figures: Equatable {
        var seconds: [Double] = []
        var failures = 0
        var abandoned = 0
        var attempts = 0

        /// Between two values in proportion, as `percentile_cont` has it.
        func percentile(_ share: Double) -> Double? {
            guard !seconds.isEmpty else { return nil }
            let sorted = seconds.sorted()
            let rank = share * Double(sorted.count - 1)
            let below = Int(rank)
            let above = min(below + 1, sorted.count - 1)
            return sorted[below] + (sorted[above] - sorted[below]) * (rank - Double(below))
        }
    }

    /// What ended last: a step that begins again forgets how it ended before.
    private var endings: [Work: (group: Group, figures: Figures)] = [:]

    var figures: [Group: Figures] {
        endings.values.reduce(into: [:]) { all, ending in
            var sum = all[ending.group, default: Figures()]
            sum.seconds += ending.figures.seconds
            sum.failures += ending.figures.failures
            sum.abandoned += ending.figures.abandoned
            sum.attempts += ending.figures.attempts
            all[ending.group] = sum
        }
    }

    private struct Work: Hashable {
        let stream: StreamName
        let number: Int64
        let step: String
    }
    private var beginnings: [Work: (second: Int, attempts: Int)] = [:]
    private var versions: [StreamName: String] = [:]
    private var second = 0

    private static let results = [
        "rendered": "render", "access_point_provisioned": "access_point", "bucket_provisioned": "bucket",
        "name_provisioned": "name", "committed": "commit", "application_declared": "application", "synced": "sync",
        "became_healthy": "health",
    ]

    /// Events are a second apart.
    mutating func take(_ event: LoggedEvent) throws {
        second += 1
        guard event.stream.category == "deployment" else { return }
        let payload = try JSONDecoder().decode(JSONValue.self, from: Data(event.payload.utf8))
        let name = event.type.replacing("deployment.", with: "")
        guard let number = payload["number"]?.integer else { return }
        func work(_ step: String) -> Work { Work(stream: event.stream, number: number, step: step) }
        let step = payload["step"]?.string ?? ""
        switch name {
        case "requested":
            versions[event.stream] = payload["release"]?["templateVersion"]?.string
            beginnings[work("release")] = (second, 1)
        case "step_started":
            beginnings[work(step)] = (second, 1)
            endings[work(step)] = nil
        case "attempt_failed": beginnings[work(step)]?.attempts = Int(payload["attempt"]?.integer ?? 0) + 1
        case "step_failed":
            let attempts = max(beginnings[work(step)]?.attempts ?? 1, Int(payload["attempts"]?.integer ?? 0))
            beginnings[work(step)]?.attempts = attempts
            end(work(step)) { figures, _ in figures.failures += 1 }
        case "step_abandoned": end(work(step)) { figures, _ in figures.abandoned += 1 }
        case "went_live": end(work("release")) { figures, seconds in figures.seconds.append(seconds) }
        case "failed": end(work("release")) { figures, _ in figures.failures += 1 }
        case "cancelled", "superseded": end(work("release")) { figures, _ in figures.abandoned += 1 }
        default:
            guard let step = Self.results[name] else { return }
            end(work(step)) { figures, seconds in figures.seconds.append(seconds) }
        }
    }

    private mutating func end(_ work: Work, _ note: (inout Figures, Double) -> Void) {
        guard let beginning = beginnings[work] else { return }
        let group = Group(step: work.step, version: versions[work.stream] ?? "")
        var figures = Figures(attempts: beginning.attempts)
        note(&figures, Double(second - beginning.second))
        endings[work] = (group, figures)
    }
}

/// What exists of a deployment, by the rules of the domain.
struct ResourceRules {
    struct Thing: Hashable, Comparable, CustomStringConvertible {
        let kind: String
        let identity: String
        /// Of a commit the rules name the release that it stands for, the view the one that it came with.
        let release: Int64?

        var description: String { "\(kind)/\(identity)/\(release.map(String.init) ?? "")" }
        static func < (left: Thing, right: Thing) -> Bool { left.description < right.description }
    }

    let state: Deployment.State

    var things: [Thing] {
        let resources = state.resources
        var things: [Thing] = []
        func add(_ kind: String, _ identity: String?, _ release: Int?) {
            if let identity { things.append(Thing(kind: kind, identity: identity, release: release.map { Int64($0) })) }
        }
        add("access_point", resources.accessPoint?.value, resources.accessPoint?.release)
        add("bucket", resources.bucket?.value, resources.bucket?.release)
        add("name", resources.name?.value, resources.name?.release)
        add("commit", resources.commit?.value, nil)
        add("application", resources.application?.value.name, resources.application?.release)
        return things.sorted()
    }
}
