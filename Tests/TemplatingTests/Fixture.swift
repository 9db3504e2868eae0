import EventSourcing
import Templating

/// A template small enough to be read beside the expectation, and an input for it.
enum Fixture {
    static let header = """
        name: sample
        version: 1.0.0
        title: Sample
        description: A sample.
        """

    static let parameters = """
        parameters:
          type: object
          additionalProperties: false
          properties:
            text: {type: string, default: hello}
            count1: {type: integer, default: 2}
            flag: {type: boolean, default: false}
            list: {type: array, items: {type: string}, default: [a, b]}
            map: {type: object, default: {b: 1, a: 2}}
            absent: {type: string}
            key: {type: string, secret: true}
        """

    /// One config map whose `data` is given, already indented by two.
    static func configMap(_ data: String, name: String = "sample") -> String {
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: \(name)\ndata:\n\(data)\n"
    }

    static func source(_ files: [String: String], more: String = "") -> TemplateSource {
        let definition = ["template.yaml": [header, parameters, more].joined(separator: "\n")]
        return TemplateSource(files: definition.merging(files) { _, given in given })
    }

    static func input(
        _ parameters: JSONValue = [:], environment: String = "staging", size: String = "small", domain: String? = nil
    ) -> RenderInput {
        RenderInput(
            deployment: .init(id: "acme-shop-staging"), customer: .init(id: "acme", name: "Acme: \"The\" Co"),
            name: "shop",
            environment: environment, size: size, namespace: "acme-shop-staging", domain: domain, release: 3,
            cluster: "eu-1", region: "eu-central-1", ingressHostname: nil,
            template: .init(name: "sample", version: "1.0.0"), parameters: parameters, accessPoint: nil, bucket: nil,
            secretStore: "vault")
    }

    /// The config map's data of a template that has only that.
    static func data(_ data: String, _ parameters: JSONValue = [:]) throws -> JSONValue? {
        let files = try render(source(["base/a.yaml": configMap(data)]), input(parameters)).files
        return try YAMLText.read(files["configmap-sample.yaml"] ?? "", file: "output")["data"]
    }

    static func problems(_ files: [String: String], more: String = "", _ given: RenderInput = input()) -> [String] {
        do {
            _ = try render(source(files, more: more), given)
            return []
        } catch {
            return error.problems.map(\.description)
        }
    }
}
