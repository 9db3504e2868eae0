/// Checks manifests against what `template.yaml` declares: every overlay and every branch, whatever is rendered later.
struct TemplateCheck {
    private let names: VariableNames
    private let secrets: Set<String>
    private var problems: [TemplateProblem] = []
    /// References to secrets belong in an `ExternalSecret` and nowhere else.
    private var mayNameSecrets = false

    static func problems(of layers: Layers, under definition: TemplateDefinition) -> [TemplateProblem] {
        var check = TemplateCheck(names: VariableNames(definition), secrets: definition.secrets)
        for (folder, layer) in layers.all {
            check.check(layer.documents, isBase: folder == "base")
            guard let values = layer.chartValues else { continue }
            check.mayNameSecrets = false
            check.check(values)
            if definition.chart == nil {
                check.problems.append(
                    values.place.problem("template.yaml declares no `chart` that would read these values."))
            }
        }
        if definition.chart != nil, layers.base.chartValues == nil {
            check.problems.append(.init(file: "base/values.yaml", message: "The chart's values are missing."))
        }
        return check.problems
    }

    private init(names: VariableNames, secrets: Set<String>) {
        self.names = names
        self.secrets = secrets
    }

    private mutating func check(_ documents: [SourceNode], isBase: Bool) {
        var keys: Set<DocumentKey> = []
        for document in documents {
            guard let key = DocumentKey(document) else {
                problems.append(document.place.problem("A manifest needs `apiVersion`, `kind` and `metadata.name`."))
                continue
            }
            if !keys.insert(key).inserted {
                problems.append(document.place.problem("\(key.kind) \(key.name) is written twice in the same layer."))
            }
            mayNameSecrets = key.kind == "ExternalSecret"
            check(document)
        }
    }

    private mutating func check(_ node: SourceNode) {
        switch node.content {
        case .value: break
        case .text(let text):
            do {
                for operation in try Expression(text).operations {
                    check(operation.variables, at: node.place, isCondition: false)
                }
            } catch {
                problems.append(node.place.problem(error.message))
            }
        case .list(let elements): for element in elements { check(element) }
        case .map(let members):
            do {
                check(try Directive(members, at: node.place))
            } catch {
                problems.append(error)
            }
        }
    }

    private mutating func check(_ directive: Directive) {
        if case .expression(let operation, let place)? = directive.condition {
            check(operation.variables, at: place, isCondition: true)
        }
        switch directive.body {
        case .map(let members): for member in members { check(member.value) }
        case .value(let node): check(node)
        case .digestOf: break
        }
    }

    private mutating func check(_ variables: [String], at place: Place, isCondition: Bool) {
        for variable in variables {
            if !names.contains(variable) {
                problems.append(place.problem("There is no variable `\(variable)`; \(names.advice(for: variable))"))
            }
            if !isCondition, !mayNameSecrets, secrets.contains(where: { variable == "parameters.\($0)" }) {
                problems.append(
                    place.problem("`\(variable)` names a secret: it may only be used in an ExternalSecret."))
            }
        }
    }
}
