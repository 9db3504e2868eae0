import Cryptography

/// One walk over merged documents that replaces expressions by values, and never looks at a value again.
struct Evaluation {
    private let scope: Scope
    private let documents: [SourceNode]
    private(set) var problems: [TemplateProblem] = []
    /// Documents whose digest is being taken, so that two cannot wait for each other.
    private var digesting: [Int] = []

    init(_ documents: [SourceNode], in scope: Scope) {
        self.documents = documents
        self.scope = scope
    }

    /// The value of a node; nil where its `$if` is false.
    mutating func value(of node: SourceNode) -> ManifestValue? {
        switch node.content {
        case .value(let value): return value
        case .text(let text):
            do {
                return try Expression(text).evaluate(in: scope)
            } catch {
                problems.append(node.place.problem(error.message))
                return .null
            }
        case .list(let elements):
            var values: [ManifestValue] = []
            for element in elements {
                if let value = value(of: element) { values.append(value) }
            }
            return .list(values)
        case .map(let members):
            do {
                return try value(of: Directive(members, at: node.place))
            } catch {
                problems.append(error)
                return .null
            }
        }
    }

    private mutating func value(of directive: Directive) throws(TemplateProblem) -> ManifestValue? {
        switch directive.condition {
        case nil, .fixed(true): break
        case .fixed(false): return nil
        case .expression(let operation, let place):
            do {
                guard try operation.isTrue(in: scope) else { return nil }
            } catch {
                throw place.problem(error.message)
            }
        }
        switch directive.body {
        case .value(let node): return value(of: node)
        case .digestOf(let reference, let place): return .string(try digest(of: reference, at: place))
        case .map(let members):
            var values: [ManifestValue.Member] = []
            for member in members {
                if let value = value(of: member.value) { values.append(.init(key: member.key, value: value)) }
            }
            return .map(values)
        }
    }

    private mutating func digest(of reference: String, at place: Place) throws(TemplateProblem) -> String {
        let index = documents.firstIndex { document in
            DocumentKey(document).map { "\($0.kind)/\($0.name)" == reference } ?? false
        }
        guard let index else {
            throw place.problem("There is no document `\(reference)`; give `<kind>/<name>` as written in the base.")
        }
        guard !digesting.contains(index) else { throw place.problem("`\(reference)` would need its own digest.") }
        digesting.append(index)
        defer { digesting.removeLast() }
        let value = value(of: documents[index])
        return String(SHA256.hash(utf8: value.map(YAMLWriter.document) ?? "").hex.prefix(16))
    }
}
