import EventSourcing
import FoundationEssentials
import TestSupport
import Testing
import Yams

/// Given these events, then these rows: a folder `Projections/<view>/cases/<case>`.
struct ProjectionCase: Sendable, CustomTestStringConvertible {
    let view: String
    let name: String

    var testDescription: String { "\(view)/\(name)" }

    private var folder: String { "\(Repository.root)/Projections/\(view)/cases/\(name)" }

    static let all: [ProjectionCase] = views.flatMap { view in
        names(in: "\(Repository.root)/Projections/\(view)/cases").map { ProjectionCase(view: view, name: $0) }
    }

    static let views = names(in: "\(Repository.root)/Projections")

    /// Nothing there is nothing found: the tests that need it fail by that.
    private static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { !$0.hasPrefix(".") }.sorted()
    }

    func events() throws -> [LoggedEvent] {
        guard let list = try document("events.yaml").array else { throw NeverHappened(what: "a list of events") }
        return try list.map { entry in
            guard let stream = entry["stream"]?.string.flatMap({ StreamName($0) }), let type = entry["type"]?.string,
                let payload = entry["payload"]
            else { throw NeverHappened(what: "an event with stream, type and payload in \(testDescription)") }
            var event = LoggedEvent(stream, type: type, payload: try json(payload))
            if let actor = entry["actor"]?.string { event.actor = actor }
            if let source = entry["source"]?.string { event.source = source }
            if let roles = entry["roles"]?.array { event.roles = roles.compactMap(\.string) }
            return event
        }
    }

    /// The rows of each table, in no order.
    func rows() throws -> [String: Set<JSONValue>] {
        guard let tables = try document("rows.yaml").object else { throw NeverHappened(what: "tables with rows") }
        return tables.mapValues { Set($0.array ?? []) }
    }

    private func document(_ file: String) throws -> JSONValue {
        guard let node = try Yams.compose(yaml: try text(of: "\(folder)/\(file)")) else { return .null }
        return value(node)
    }

    private func value(_ node: Node) -> JSONValue {
        switch node {
        case .mapping(let mapping):
            .object(
                Dictionary(mapping.map { ($0.key.string ?? "", value($0.value)) }) { first, _ in first })
        case .sequence(let sequence): .array(sequence.map { value($0) })
        case .scalar(let scalar): self.scalar(scalar, node)
        case .alias: .null
        }
    }

    private func scalar(_ scalar: Node.Scalar, _ node: Node) -> JSONValue {
        guard scalar.style == .plain || scalar.style == .any else { return .string(scalar.string) }
        if let integer = Int64(scalar.string) { return .integer(integer) }
        return switch scalar.string {
        case "true": true
        case "false": false
        case "null": nil
        default: .string(scalar.string)
        }
    }
}
