package import EventSourcing
package import JSONSchema

/// What `template.yaml` says about a template: enough to show a form, to check it, and to know what must be made first.
package struct TemplateDefinition: Sendable {
    package let name: String
    package let version: String
    package let title: String
    package let description: String
    /// The JSON Schema of the parameters, as written.
    package let parameters: JSONValue
    package let needs: TemplateNeeds
    /// Set where the application is installed by a Helm chart; `values.yaml` is then among the rendered files.
    package let chart: TemplateChart?
    let schema: JSONSchema
    /// Parameters that hold the name of an entry in the secret store.
    let secrets: Set<String>

    /// All violations at once, after defaults are filled in.
    package func validateParameters(_ parameters: JSONValue) -> [Violation] {
        let filled = applyingDefaults(to: parameters)
        let misused = secrets.sorted().compactMap { name -> Violation? in
            guard let value = filled[name]?.string, !SecretName.admits(value) else { return nil }
            return Violation(path: "/\(name)", message: SecretName.advice)
        }
        return schema.validate(filled) + misused
    }

    /// The parameters with every default filled in.
    package func applyingDefaults(to parameters: JSONValue) -> JSONValue { schema.applyingDefaults(to: parameters) }
}

/// What has to exist outside the cluster before the application can run.
package struct TemplateNeeds: Codable, Equatable, Sendable {
    package let accessPoint: Owner?
    package let bucket: Bool
    package let domain: Bool

    /// The user that owns the files of the access point: the user of the container.
    package struct Owner: Codable, Equatable, Sendable {
        package let uid: Int
        package let gid: Int

        package init(uid: Int, gid: Int) {
            self.uid = uid
            self.gid = gid
        }
    }

    package init(accessPoint: Owner?, bucket: Bool, domain: Bool) {
        self.accessPoint = accessPoint
        self.bucket = bucket
        self.domain = domain
    }
}

/// A Helm chart, pinned.
package struct TemplateChart: Codable, Equatable, Sendable {
    package let repository: String
    package let name: String
    package let version: String

    package init(repository: String, name: String, version: String) {
        self.repository = repository
        self.name = name
        self.version = version
    }
}

/// How an entry of the secret store may be called.
enum SecretName {
    static let advice =
        "Give the name of an entry in the secret store (letters, digits, `/ _ . -`), never a secret itself."

    static func admits(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "/_.-".utf8.contains(byte)
            }
    }
}
