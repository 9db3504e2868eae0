import Cryptography
import EventSourcing

/// All that Argo CD's simulator keeps.
struct ArgoCDState: Codable, Sendable, Equatable {
    var applications: [String: ArgoCDApplication] = [:]
    /// Digests of session tokens and when they end.
    var sessions: [String: Timestamp] = [:]
    var version = 1
    /// By project; nil before there were any.
    var syncWindows: [String: [ArgoCDSyncWindow]]?

    /// Lets what is due by `now` happen: operations end, deleted applications vanish.
    mutating func settle(at now: Timestamp, pace: Pace) {
        for (name, application) in applications {
            if let since = application.deletingSince, now.hasPassed(pace.deletionSeconds, since: since) {
                applications[name] = nil
                version += 1
                continue
            }
            guard application.isOperating else { continue }
            var next = application
            next.settle(at: now, pace: pace)
            if !next.isOperating { put(next) }
        }
    }

    mutating func put(_ application: ArgoCDApplication) {
        version += 1
        var next = application
        next.version = version
        applications[application.name] = next
    }
}

/// One Application: what was asked for, what the repository says and what was applied.
struct ArgoCDApplication: Codable, Sendable, Equatable {
    /// A sync, running or ended.
    struct Operation: Codable, Sendable, Equatable {
        var startedAt: Timestamp
        var finishedAt: Timestamp?
        /// `operation` as the API shows it.
        var request: JSONValue
        var rendering: ArgoCDRendering
        var phase = "Running"
        var message = "waiting for completion"
        var results: [JSONValue] = []
    }

    /// An object in the cluster.
    struct Live: Codable, Sendable, Equatable {
        var resource: ArgoCDResource
        var appliedAt: Timestamp
        var createdAt: Timestamp
    }

    /// A successful sync.
    struct Deployed: Codable, Sendable, Equatable {
        var id: Int
        var revision: String
        var startedAt: Timestamp
        var deployedAt: Timestamp
        var initiatedBy: JSONValue
    }

    let name: String
    let uid: String
    let createdAt: Timestamp
    var labels: JSONValue
    var annotations: JSONValue
    var finalizers: [String]
    var spec: JSONValue
    var generation = 1
    var version = 1
    var target: ArgoCDRendering
    var reconciledAt: Timestamp
    var operation: Operation?
    var live: [String: Live] = [:]
    var history: [Deployed] = []
    var deletingSince: Timestamp?

    var project: String { spec["project"]?.string ?? "default" }
    var targetRevision: String { spec["source"]?["targetRevision"]?.string ?? "HEAD" }
    var isAutomated: Bool { spec["syncPolicy"]?["automated"]?.object != nil }
    var isOperating: Bool { operation?.phase == "Running" }

    /// Synced means that the cluster holds just what the target revision says.
    var syncStatus: String {
        if target.problem != nil { return "Unknown" }
        let wanted = Dictionary(target.resources.map { ($0.key, $0.digest) }) { $1 }
        return wanted == live.mapValues(\.resource.digest) ? "Synced" : "OutOfSync"
    }

    mutating func settle(at now: Timestamp, pace: Pace) {
        guard var running = operation, running.phase == "Running",
            now.hasPassed(pace.syncSeconds, since: running.startedAt)
        else { return }
        let end = running.startedAt.adding(pace.syncSeconds)
        running.finishedAt = end
        if let problem = running.rendering.problem {
            running.phase = "Error"
            running.message = "ComparisonError: \(Self.comparisonError(problem))"
        } else if let nameless = running.rendering.resources.first(where: { $0.name.isEmpty }) {
            running.phase = "Failed"
            running.message =
                "one or more objects failed to apply, reason: \(nameless.kind): resource name may not be empty"
            running.results = running.rendering.resources.map {
                result($0, $0.name.isEmpty ? "SyncFailed" : "Synced", "resource name may not be empty")
            }
        } else {
            let isDryRun = running.request["sync"]?["dryRun"]?.bool == true
            running.results = apply(running, at: end, isDryRun: isDryRun)
            running.phase = "Succeeded"
            running.message = "successfully synced (all tasks run)"
            if !isDryRun { record(running, at: end) }
        }
        operation = running
        reconciledAt = max(reconciledAt, end)
    }

