package import EventSourcing

/// Somebody who acts: the subject at the identity provider, or `process:<name>`.
package struct Actor: Hashable, Sendable, Codable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let subject: String

    package init(_ subject: String) { self.subject = subject }
    package init(stringLiteral value: String) { self.init(value) }
    package init(from decoder: any Decoder) throws { subject = try decoder.singleValueContainer().decode(String.self) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(subject)
    }

    package var description: String { subject }
}

/// Which data a deployment holds and who may see it.
package enum Environment: String, Codable, CaseIterable, Sendable {
    case development, staging, production
}

/// How much a deployment gets: a template's overlays give it numbers.
package enum Size: String, Codable, CaseIterable, Sendable {
    case small, medium, large
}

extension StreamName {
    package static func customer(_ id: ID<Customer>) -> StreamName { .init(category: "customer", id: id.rawValue) }
    package static func cluster(_ id: ID<Cluster>) -> StreamName { .init(category: "cluster", id: id.rawValue) }
    package static func template(_ id: ID<Template>) -> StreamName { .init(category: "template", id: id.rawValue) }
    package static func deployment(_ id: ID<Deployment>) -> StreamName {
        .init(category: "deployment", id: id.rawValue)
    }

    /// The stream of what was done with somebody's personal data.
    package static func subject(_ id: ID<DataSubject>) -> StreamName { .init(category: "subject", id: id.rawValue) }

    /// The stream of what was done about something outside that no deployment wants.
    package static func orphan(_ id: ID<Orphan>) -> StreamName { .init(category: "orphan", id: id.rawValue) }

    /// The stream that keeps a domain name for one deployment.
    package static func domainName(_ name: String) -> StreamName { .init(category: "domainname", id: name) }
}

/// The shapes of the names that people choose; each is a pattern for the whole text.
package enum NamePattern {
    /// Without hyphens, so that `<customer>-<name>-<environment>` can be read only one way.
    package static let customer = "^[a-z][a-z0-9]{1,19}$"
    package static let cluster = "^[a-z][a-z0-9-]{0,38}[a-z0-9]$"
    package static let template = "^[a-z][a-z0-9-]{0,28}[a-z0-9]$"
    /// At most 18, so that namespace and bucket name stay within 63 characters.
    package static let deployment = "^[a-z]([a-z0-9-]{0,16}[a-z0-9])?$"
    /// The contact of a customer, or somebody who acts, by the subject at the identity provider.
    package static let subject = "^(customer:[a-z][a-z0-9]{1,19}|actor:.{1,255})$"
    package static let version = "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)$"
    /// The digest of a plan.
    package static let plan = "^sha256:[0-9a-f]{64}$"
    /// What a customer means to the company.
    package static let tier = "^[a-z][a-z0-9-]{0,38}$"
    /// A fully qualified domain name in lower case, without the dot at the end.
    package static let domain = "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$"
}
