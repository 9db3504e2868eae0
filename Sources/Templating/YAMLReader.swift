import Yams

/// Reads YAML into nodes that know their lines, and refuses what people and programs read differently.
struct YAMLReader {
    private let file: String
    private var nodeCount = 0
    private(set) var problems: [TemplateProblem] = []

    /// Aliases are expanded while reading; a few lines can name billions of nodes.
    private static let nodesMax = 20_000

    private init(file: String) { self.file = file }

    /// The documents of a file; empty documents are left out.
    static func documents(_ text: String, file: String) throws(TemplateProblems) -> [SourceNode] {
        var reader = YAMLReader(file: file)
        var documents: [SourceNode] = []
        do {
            // Not `compose_all`: its sequence ends at an error without telling.
            let parser = try Yams.Parser(yaml: text)
            while let root = try parser.nextRoot() {
                let node = reader.node(root)
                if node.content != .value(.null) { documents.append(node) }
                if reader.nodeCount > nodesMax { break }
            }
        } catch let error as YamlError {
            throw TemplateProblems([TemplateProblem(file: file, line: error.line, message: error.short)])
        } catch {
            throw TemplateProblems([TemplateProblem(file: file, message: "It cannot be read: \(error)")])
        }
        if !reader.problems.isEmpty { throw TemplateProblems(reader.problems) }
        return documents
    }

    private mutating func node(_ node: Node) -> SourceNode {
        let place = Place(file: file, line: node.mark?.line)
        nodeCount += 1
        guard nodeCount <= Self.nodesMax else {
            if nodeCount == Self.nodesMax + 1 {
                report(place, "More than \(Self.nodesMax) values: make the file smaller.")
            }
            return SourceNode(place: place, content: .value(.null))
        }
        switch node {
        case .scalar(let scalar): return SourceNode(place: place, content: content(scalar, place))
        case .sequence(let elements): return SourceNode(place: place, content: .list(elements.map { self.node($0) }))
        case .mapping(let members):
            return SourceNode(
                place: place,
                content: .map(members.map { .init(key: key($0.key, place), value: self.node($0.value)) }))
        case .alias:
            report(place, "Aliases are not supported here: write the value out.")
            return SourceNode(place: place, content: .value(.null))
        }
    }

    /// Yams has by now resolved the tags of keys (it looks for duplicates), so they say nothing about the source.
    private mutating func key(_ node: Node, _ place: Place) -> String {
        let place = Place(file: file, line: node.mark?.line ?? place.line)
        guard let scalar = node.scalar, case .text(let text) = content(scalar, place, isKey: true) else {
            report(place, "A key must be a text: write it in quotes.")
            return ""
        }
        if text == "<<" { report(place, "Merge keys are not supported: write the entries out.") }
        if text.contains("{{") { report(place, "Keys are not evaluated: an expression can only be a value.") }
        return text
    }

    private mutating func content(_ scalar: Node.Scalar, _ place: Place, isKey: Bool = false) -> SourceNode.Content {
        if !isKey, ![Tag.implicit, Tag(.nonSpecific), Tag(.str)].contains(scalar.tag) {
            report(place, "The tag \(scalar.tag) is not supported: remove it, and write a text in quotes.")
        }
        // Yams gives quoted scalars the tag of a text.
        guard scalar.style == .plain, isKey || scalar.tag == Tag.implicit else { return .text(scalar.string) }
        switch PlainScalar(scalar.string) {
        case .value(let value): return .value(value)
        case .text: return .text(scalar.string)
        case .ambiguous:
            report(place, "`\(scalar.string)` is read differently by YAML 1.1 and 1.2: write it in quotes.")
            return .text(scalar.string)
        }
    }

    private mutating func report(_ place: Place, _ message: String) { problems.append(place.problem(message)) }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    /// Without the excerpt that Yams adds: the line says enough, and excerpts of values do not belong in problems.
    fileprivate var short: String {
        switch self {
        case .scanner(let context, let problem, _, _), .parser(let context, let problem, _, _),
            .composer(let context, let problem, _, _):
            "It is not YAML: \(context.map { "\($0.text) " } ?? "")\(problem)."
        case .duplicatedKeysInMapping(let keys, _):
            "A key may occur once in a map: \(keys.sorted().joined(separator: ", "))."
        case .reader(let problem, _, _, _): "It is not YAML: \(problem)."
        default: "It is not YAML."
        }
    }
}
