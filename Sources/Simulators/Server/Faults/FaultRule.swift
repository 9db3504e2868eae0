import EventSourcing

/// Which requests meet which fault, how often and how likely.
///
///     {"operation": "efs.CreateAccessPoint", "fault": "cut-reply", "times": 1}
///     {"operation": "route53.*", "fault": "throttle", "times": "ever", "probability": 0.2, "seconds": 2}
///     {"method": "PATCH", "path": "/git/refs/", "status": 503, "body": "…", "headers": {}, "afterApplying": true}
///
/// `match` is text that the request's path, query or body must hold; `skip` lets so many matching requests through first.
struct FaultRule: Sendable {
    /// What the request meets: a fault that the vendor words, or an answer written out.
    enum Effect: Sendable {
        case fault(Fault, seconds: Double)
        case answer(Answer, afterApplying: Bool)
    }

    var operation: String?
    var method: String?
    /// Matches anywhere in path and query.
    var path: String?
    var match: String?
    var skip: Int
    /// Nil for ever.
    var timesLeft: Int?
    var probability: Double
    var effect: Effect
    var struck = 0
    /// As it was given, to be shown again.
    let given: JSONValue

    /// `subject` is what the request is about beside its own text.
    func concerns(_ call: Call, _ operation: String, _ subject: String) -> Bool {
        if let wanted = self.operation, !Self.names(wanted, operation) { return false }
        if let method, method != call.method { return false }
        let target = call.query.isEmpty ? call.path : "\(call.path)?\(call.query)"
        if let path, !target.contains(path) { return false }
        if let match,
            ![target, subject, String(decoding: call.body, as: UTF8.self)].contains(where: { $0.contains(match) })
        {
            return false
        }
        guard case .fault(let fault, _) = effect else { return true }
        return call.isRead ? fault.strikesReads : fault.strikesWrites
    }

    /// `efs.*` names all operations of EFS, `*` all.
    private static func names(_ wanted: String, _ operation: String) -> Bool {
        wanted.hasSuffix("*") ? operation.hasPrefix(wanted.dropLast()) : wanted == operation
    }
}

extension FaultRule {
    /// Everything that is wrong with a rule, at once.
    struct Problems: Error, Sendable {
        let texts: [String]
    }

    private static let members: Set = [
        "operation", "method", "path", "match", "skip", "times", "probability", "seconds", "fault", "status", "body",
        "headers", "afterApplying",
    ]

    /// `known` are the operations that the vendor has.
    init(_ value: JSONValue, known: [String]) throws(Problems) {
        guard let object = value.object else { throw Problems(texts: ["a rule is a JSON object"]) }
        var problems = object.keys.filter { !Self.members.contains($0) }.sorted().map {
            "\($0): there is no such member; there are \(Self.members.sorted().joined(separator: ", "))"
        }
        func check(_ name: String, _ needs: String, _ isGood: (JSONValue) -> Bool) {
            if let member = object[name], !isGood(member) { problems.append("\(name): \(needs)") }
        }
        for name in ["method", "path", "match", "body"] { check(name, "give a text") { $0.string != nil } }
        check("operation", "give one of \(known.joined(separator: ", ")), or with a final *") { value in
            value.string.map { wanted in known.contains { Self.names(wanted, $0) } } ?? false
        }
        check("skip", "give a whole number from 0") { ($0.integer ?? -1) >= 0 }
        check("times", "give a whole number from 1, or \"ever\"") { $0 == "ever" || ($0.integer ?? 0) >= 1 }
        check("probability", "give a number from 0 to 1") { (0...1).contains($0.seconds ?? -1) }
        check("seconds", "give a number from 0 to 3600") { (0...3600).contains($0.seconds ?? -1) }
        check("status", "give a status from 200 to 599") { (200...599).contains($0.integer ?? 0) }
        check("headers", "give an object of texts") { $0.object?.values.allSatisfy { $0.string != nil } ?? false }
        check("afterApplying", "give true or false") { $0.bool != nil }
        let names = Fault.allCases.map(\.rawValue).joined(separator: ", ")
        check("fault", "give one of \(names)") { $0.string.flatMap(Fault.init(rawValue:)) != nil }
        if (object["fault"] == nil) == (object["status"] == nil) {
            problems.append("fault, status: give one of the two: a fault (\(names)), or the status of an answer")
        }
        guard problems.isEmpty else { throw Problems(texts: problems) }
        operation = object["operation"]?.string
        method = object["method"]?.string
        path = object["path"]?.string
        match = object["match"]?.string
        skip = Int(object["skip"]?.integer ?? 0)
        timesLeft = object["times"] == "ever" ? nil : Int(object["times"]?.integer ?? 1)
        probability = object["probability"]?.seconds ?? 1
        given = value
        if let fault = object["fault"]?.string.flatMap(Fault.init(rawValue:)) {
            effect = .fault(fault, seconds: object["seconds"]?.seconds ?? fault.standardSeconds)
        } else {
            let answer = Answer(
                Int(object["status"]?.integer ?? 0),
                headers: (object["headers"]?.object ?? [:]).compactMapValues(\.string),
                bytes: Array((object["body"]?.string ?? "").utf8))
            effect = .answer(answer, afterApplying: object["afterApplying"]?.bool ?? false)
        }
    }
}

extension Call {
    var isRead: Bool { method == "GET" || method == "HEAD" }
}
