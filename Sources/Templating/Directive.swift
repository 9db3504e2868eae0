/// What the reserved keys of a map ask for; everything in a template that is not an expression goes through here.
///
/// - `$if: <expression>` the map, with the entry, list item or document that it is, exists only where the expression is true.
/// - `$value: …` stands for the map's value, so that `$if` can guard what is not a map.
/// - `$digestOf: <kind>/<name>` becomes the first 16 digits of the SHA-256 of another document as rendered.
struct Directive {
    let condition: Condition?
    let body: Body

    /// When the map exists.
    enum Condition {
        case fixed(Bool)
        case expression(Operation, Place)
    }

    /// What is left when the reserved keys are taken away.
    enum Body {
        case map([SourceNode.Member])
        case value(SourceNode)
        case digestOf(String, Place)
    }

    init(_ members: [SourceNode.Member], at place: Place) throws(TemplateProblem) {
        var plain: [SourceNode.Member] = []
        var condition: Condition?
        var replacement: Body?
        for member in members {
            switch member.key {
            case "$if": condition = try Self.condition(member.value)
            case "$value": replacement = .value(member.value)
            case "$digestOf":
                guard let text = member.value.text else { throw member.value.place.problem("Give `<kind>/<name>`.") }
                replacement = .digestOf(text, member.value.place)
            case let key where key.hasPrefix("$"):
                throw member.value.place.problem(
                    "`\(key)` is not known; reserved keys are `$if`, `$value` and `$digestOf`.")
            default: plain.append(member)
            }
        }
        guard replacement == nil || (plain.isEmpty && members.count <= 2) else {
            throw place.problem("Beside `$value` or `$digestOf` only `$if` may stand.")
        }
        self.condition = condition
        body = replacement ?? .map(plain)
    }

    private static func condition(_ node: SourceNode) throws(TemplateProblem) -> Condition {
        switch node.content {
        case .value(.bool(let flag)): return .fixed(flag)
        case .text(let text):
            do {
                return .expression(try Operation(text), node.place)
            } catch {
                throw node.place.problem(error.message)
            }
        default: throw node.place.problem("`$if` needs an expression such as `parameters.replicas > 1`.")
        }
    }
}
