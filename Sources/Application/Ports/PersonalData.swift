package import EventSourcing

/// What people see in the place of a personal value that is no longer, or not, to be had.
package enum PersonalValue {
    /// The subject was forgotten.
    package static let erased = "erased"
    /// The stored value is damaged, or its key was removed by somebody else than us: look at the log, not at the reader.
    package static let unreadable = "unreadable"
}

/// Turns stored JSON, in which personal values are sealed, into what people may read.
///
/// Views, exports and proofs carry sealed values through; whoever hands rows to people opens them last, so that what was forgotten
/// shows as `erased` whenever it was copied.
package protocol PersonalDataOpener: Sendable {
    /// The same JSON texts in the same order, every sealed value in them in plain text, `erased` or `unreadable`. A value may stand
    /// alone in its string or within a sentence. JSON within a JSON string is opened before it is put there.
    ///
    /// At most one query for a call, however many texts: pass a whole page.
    func opened(_ texts: [String]) async throws(PersonalDataError) -> [String]
}

extension PersonalDataOpener {
    package func opened(_ text: String) async throws(PersonalDataError) -> String {
        try await opened([text]).first ?? text
    }
}

/// The keys of the people in the log, for administrators: each person's values are readable as long as the person's key is there.
package protocol PersonalDataKeeper: Sendable {
    /// What is kept under a subject; nil if nothing ever was.
    func subject(_ name: String) async throws(PersonalDataError) -> PersonalSubject?

    /// Subjects in the order of their names, those that were forgotten too.
    func subjects(after name: String?, limit: Int) async throws(PersonalDataError) -> [PersonalSubject]

    /// Ends what is still known of a subject after its key was destroyed: this process's memory, and the digests of commands, from
    /// which a value could be guessed. Another process reads with what it remembers for at most `rememberedSeconds`.
    func dropRemains(of name: String) async throws(PersonalDataError)

    /// Wraps every key with the current master key, in batches that are committed one by one, so that it goes on where it was when
    /// it is started again. No event changes.
    func rotate(progress: @Sendable (KeyRotation) -> Void) async throws(PersonalDataError) -> KeyRotation

    func status() async throws(PersonalDataError) -> PersonalDataStatus
}

/// Somebody whose data is kept: `customer:<id>`, the contact of a customer, or `actor:<subject at the identity provider>`.
package struct PersonalSubject: Codable, Equatable, Sendable {
    package let name: String
    /// When the first value was sealed.
    package let since: Timestamp
    /// The last time that it was forgotten; what came after that has another key.
    package let forgottenAt: Timestamp?
    /// The key that values are readable with; nil when all that there was is erased.
    package let key: String?
    /// Keys that were destroyed.
    package let destroyedKeys: [String]

    package init(name: String, since: Timestamp, forgottenAt: Timestamp?, key: String?, destroyedKeys: [String]) {
        self.name = name
        self.since = since
        self.forgottenAt = forgottenAt
        self.key = key
        self.destroyedKeys = destroyedKeys
    }
}

/// How far a rotation of the master key is.
package struct KeyRotation: Codable, Equatable, Sendable {
    /// The master key that is wrapped with.
    package let masterKey: String
    /// Keys that this run has wrapped anew.
    package let rotatedCount: Int
    /// Keys that were not wrapped with it when the run began.
    package let totalCount: Int
    /// Keys that no longer are what was wrapped: damaged rows, left as they are.
    package let damagedKeys: [String]

    package init(masterKey: String, rotatedCount: Int, totalCount: Int, damagedKeys: [String]) {
        self.masterKey = masterKey
        self.rotatedCount = rotatedCount
        self.totalCount = totalCount
        self.damagedKeys = damagedKeys
    }
}

/// How personal data is kept at the moment.
package struct PersonalDataStatus: Codable, Equatable, Sendable {
    /// Names of master keys: the first eight hexadecimal digits of the key's SHA-256.
    package let currentMasterKey: String
    package let knownMasterKeys: [String]
    /// Keys by the master key that they are wrapped with. One that counts none may leave the configuration.
    package let keyCounts: [String: Int]
    package let destroyedCount: Int
    /// How long a process may go on reading with a key that another one destroyed.
    package let rememberedSeconds: Int

    package init(
        currentMasterKey: String, knownMasterKeys: [String], keyCounts: [String: Int], destroyedCount: Int,
        rememberedSeconds: Int
    ) {
        self.currentMasterKey = currentMasterKey
        self.knownMasterKeys = knownMasterKeys
        self.keyCounts = keyCounts
        self.destroyedCount = destroyedCount
        self.rememberedSeconds = rememberedSeconds
    }
}

/// What somebody who opens or keeps personal data must react to.
package enum PersonalDataError: Error, Equatable, Sendable {
    /// Keys are wrapped with master keys that are not configured: add them to the previous ones.
    case unknownMasterKeys([String], known: [String])
    /// The caller's task was cancelled.
    case cancelled
    /// The database did not answer: try later.
    case unavailable(reason: String)
}

extension PersonalDataError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownMasterKeys(let missing, let known):
            "keys of personal data are wrapped with master keys that are not configured: \(missing.joined(separator: ", "))"
                + " (configured: \(known.joined(separator: ", "))); add them to the previous master keys"
        case .cancelled: "the call was cancelled"
        case .unavailable(let reason): "the keys of personal data cannot be read: \(reason)"
        }
    }
}
