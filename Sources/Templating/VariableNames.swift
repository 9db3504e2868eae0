import EventSourcing

/// The variables that a template's expressions may name, given what it declares.
struct VariableNames {
    private var known: Set<String> = []
    /// Objects whose entries the schema does not name.
    private var open: Set<String> = []

    init(_ definition: TemplateDefinition) {
        known = [
            "deployment.id", "customer.id", "customer.name", "name", "environment", "size", "namespace", "release",
            "cluster",
            "region", "ingressHostname", "template.name", "template.version", "secretStore",
        ]
        if definition.needs.domain { known.insert("domain") }
        if definition.needs.accessPoint != nil { known.formUnion(["accessPoint.id", "accessPoint.fileSystem"]) }
        if definition.needs.bucket { known.formUnion(["bucket.name", "bucket.region"]) }
        add(definition.parameters, at: "parameters")
    }

    private mutating func add(_ schema: JSONValue, at path: String) {
        guard let properties = schema["properties"]?.object else {
            if schema["type"] == "object" { open.insert(path) }
            return
        }
        for (name, property) in properties {
            known.insert("\(path).\(name)")
            add(property, at: "\(path).\(name)")
        }
    }

    func contains(_ path: String) -> Bool { known.contains(path) || open.contains { path.hasPrefix($0 + ".") } }

    func advice(for path: String) -> String {
        switch path.prefix(while: { $0 != "." }) {
        case "parameters": "declare it under `parameters` in template.yaml."
        case "domain", "accessPoint", "bucket": "declare it under `needs` in template.yaml."
        default: "known are \(known.filter { !$0.hasPrefix("parameters.") }.sorted().joined(separator: ", "))."
        }
    }
}
