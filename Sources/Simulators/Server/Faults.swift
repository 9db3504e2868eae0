import EventSourcing

/// Faults on demand: `POST /_simulator/faults` adds rules, `DELETE` clears them.
///
/// A rule: `{"method": "PATCH", "path": "/git/refs/", "times": 1, "status": 503, "body": "…", "headers": {},
/// "afterApplying": true}`. `path` matches anywhere in path and query; only `status` is required. `afterApplying` lets the
/// vendor do the work and then answers with the fault: the reply that got lost.
actor Faults {
    /// One rule and how often it still strikes.
    struct Rule: Sendable {
        var method: String?
        var path: String
        var timesLeft: Int
        var status: Int
        var body: String
        var headers: [String: String]
        var afterApplying: Bool

        init?(_ value: JSONValue) {
            guard let status = value["status"]?.integer else { return nil }
            self.status = Int(status)
            method = value["method"]?.string
            path = value["path"]?.string ?? "/"
            timesLeft = Int(value["times"]?.integer ?? 1)
            body = value["body"]?.string ?? ""
            headers = (value["headers"]?.object ?? [:]).compactMapValues(\.string)
            afterApplying = value["afterApplying"]?.bool ?? false
        }

        var answer: Answer { Answer(status, headers: headers, bytes: Array(body.utf8)) }
    }

    private var rules: [Rule] = []
    private var counts: [String: Int] = [:]

    func add(_ rule: Rule) { rules.append(rule) }

    func clear() { rules = [] }

    /// Counts the request, and returns the rule that strikes it.
    func meet(_ call: Call) -> Rule? {
        counts[call.method, default: 0] += 1
        let target = call.query.isEmpty ? call.path : "\(call.path)?\(call.query)"
        guard
            let index = rules.firstIndex(where: {
                $0.timesLeft > 0 && ($0.method ?? call.method) == call.method && target.contains($0.path)
            })
        else { return nil }
        rules[index].timesLeft -= 1
        return rules[index]
    }

    /// Requests seen since the start, by method.
    var requestsSeen: JSONValue { .object(counts.mapValues { .integer(Int64($0)) }) }
}
