import EventSourcing
import Synchronization

/// Tells a deployment's events as they happen: step, state, duration, evidence.
final class DemoStory: Sendable {
    let deployment: String
    let terminal: Terminal
    private let beginnings = Mutex<[String: Timestamp]>([:])

    enum Outcome: Equatable {
        case live
        case ended(String)
    }

    init(deployment: String, terminal: Terminal) {
        self.deployment = deployment
        self.terminal = terminal
    }

    func ending(_ outcome: Outcome) -> String {
        if case .ended(let how) = outcome { how } else { "it is live" }
    }

    /// Reads until the release has ended one way or the other.
    func follow(_ feed: EventFeed) async throws -> Outcome {
        var reason = ""
        var outcome = Outcome.ended("it never ended")
        try await feed.read(after: 0) { event in
            let type = (event["type"]?.string ?? "").replacingPrefix("deployment.", with: "")
            let payload = event["payload"] ?? .null
            let at = event["recordedAt"]?.string.flatMap { Timestamp($0) } ?? Timestamp(microseconds: 0)
            if type == "failed" || type == "cancelled" { reason = payload["reason"]?.string ?? "" }
            tell(type, payload, at)
            switch type {
            case "went_live": outcome = .live
            case "compensated": outcome = .ended("\(reason); everything it had made is removed")
            case "compensation_incomplete":
                let remaining = payload["remaining"]?.array?.compactMap(\.string).joined(separator: ", ") ?? ""
                outcome = .ended("\(reason); this remains: \(remaining)")
            default: return true
            }
            return false
        }
        return outcome
    }

    private func tell(_ type: String, _ payload: JSONValue, _ at: Timestamp) {
        let step = payload["step"]?.string ?? ""
        switch type {
        case "requested": begin("release", at)
        case "step_started":
            begin(step, at)
            write("●", .blue, step, "started", nil, "")
        case "rendered": done("render", at, "\(payload["files"]?.array?.count ?? 0) files")
        case "access_point_provisioned": done("access_point", at, text(payload, "accessPoint"))
        case "bucket_provisioned": done("bucket", at, text(payload, "bucket"))
        case "name_provisioned": done("name", at, "\(text(payload, "name")) → \(text(payload, "target"))")
        case "committed": done("commit", at, String(text(payload, "commit").prefix(12)))
        case "application_declared": done("application", at, text(payload, "application"))
        case "synced": done("sync", at, "at \(text(payload, "revision").prefix(12))")
        case "became_healthy": done("health", at, "healthy, stable for \(payload["stableSeconds"]?.integer ?? 0) s")
        case "attempt_failed", "undo_attempt_failed":
            write("↻", .yellow, step, "retrying", nil, text(payload, "reason"))
        case "step_failed", "undo_failed": write("✗", .red, step, "failed", elapsed(step, at), text(payload, "reason"))
        case "undo_started": begin(step, at)
        case "undone": write("↩", .yellow, step, "undone", elapsed(step, at), text(payload, "evidence"))
        case "went_live": write("✓", .green, "release", "live", elapsed("release", at), deployment)
        case "failed", "cancelled": write("✗", .red, "release", type, elapsed("release", at), text(payload, "reason"))
        default: break
        }
    }

    private func done(_ step: String, _ at: Timestamp, _ evidence: String) {
        write("✓", .green, step, "succeeded", elapsed(step, at), evidence)
    }

    private func write(
        _ sign: String, _ colour: Terminal.Colour, _ step: String, _ state: String, _ time: String?, _ evidence: String
    ) {
        terminal.line(
            "  \(terminal.styled(sign, colour)) \(step.padding(to: 14))\(state.padding(to: 11))"
                + "\((time ?? "").padding(to: 9))\(terminal.styled(evidence, .grey))")
    }

    private func begin(_ step: String, _ at: Timestamp) { beginnings.withLock { $0[step] = at } }

    private func elapsed(_ step: String, _ at: Timestamp) -> String? {
        beginnings.withLock { $0[step] }.map { begun in
            let tenths = (at.microseconds - begun.microseconds) / 100_000
            return "\(tenths / 10).\(tenths % 10) s"
        }
    }

    private func text(_ payload: JSONValue, _ key: String) -> String { payload[key]?.string ?? "" }
}

extension String {
    fileprivate func replacingPrefix(_ prefix: String, with other: String) -> String {
        hasPrefix(prefix) ? other + dropFirst(prefix.count) : self
    }
}
