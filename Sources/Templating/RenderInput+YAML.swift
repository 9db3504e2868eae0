package import EventSourcing
import FoundationEssentials

extension RenderInput {
    /// Reads the input from YAML or JSON text, as test cases and `deploycenter templates render` keep it.
    package init(yaml text: String, file: String) throws(TemplateProblems) {
        let value = try YAMLText.read(text, file: file)
        do {
            self = try JSONDecoder().decode(RenderInput.self, from: JSONEncoder().encode(value))
        } catch {
            throw TemplateProblems([TemplateProblem(file: file, message: "It is not a render input: \(error)")])
        }
    }
}

/// YAML text as JSON values, under the same strict rules as a template's own files.
package enum YAMLText {
    /// The one document of `text`; null where there is none.
    package static func read(_ text: String, file: String) throws(TemplateProblems) -> JSONValue {
        let documents = try YAMLReader.documents(text, file: file)
        guard documents.count <= 1 else {
            throw TemplateProblems([TemplateProblem(file: file, message: "There must be one document.")])
        }
        return documents.first?.literal.json ?? .null
    }
}
