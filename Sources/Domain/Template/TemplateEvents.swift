/// Facts about one template.
package enum TemplateEvent: Equatable, Sendable {
    case submitted(TemplateSubmitted)
    case approved(TemplateApproved)
    case rejected(TemplateRejected)
    case deprecated(TemplateDeprecated)
}

/// A version with all its files, so that it can be rendered for ever from the log alone.
package struct TemplateSubmitted: Codable, Equatable, Sendable {
    package let version: String
    package let title: String
    package let description: String
    /// Text by path: `template.yaml`, `base/…`, `overlays/…`.
    package let files: [String: String]
    /// SHA-256 over the files, in hex.
    package let digest: String
    package let submittedBy: Actor

    package init(
        version: String, title: String, description: String, files: [String: String], digest: String, submittedBy: Actor
    ) {
        self.version = version
        self.title = title
        self.description = description
        self.files = files
        self.digest = digest
        self.submittedBy = submittedBy
    }
}

/// From now on the version may be deployed.
package struct TemplateApproved: Codable, Equatable, Sendable {
    package let version: String
    package let approvedBy: Actor

    package init(version: String, approvedBy: Actor) {
        self.version = version
        self.approvedBy = approvedBy
    }
}

/// The version will never be deployed.
package struct TemplateRejected: Codable, Equatable, Sendable {
    package let version: String
    package let rejectedBy: Actor
    package let reason: String

    package init(version: String, rejectedBy: Actor, reason: String) {
        self.version = version
        self.rejectedBy = rejectedBy
        self.reason = reason
    }
}

/// The version may not be deployed any more; what runs on it goes on running.
package struct TemplateDeprecated: Codable, Equatable, Sendable {
    package let version: String
    package let reason: String

    package init(version: String, reason: String) {
        self.version = version
        self.reason = reason
    }
}
