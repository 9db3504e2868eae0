import EventSourcing
import Templating

/// All that a plan was made from and would make, as texts under names: equal parts have one digest, and what differs can be named.
package struct PlanParts: Codable, Equatable, Sendable {
    /// By name: `template/version`, `parameters/workers`, `git/ConfigMap-shop.yaml`.
    package private(set) var values: [String: String] = [:]

    package init() {}

    package init(from decoder: any Decoder) throws {
        values = try decoder.singleValueContainer().decode([String: String].self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(values)
    }

    /// Over names and texts in the order of the names, each after its length.
    package var digest: String { "sha256:\(FileDigest.of(values))" }

    mutating func add(_ name: String, _ text: String?) {
        if let text { values[name] = text }
    }

    /// The leaves of a JSON value. Texts are quoted, so that "2" is not 2.
    mutating func add(_ name: String, _ value: JSONValue) {
        switch value {
        case .object(let members) where !members.isEmpty: for (key, member) in members { add("\(name)/\(key)", member) }
        case .array(let items) where !items.isEmpty:
            for (index, item) in items.enumerated() { add("\(name)/\(index)", item) }
        case .object: values[name] = "{}"
        case .array: values[name] = "[]"
        case .string(let text): values[name] = "\"\(text)\""
        case .integer(let number): values[name] = String(number)
        case .number(let number): values[name] = String(number)
        case .bool(let flag): values[name] = String(flag)
        case .null: values[name] = "null"
        }
    }

    mutating func add(_ name: String, files: [String: String]) {
        for (path, text) in files { values["\(name)/\(path)"] = FileDigest.of([path: text]) }
    }

    /// What is otherwise in `other`, which came later: a line each, in the order of the names.
    package func differences(to other: PlanParts) -> [String] {
        Set(values.keys).union(other.values.keys).sorted().compactMap { name in
            let (was, now) = (values[name], other.values[name])
            return was == now ? nil : Self.line(name, was, now)
        }
    }

    private static func line(_ name: String, _ was: String?, _ now: String?) -> String {
        let (section, rest) = name.parted
        switch section {
        case Self.git:
            let what = was == nil ? "is new" : now == nil ? "is gone" : "has another content"
            return "Git: \(rest) \(what)"
        case Self.rendered:
            let what = was == nil ? "would come too" : now == nil ? "would not come" : "would have another content"
            return "rendered files: \(rest) \(what)"
        default: return "\(section): \(rest) was \(was ?? "absent"), is \(now ?? "absent")"
        }
    }

    static let git = "git"
    static let rendered = "rendered"
}

extension String {
    /// At the first slash.
    fileprivate var parted: (section: String, rest: String) {
        guard let slash = firstIndex(of: "/") else { return (self, self) }
        return (String(self[..<slash]), String(self[index(after: slash)...]))
    }
}
