import EventSourcing

/// Judges one deployment by its events and by what the systems say is there.
struct FaultVerdict: Sendable {
    let deployment: String
    /// In the order of the stream.
    let events: [JSONValue]
    /// Everything in all systems that bears the deployment's name or is in its zone.
    let things: [JSONValue]

    /// What step made a thing.
    private static let makers = [
        "efs.AccessPoint": "access_point", "s3.Bucket": "bucket", "route53.RecordSet": "name",
        "github.Folder": "commit",
        "argocd.Application": "application",
    ]
    /// How many of each a live deployment has: a name is a CNAME and the TXT record that says whose it is.
    private static let wanted = ["access_point": 1, "bucket": 1, "name": 2, "commit": 1, "application": 1]
    private static let ends: [String: FaultOutcome.End] = [
        "went_live": .live, "compensated": .compensated, "compensation_incomplete": .incomplete,
    ]

    /// How the release of these events has ended; nil while it has not.
    static func end(of events: [JSONValue]) -> FaultOutcome.End? {
        events.reversed().lazy.compactMap { ends[type($0)] }.first
    }

    static func type(_ event: JSONValue) -> String {
        let type = event["type"]?.string ?? ""
        return type.hasPrefix("deployment.") ? String(type.dropFirst("deployment.".count)) : type
    }

    func outcome(seconds: Double) -> FaultOutcome {
        let end = Self.end(of: events) ?? .stuck
        let reasons = events.filter { ["failed", "undo_failed"].contains(Self.type($0)) }
        return FaultOutcome(
            deployment: deployment, end: end, remaining: remaining, duplicates: duplicates(end),
            leftovers: end == .live ? [:] : found, lost: lost(end),
            reason: reasons.last?["payload"]?["reason"]?.string ?? "", seconds: seconds)
    }

    private var remaining: [String] {
        events.last { Self.type($0) == "compensation_incomplete" }?["payload"]?["remaining"]?.array?
            .compactMap(\.string) ?? []
    }

    private var found: [String: [String]] {
        var found: [String: [String]] = [:]
        for thing in things {
            guard let kind = thing["kind"]?.string, let step = Self.makers[kind] else { continue }
            let id = thing["id"]?.string ?? ""
            // Every zone has these of its own.
            if kind == "route53.RecordSet", id.hasSuffix(" NS") || id.hasSuffix(" SOA") { continue }
            found[step, default: []].append("\(kind) \(id)")
        }
        return found
    }

    /// Things, commits and facts that are there more often than they should be.
    private func duplicates(_ end: FaultOutcome.End) -> [String] {
        var duplicates = found.filter { $0.value.count > Self.wanted[$0.key, default: 1] }.flatMap(\.value)
        let commits = things.filter { $0["kind"] == "github.Commit" }
        // One brings the files, and one takes them away.
        if commits.count > (end == .live ? 1 : 2) { duplicates.append("\(commits.count) commits") }
        let facts = [
            "rendered", "access_point_provisioned", "bucket_provisioned", "name_provisioned", "committed",
            "application_declared", "synced", "became_healthy", "went_live", "failed", "cancelled", "compensated",
        ]
        for fact in facts where events.count(where: { Self.type($0) == fact }) > 1 {
            duplicates.append("event \(fact)")
        }
        return duplicates.sorted()
    }

    /// What a live deployment lacks, gaps in the stream, and steps and removals that were begun and have no end.
    private func lost(_ end: FaultOutcome.End) -> [String] {
        var lost: [String] = []
        for (index, event) in events.enumerated() where event["streamVersion"]?.integer != Int64(index + 1) {
            lost.append("an event before version \(event["streamVersion"]?.integer ?? 0)")
        }
        if end == .live {
            for (step, count) in Self.wanted where found[step, default: []].count < count {
                lost.append("what the step \(step) made")
            }
        }
        guard end != .stuck else { return lost }
        lost += open("step_started", Self.stepEnds).map { "the end of the step \($0)" }
        lost += open("undo_started", ["undone": nil, "undo_failed": nil]).map { "the end of taking back \($0)" }
        return lost.sorted()
    }

    /// What ends a step, and which step it is where the event does not say.
    private static let stepEnds: [String: String?] = [
        "step_failed": nil, "step_abandoned": nil, "rendered": "render", "access_point_provisioned": "access_point",
        "bucket_provisioned": "bucket", "name_provisioned": "name", "committed": "commit",
        "application_declared": "application", "synced": "sync", "became_healthy": "health",
    ]

    private func open(_ beginning: String, _ ends: [String: String?]) -> [String] {
        var open: Set<String> = []
        for event in events {
            let (type, step) = (Self.type(event), event["payload"]?["step"]?.string)
            if type == beginning, let step { open.insert(step) }
            if let end = ends[type], let step = end ?? step { open.remove(step) }
        }
        return open.sorted()
    }
}
