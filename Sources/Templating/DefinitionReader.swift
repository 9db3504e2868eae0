import EventSourcing
import JSONSchema

/// Reads `template.yaml` and collects everything that is wrong with it.
struct DefinitionReader {
    private let file: String
    private let root: SourceNode
    private var problems: [TemplateProblem] = []

    static func read(_ text: String, file: String) throws(TemplateProblems) -> TemplateDefinition {
        let documents = try YAMLReader.documents(text, file: file)
        guard documents.count == 1, documents[0].members != nil else {
            throw TemplateProblems([TemplateProblem(file: file, message: "It must be one map.")])
        }
        var reader = DefinitionReader(file: file, root: documents[0])
        let definition = reader.definition()
        guard reader.problems.isEmpty, let definition else { throw TemplateProblems(reader.problems) }
        return definition
    }

    private init(file: String, root: SourceNode) {
        self.file = file
        self.root = root
    }

    private mutating func definition() -> TemplateDefinition? {
        refuseOthers(than: ["name", "version", "title", "description", "parameters", "needs", "chart"], in: root)
        let name = text("name", in: root, ["pattern": "^[a-z][a-z0-9-]{0,28}[a-z0-9]$"], such: "odoo")
        let version = text(
            "version", in: root, ["pattern": "^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)$"], such: "1.4.0")
        let title = text("title", in: root, ["pattern": "^[^\\n]+$", "maxLength": 80], such: "Odoo")
        let description = text("description", in: root, ["minLength": 1, "maxLength": 2000], such: "a few sentences")
        let needs = readNeeds()
        let chart = root["chart"].map { readChart($0) }
        let parameters = root["parameters"]?.literal.json ?? .null
        guard let schema = readSchema(parameters) else { return nil }
        return TemplateDefinition(
            name: name, version: version, title: title, description: description, parameters: parameters, needs: needs,
            chart: chart, schema: schema, secrets: secrets(in: parameters))
    }

    private mutating func readSchema(_ parameters: JSONValue) -> JSONSchema? {
        guard let node = root["parameters"], parameters["type"] == "object", parameters["additionalProperties"] == false
        else {
            report(
                root["parameters"],
                "`parameters` must be a schema with `type: object` and `additionalProperties: false`.")
            return nil
        }
        for member in node["properties"]?.members ?? [] where !ParameterName.admits(member.key) {
            report(member.value, "The parameter name `\(member.key)` must be like `siteName`: letters and digits.")
        }
        do {
            return try JSONSchema(parameters)
        } catch {
            for problem in error.problems {
                problems.append(
                    TemplateProblem(
                        file: file, line: node.line(at: problem.path),
                        message: "parameters\(problem.path): \(problem.message)"))
            }
            return nil
        }
    }

    private mutating func secrets(in parameters: JSONValue) -> Set<String> {
        let secrets = (parameters["properties"]?.object ?? [:]).filter { $0.value["secret"] == true }
        for (name, schema) in secrets where schema["type"] != "string" || schema["default"] != nil {
            report(
                root["parameters"]?["properties"]?[name],
                "The secret parameter `\(name)` must have `type: string` and no default: it holds the name of an entry."
            )
        }
        return Set(secrets.keys)
    }

    private mutating func readNeeds() -> TemplateNeeds {
        guard let node = root["needs"] else { return TemplateNeeds(accessPoint: nil, bucket: false, domain: false) }
        refuseOthers(than: ["accessPoint", "bucket", "domain"], in: node)
        return TemplateNeeds(
            accessPoint: node["accessPoint"].map { owner($0) }, bucket: flag("bucket", in: node),
            domain: flag("domain", in: node))
    }

    /// Ids from 1: the restricted pod-security profile refuses root.
    private mutating func owner(_ node: SourceNode) -> TemplateNeeds.Owner {
        refuseOthers(than: ["uid", "gid"], in: node)
        let ids = ["uid", "gid"].map { key -> Int in
            if case .value(.integer(let id))? = node[key]?.content, (1...4_294_967_294).contains(id) { return Int(id) }
            report(node[key] ?? node, "`\(key)` must be a number from 1: the user of the container.")
            return 0
        }
        return TemplateNeeds.Owner(uid: ids[0], gid: ids[1])
    }

    private mutating func readChart(_ node: SourceNode) -> TemplateChart {
        refuseOthers(than: ["repository", "name", "version"], in: node)
        return TemplateChart(
            repository: text(
                "repository", in: node, ["pattern": "^(https|oci)://[^\\s]+$"], such: "https://charts.example.com"),
            name: text("name", in: node, ["pattern": "^[a-z0-9][a-z0-9-]*$"], such: "cluster"),
            version: text("version", in: node, ["pattern": "^\\d+\\.\\d+\\.\\d+[0-9A-Za-z.+-]*$"], such: "0.8.1"))
    }

    private mutating func text(_ key: String, in node: SourceNode, _ schema: JSONValue, such example: String)
        -> String
    {
        let schema = try? JSONSchema(schema)  // The schemas are ours and tested.
        if let text = node[key]?.text, schema?.validate(.string(text)).isEmpty == true { return text }
        report(node[key] ?? node, "`\(key)` must be a text such as \(example).")
        return ""
    }

    private mutating func flag(_ key: String, in node: SourceNode) -> Bool {
        guard let value = node[key] else { return false }
        if case .value(.bool(let flag)) = value.content { return flag }
        report(value, "`\(key)` must be true or false.")
        return false
    }

    private mutating func refuseOthers(than known: [String], in node: SourceNode) {
        for member in node.members ?? [] where !known.contains(member.key) {
            report(member.value, "`\(member.key)` is not known here; known are \(known.joined(separator: ", ")).")
        }
    }

    private mutating func report(_ node: SourceNode?, _ message: String) {
        problems.append((node ?? root).place.problem(message))
    }
}

/// How a parameter may be called, so that expressions can name it.
enum ParameterName {
    static func admits(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first), !["first", "last", "count"].contains(text)
        else {
            return false
        }
        return text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) }
    }
}

extension SourceNode {
    /// The line of what a JSON Pointer leads to, or of the nearest that exists.
    fileprivate func line(at pointer: String) -> Int? {
        var node = self
        for step in pointer.split(separator: "/") {
            if let next = node[String(step)] {
                node = next
            } else if case .list(let elements) = node.content, let index = Int(step), elements.indices.contains(index) {
                node = elements[index]
            } else {
                break
            }
        }
        return node.place.line
    }
}
