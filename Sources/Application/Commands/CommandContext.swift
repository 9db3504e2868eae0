package import EventSourcing

/// Who sends a command, by which right, and how a repetition can be told.
package struct CommandContext: Sendable {
    package let subject: String
    package let displayName: String?
    /// The roles that allowed the command.
    package let roles: [Role]
    package let correlationID: String
    /// Where the command came in: `api`, `cli`, `process` or `import`.
    package let source: String
    /// The sender's key for this command and a digest of what it asks, if the sender chose a key.
    package let identity: CommandIdentity?
    /// The stream version that the sender has seen (If-Match); nil if it does not care.
    package let expectedVersion: Int?

    package init(
        subject: String, displayName: String? = nil, roles: [Role] = [], correlationID: String, source: String,
        identity: CommandIdentity? = nil, expectedVersion: Int? = nil
    ) {
        self.subject = subject
        self.displayName = displayName
        self.roles = roles
        self.correlationID = correlationID
        self.source = source
        self.identity = identity
        self.expectedVersion = expectedVersion
    }

    func metadata(causationID: String? = nil) -> EventMetadata {
        EventMetadata(
            actor: subject, actorName: displayName, roles: roles.map(\.rawValue), correlationID: correlationID,
            causationID: causationID, source: source)
    }
}

/// What a command did: where to read on.
package struct CommandReceipt: Equatable, Sendable {
    package let stream: StreamName
    package let version: Int
    /// A view that has seen this position shows the command's effect.
    package let position: Position
    /// Whether the command had run before with the same key.
    package let isRepetition: Bool

    package init(stream: StreamName, version: Int, position: Position, isRepetition: Bool) {
        self.stream = stream
        self.version = version
        self.position = position
        self.isRepetition = isRepetition
    }
}
