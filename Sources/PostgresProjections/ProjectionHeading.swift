import EventSourcing
import Yams

/// The content of `projection.yaml`.
struct ProjectionHeading {
    let name: String
    let nameLine: Int?
    let purpose: String
    let eventTypes: [EventType]?
    let order: ProjectionDefinition.Order
    let history: String?
}

/// Reads `projection.yaml` and collects what is wrong with it.
struct ProjectionHeadingReader {
    let file: String
    private(set) var problems: [ProjectionProblem] = []

    init(file: String) { self.file = file }

    mutating func read(_ yaml: String) -> ProjectionHeading? {
        let node: Node?
        do {
            node = try Yams.compose(yaml: yaml)
        } catch {
            report(line: nil, "is not YAML: \(error)")
            return nil
        }
        guard let mapping = node?.mapping else {
            report(line: 1, "must have the keys name, purpose and events, and may have order and history")
            return nil
        }
        for (key, _) in mapping where !["name", "purpose", "events", "order", "history"].contains(key.string) {
            report(
                line: key.mark?.line, "has no key \(key.string ?? "like this"): name, purpose, events, order, history")
        }
        let name = text("name", in: mapping)
        let purpose = text("purpose", in: mapping)
        let types = eventTypes(in: mapping)
        let order = order(in: mapping)
        let history = mapping["history"] == nil ? nil : text("history", in: mapping)
        guard problems.isEmpty, let name, let purpose else { return nil }
        return ProjectionHeading(
            name: name, nameLine: mapping["name"]?.mark?.line, purpose: purpose, eventTypes: types, order: order,
            history: history)
    }

    private mutating func text(_ key: String, in mapping: Node.Mapping) -> String? {
        guard let node = mapping[Node(key)] else {
            report(line: nil, "\(key) is missing")
            return nil
        }
        guard let text = node.scalar?.string, !text.isEmpty else {
            report(line: node.mark?.line, "\(key) must be text")
            return nil
        }
        return text
    }

    private mutating func order(in mapping: Node.Mapping) -> ProjectionDefinition.Order {
        guard let node = mapping["order"] else { return .streams }
        guard let order = node.scalar.flatMap({ ProjectionDefinition.Order(rawValue: $0.string) }) else {
            report(line: node.mark?.line, "order must be streams or log")
            return .streams
        }
        return order
    }

    /// Nil for `all`, and where a problem was reported.
    private mutating func eventTypes(in mapping: Node.Mapping) -> [EventType]? {
        guard let node = mapping["events"] else {
            report(line: nil, "events is missing: a list of types, or all")
            return nil
        }
        if node.scalar?.string == "all" { return nil }
        guard let sequence = node.sequence, !sequence.isEmpty else {
            report(line: node.mark?.line, "events must be a list of types, or all")
            return nil
        }
        var types: [EventType] = []
        for element in sequence {
            guard let type = element.scalar?.string, isEventType(type) else {
                report(line: element.mark?.line, "is no event type: category.what_happened")
                continue
            }
            if types.contains(EventType(type)) { report(line: element.mark?.line, "\(type) is there twice") }
            types.append(EventType(type))
        }
        return types
    }

    private mutating func report(line: Int?, _ text: String) {
        problems.append(.init(file: file, line: line, text: text))
    }
}

private func isEventType(_ text: String) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 2
        && parts.allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy {
                    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_")
                }
        }
}