    private mutating func record(_ operation: Operation, at end: Timestamp) {
        history.append(
            Deployed(
                id: (history.last?.id ?? -1) + 1, revision: operation.rendering.revision,
                startedAt: operation.startedAt, deployedAt: end,
                initiatedBy: operation.request["initiatedBy"] ?? [:]))
        history = history.suffix(10)  // Argo CD's revisionHistoryLimit.
    }

    /// Unchanged objects keep their age; those gone from Git stay unless pruning was asked for.
    private mutating func apply(_ operation: Operation, at end: Timestamp, isDryRun: Bool) -> [JSONValue] {
        var next = live
        var results: [JSONValue] = []
        for resource in operation.rendering.resources {
            let old = live[resource.key]
            let verb = old == nil ? "created" : old?.resource.digest == resource.digest ? "unchanged" : "configured"
            if verb != "unchanged" {
                next[resource.key] = Live(resource: resource, appliedAt: end, createdAt: old?.createdAt ?? end)
            }
            let target = "\(resource.kind.lowercased())\(resource.group.isEmpty ? "" : ".\(resource.group)")"
            results.append(result(resource, "Synced", "\(target)/\(resource.name) \(verb)"))
        }
        let wanted = Set(operation.rendering.resources.map(\.key))
        let prunes = operation.request["sync"]?["prune"]?.bool == true
        for (key, old) in live.sorted(by: { $0.key < $1.key }) where !wanted.contains(key) {
            if prunes { next[key] = nil }
            results.append(
                result(
                    old.resource, prunes ? "Pruned" : "PruneSkipped", prunes ? "pruned" : "ignored (requires pruning)"))
        }
        if !isDryRun { live = next }
        return results
    }

    private func result(_ resource: ArgoCDResource, _ status: String, _ message: String) -> JSONValue {
        [
            "group": .string(resource.group), "version": .string(resource.version), "kind": .string(resource.kind),
            "namespace": .string(resource.namespace), "name": .string(resource.name), "status": .string(status),
            "message": .string(message), "hookPhase": status == "SyncFailed" ? "Failed" : "Running",
            "syncPhase": "Sync",
        ]
    }

    static func comparisonError(_ problem: String) -> String {
        "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown "
            + "desc = \(problem)"
    }
}

/// Health as Argo CD's checks judge it, worst last.
enum ArgoCDHealth: Int, Comparable, Sendable {
    case healthy
    case progressing
    case missing
    case degraded

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    var text: String {
        switch self {
        case .healthy: "Healthy"
        case .progressing: "Progressing"
        case .missing: "Missing"
        case .degraded: "Degraded"
        }
    }
}

extension ArgoCDApplication {
    /// Kinds whose health takes time: the others are healthy as soon as they exist.
    private static let slow: Set = [
        "Deployment", "StatefulSet", "DaemonSet", "Job", "Pod", "Ingress", "PersistentVolumeClaim", "Cluster",
    ]

    /// A workload becomes healthy after the pace's seconds; one with an image tagged `does-not-exist` misses its deadline.
    func health(of resource: Live, at now: Timestamp, pace: Pace) -> (ArgoCDHealth, String?) {
        guard Self.slow.contains(resource.resource.kind) else { return (.healthy, nil) }
        let name = resource.resource.name
        guard now.hasPassed(pace.healthSeconds, since: resource.appliedAt) else {
            return (.progressing, "Waiting for rollout to finish: 0 of 1 updated replicas are available...")
        }
        guard !resource.resource.images.contains(where: { $0.hasSuffix(":does-not-exist") }) else {
            return (.degraded, "\(resource.resource.kind) \"\(name)\" exceeded its progress deadline")
        }
        return (.healthy, nil)
    }

    func health(at now: Timestamp, pace: Pace) -> (ArgoCDHealth, String?) {
        var worst: (ArgoCDHealth, String?) = (.healthy, nil)
        for resource in live.values {
            let one = health(of: resource, at: now, pace: pace)
            if one.0 > worst.0 { worst = one }
        }
        let isMissing = target.resources.contains { live[$0.key] == nil } || (live.isEmpty && target.problem != nil)
        return isMissing && worst.0 < .missing ? (.missing, nil) : worst
    }
}
