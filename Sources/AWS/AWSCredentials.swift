package import EventSourcing

/// Who signs. Secret as a whole: it has no textual form.
package struct AWSCredentials: Sendable, Equatable {
    package let accessKeyID: String
    package let secretAccessKey: String
    /// Only temporary credentials have one.
    package let sessionToken: String?
    /// nil: until somebody withdraws them.
    package let expiresAt: Timestamp?

    package init(
        accessKeyID: String, secretAccessKey: String, sessionToken: String? = nil, expiresAt: Timestamp? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiresAt = expiresAt
    }
}

extension AWSCredentials: CustomStringConvertible, CustomReflectable {
    package var description: String { "AWSCredentials([redacted])" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where credentials come from.
package protocol AWSCredentialSource: Sendable {
    /// Valid ones; may ask another server.
    func credentials() async throws(AWSFailure) -> AWSCredentials

    /// AWS did not take what `credentials()` gave: do not give the same again.
    func reject(_ credentials: AWSCredentials) async
}

/// Credentials that are simply known.
package struct StaticCredentials: AWSCredentialSource {
    private let value: AWSCredentials

    package init(_ value: AWSCredentials) { self.value = value }

    package func credentials() -> AWSCredentials { value }
    package func reject(_ credentials: AWSCredentials) {}
}
