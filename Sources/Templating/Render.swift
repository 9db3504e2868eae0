import EventSourcing
import JSONSchema

/// Makes the files of one release from a template version and its input: the same arguments give the same bytes, for ever.
///
/// In this order: every file is parsed as YAML; overlays are merged; expressions are evaluated inside scalars, once; the result is
/// written again. A value can therefore never become structure, whatever is in it.
package func render(_ source: TemplateSource, _ input: RenderInput) throws(TemplateProblems) -> RenderedFiles {
    try render(try ParsedTemplate(source), input)
}

/// The same of a template that has been read before: reading takes most of the time.
package func render(_ template: ParsedTemplate, _ input: RenderInput) throws(TemplateProblems) -> RenderedFiles {
    let problems = InputCheck.problems(of: input, for: template.definition)
    if !problems.isEmpty { throw TemplateProblems(problems) }

    let layer = template.layers.merged(environment: input.environment, size: input.size)
    var evaluation = Evaluation(layer.documents, in: Scope(input.variables(template.definition)))
    var output = Output()
    for document in layer.documents {
        if let value = evaluation.value(of: document) { output.add(value, from: document.place) }
    }
    if let values = layer.chartValues, let value = evaluation.value(of: values) {
        // Argo CD must not take values for a manifest where it reads the folder as plain YAML.
        output.files["values.yaml"] = "# \(Output.skipMarker)\n" + YAMLWriter.document(value)
    }
    let found = evaluation.problems + (evaluation.problems.isEmpty ? output.problems : [])
    if !found.isEmpty { throw TemplateProblems(found) }
    return RenderedFiles(files: output.files)
}

/// Collects finished documents under their file names.
private struct Output {
    var files: [String: String] = [:]
    private(set) var problems: [TemplateProblem] = []

    /// Anywhere in a file, even inside a value, it makes Argo CD skip the file (Argo CD, user guide, "Directory").
    static let skipMarker = "+argocd:skip-file-rendering"

    mutating func add(_ document: ManifestValue, from place: Place) {
        guard let kind = document["kind"]?.string, let name = document["metadata"]?["name"]?.string,
            document["apiVersion"]?.string != nil, Self.isSafe(kind), Self.isSafe(name)
        else {
            problems.append(place.problem("`kind` and `metadata.name` must be names of letters, digits, `-` and `.`."))
            return
        }
        let path = "\(kind)-\(name).yaml".lowercased()
        let text = YAMLWriter.document(document)
        if text.contains(Self.skipMarker) {
            problems.append(place.problem("A value contains `\(Self.skipMarker)`: Argo CD would leave \(path) out."))
        }
        if files.updateValue(text, forKey: path) != nil {
            problems.append(place.problem("Two documents would be written to \(path)."))
        }
    }

    /// The name becomes part of a path.
    private static func isSafe(_ text: String) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "."), text.utf8.count <= 200 else { return false }
        return text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "-.".utf8.contains(byte)
        }
    }
}

/// Compares what is to be rendered with what the template asks for.
private enum InputCheck {
    static func problems(of input: RenderInput, for definition: TemplateDefinition) -> [TemplateProblem] {
        var messages: [String] = []
        if input.template != .init(name: definition.name, version: definition.version) {
            messages.append(
                "The files are \(definition.name) \(definition.version), not \(input.template.name) \(input.template.version)."
            )
        }
        if !Layers.environments.contains(input.environment) {
            messages.append("environment: Choose one of \(Layers.environments.joined(separator: ", ")).")
        }
        if !Layers.sizes.contains(input.size) {
            messages.append("size: Choose one of \(Layers.sizes.joined(separator: ", ")).")
        }
        if definition.needs.domain, input.domain == nil { messages.append("domain: Give one; the template needs it.") }
        if definition.needs.accessPoint != nil, input.accessPoint == nil {
            messages.append("accessPoint: Give one; the template needs it.")
        }
        if definition.needs.bucket, input.bucket == nil { messages.append("bucket: Give one; the template needs it.") }
        messages += definition.validateParameters(input.parameters).map { "parameters\($0.path): \($0.message)" }
        return messages.map { TemplateProblem(file: "input", message: $0) }
    }
}

extension RenderInput {
    /// The values of the variables that `VariableNames` lists.
    fileprivate func variables(_ definition: TemplateDefinition) -> [String: JSONValue] {
        [
            "deployment": ["id": .string(deployment.id)],
            "customer": ["id": .string(customer.id), "name": .string(customer.name)],
            "name": .string(name), "environment": .string(environment), "size": .string(size),
            "namespace": .string(namespace), "domain": .optional(domain), "release": .integer(Int64(release)),
            "cluster": .string(cluster), "region": .string(region), "ingressHostname": .optional(ingressHostname),
            "template": ["name": .string(template.name), "version": .string(template.version)],
            "parameters": definition.applyingDefaults(to: parameters),
            "accessPoint": accessPoint.map { ["id": .string($0.id), "fileSystem": .string($0.fileSystem)] } ?? .null,
            "bucket": bucket.map { ["name": .string($0.name), "region": .string($0.region)] } ?? .null,
            "secretStore": .string(secretStore),
        ]
    }
}

extension JSONValue {
    fileprivate static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}
