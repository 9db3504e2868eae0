/// A template that has been read and checked as far as it can be without parameters.
package struct ParsedTemplate: Sendable {
    package let definition: TemplateDefinition
    let layers: Layers

    package init(_ source: TemplateSource) throws(TemplateProblems) {
        var problems: [TemplateProblem] = []
        var layers = Layers()
        var definition: TemplateDefinition?
        for (path, text) in source.files.sorted(by: { $0.key < $1.key }) {
            do {
                switch try Self.place(path) {
                case .ignored: break
                case .definition: definition = try DefinitionReader.read(text, file: path)
                case .base(let isValues): try layers.base.add(text, file: path, isValues: isValues)
                case .overlay(let name, let isValues):
                    try layers.overlays[name, default: .init()].add(text, file: path, isValues: isValues)
                }
            } catch {
                problems += error.problems
            }
        }
        if source.files["template.yaml"] == nil {
            problems.append(.init(file: "template.yaml", message: "The file is missing."))
        }
        if layers.base.documents.isEmpty, problems.isEmpty {
            problems.append(.init(file: "base", message: "There is no manifest."))
        }
        if let definition { problems += TemplateCheck.problems(of: layers, under: definition) }
        guard problems.isEmpty, let definition else { throw TemplateProblems(problems) }
        self.definition = definition
        self.layers = layers
    }

    private static func place(_ path: String) throws(TemplateProblems) -> TemplatePath {
        do {
            return try TemplatePath(path)
        } catch {
            throw TemplateProblems([TemplateProblem(file: path, message: error.message)])
        }
    }
}

extension Layers.Layer {
    fileprivate mutating func add(_ text: String, file: String, isValues: Bool) throws(TemplateProblems) {
        let read = try YAMLReader.documents(text, file: file)
        guard isValues else {
            documents += read
            return
        }
        guard read.count == 1, read[0].members != nil else {
            throw TemplateProblems([TemplateProblem(file: file, message: "Chart values are one map.")])
        }
        chartValues = read[0]
    }
}

extension TemplateDefinition {
    /// Reads and checks the whole template, not only `template.yaml`: what passes here can be offered to people.
    package init(source: TemplateSource) throws(TemplateProblems) {
        self = try ParsedTemplate(source).definition
    }
}
