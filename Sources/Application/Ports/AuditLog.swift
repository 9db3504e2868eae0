package import EventSourcing

/// The audit trail as a transparency log: what it proves to people who trust neither us nor the database.
///
/// Texts and bytes are in public formats (RFC 6962, C2SP tlog-tiles and tlog-checkpoint), ready to be passed on.
package protocol AuditLog: Sendable {
    /// The public keys that checkpoints are signed with, and were before: C2SP `vkey` texts.
    var verifierKeys: [String] { get }

    /// The latest signed checkpoint; nil as long as nothing was signed.
    func latestCheckpoint() async throws(AuditError) -> AuditCheckpoint?

    /// The checkpoint that was signed at this size; nil if none was.
    func checkpoint(treeSize: Int64) async throws(AuditError) -> AuditCheckpoint?

    /// The sizes of signed checkpoints after `treeSize`, in order.
    func checkpoints(after treeSize: Int64, limit: Int) async throws(AuditError) -> [AuditCheckpoint]

    /// The first `width` hashes of a tile, 32 bytes each; nil where the signed tree does not reach. A tile of width 256, and any
    /// given width of it, never changes.
    func tile(level: Int, index: Int64, width: Int) async throws(AuditError) -> [UInt8]?

    /// The first `width` entries of a tile of level 0: each the canonical envelope of an event after its length in two bytes, big
    /// endian. Never changes either; nil where the signed tree does not reach.
    func entryBundle(index: Int64, width: Int) async throws(AuditError) -> [UInt8]?

    /// That the event at `position` is in the tree of `treeSize` events; of the latest checkpoint if that is nil.
    func inclusionProof(of position: Position, treeSize: Int64?) async throws(AuditError) -> AuditInclusion

    /// That the tree of `to` events (the latest checkpoint's if nil) begins with the tree of `from` events.
    func consistencyProof(from: Int64, to: Int64?) async throws(AuditError) -> AuditConsistency

    /// The selected events with proofs and the latest checkpoint, to be checked offline.
    func bundle(of selection: AuditSelection) async throws(AuditError) -> [UInt8]

    /// How far the notary is, for readiness and metrics.
    func status() async throws(AuditError) -> AuditStatus

    /// Recomputes everything from what is stored, and compares it with what was signed here and at the witnesses.
    func verify(
        _ request: AuditVerificationRequest, progress: @escaping @Sendable (AuditProgress) -> Void
    ) async throws(AuditError) -> AuditVerification
}

/// What was signed: that the log had this many events, and this root.
package struct AuditCheckpoint: Codable, Equatable, Sendable {
    package let treeSize: Int64
    /// Hex.
    package let root: String
    /// The signed note.
    package let note: String

    package init(treeSize: Int64, root: String, note: String) {
        self.treeSize = treeSize
        self.root = root
        self.note = note
    }
}

/// A way from one event to a root. Hashes are hex.
package struct AuditInclusion: Codable, Equatable, Sendable {
    package let position: Int64
    package let treeSize: Int64
    /// The canonical envelope, whose hash behind a zero byte is the leaf.
    package let entry: String
    package let leafHash: String
    package let path: [String]
    package let root: String
    /// The signed note of a checkpoint at exactly `treeSize`, if there is one.
    package let checkpoint: String?

    package init(
        position: Int64, treeSize: Int64, entry: String, leafHash: String, path: [String], root: String,
        checkpoint: String?
    ) {
        self.position = position
        self.treeSize = treeSize
        self.entry = entry
        self.leafHash = leafHash
        self.path = path
        self.root = root
        self.checkpoint = checkpoint
    }
}

/// Why one tree is the beginning of another. Hashes are hex.
package struct AuditConsistency: Codable, Equatable, Sendable {
    package let from: Int64
    package let to: Int64
    package let fromRoot: String
    package let toRoot: String
    package let path: [String]

    package init(from: Int64, to: Int64, fromRoot: String, toRoot: String, path: [String]) {
        self.from = from
        self.to = to
        self.fromRoot = fromRoot
        self.toRoot = toRoot
        self.path = path
    }
}

/// Whose events an auditor takes along.
package enum AuditSelection: Equatable, Sendable {
    /// The deployment's stream, and the domain names that it had.
    case deployment(String)
    /// The customer's stream, and all of its deployments with their domain names.
    case customer(String)
    case positions(ClosedRange<Int64>)
}

/// How far the notary is.
package struct AuditStatus: Codable, Equatable, Sendable {
    /// Events that the latest checkpoint vouches for.
    package let treeSize: Int64
    /// Events in the log.
    package let head: Int64
    package let signedAt: Timestamp?
    /// Why nothing is signed any more: what was stored is not what was appended.
    package let alarm: AuditFinding?
    /// How much of the log each witness has seen.
    package let witnessed: [String: Int64]

    package init(
        treeSize: Int64, head: Int64, signedAt: Timestamp?, alarm: AuditFinding?, witnessed: [String: Int64]
    ) {
        self.treeSize = treeSize
        self.head = head
        self.signedAt = signedAt
        self.alarm = alarm
        self.witnessed = witnessed
    }
}

/// What is to be verified, and with how much of the machine.
package struct AuditVerificationRequest: Equatable, Sendable {
    /// Database connections that read side by side.
    package var connections: Int
    /// Where files of archived events are, for ranges that are no longer in the database.
    package var archives: String?
    /// Whether the witnesses are asked too.
    package var asksWitnesses: Bool

    package init(connections: Int = 2, archives: String? = nil, asksWitnesses: Bool = true) {
        self.connections = connections
        self.archives = archives
        self.asksWitnesses = asksWitnesses
    }
}

/// How far a verification is.
package struct AuditProgress: Codable, Equatable, Sendable {
    package let checked: Int64
    package let total: Int64
    package let eventsPerSecond: Double

    package init(checked: Int64, total: Int64, eventsPerSecond: Double) {
        self.checked = checked
        self.total = total
        self.eventsPerSecond = eventsPerSecond
    }
}

/// What a verification found: nothing, if the log is what was signed.
package struct AuditVerification: Codable, Equatable, Sendable {
    package let events: Int64
    /// Events that the latest checkpoint vouches for.
    package let treeSize: Int64
    /// Hex; of all events, recomputed.
    package let root: String
    package let checkpoints: Int
    /// Checkpoints at each witness that agree with this log.
    package let witnessed: [String: Int]
    /// Witnesses that could not be asked, and why.
    package let unreachable: [String: String]
    /// By position; the first `findingsMax` of them.
    package let findings: [AuditFinding]
    package let seconds: Double

    package static let findingsMax = 100

    /// Nothing was found; whether everything was looked at, `isDecided` says.
    package var isSound: Bool { findings.isEmpty }
    /// All witnesses answered: without them nobody knows whether the log was replaced as a whole.
    package var isDecided: Bool { unreachable.isEmpty }
    package var firstBadPosition: Int64? { findings.first?.position }

    package init(
        events: Int64, treeSize: Int64, root: String, checkpoints: Int, witnessed: [String: Int],
        unreachable: [String: String], findings: [AuditFinding], seconds: Double
    ) {
        self.events = events
        self.treeSize = treeSize
        self.root = root
        self.checkpoints = checkpoints
        self.witnessed = witnessed
        self.unreachable = unreachable
        self.findings = findings
        self.seconds = seconds
    }
}

/// Something that is not what it was when it was appended or signed.
package struct AuditFinding: Codable, Equatable, Sendable {
    package let kind: Kind
    /// The first position that is affected: of the event, of the first event below a tile's hash, or of a checkpoint's last event.
    package let position: Int64
    package let detail: String

    package enum Kind: String, Codable, Sendable, CaseIterable {
        /// The stored event does not give the hash that was signed.
        case eventChanged
        /// The stored event is the one that was signed, but the hash beside it is not.
        case leafHashChanged
        case eventRemoved
        /// More events or other positions than the log can have.
        case eventInserted
        /// The log ends before what was signed.
        case logTruncated
        /// The log's head says another number of events than there are.
        case headChanged
        /// A stream's versions do not count 1, 2, 3 … in the order of positions.
        case streamBroken
        case tileChanged
        case tileRemoved
        case tileInserted
        case checkpointChanged
        case checkpointRemoved
        /// No signature of a known key.
        case checkpointForged
        /// What is recorded about the signing keys does not agree with the checkpoints or the configured keys.
        case keyChanged
        /// A witness saw another log than this.
        case witnessDisagrees
        /// A file of archived events is missing or is not what was archived.
        case archiveChanged
    }

    package init(_ kind: Kind, at position: Int64, _ detail: String) {
        self.kind = kind
        self.position = position
        self.detail = detail
    }
}

/// What the caller of the audit log must react to.
package enum AuditError: Error, Equatable, Sendable {
    /// Nothing was signed yet: ask again in some seconds.
    case notSigned
    /// Ask within the signed tree, which has this size.
    case outOfRange(treeSize: Int64)
    /// Nothing was selected: there is no such deployment or customer, or nothing in these positions.
    case nothingSelected
    /// The log is not what was signed: call the administrator.
    case damaged(AuditFinding)
    /// What is asked for is in archive files, and one of these is missing or damaged: the reason names it.
    case archiveUnreadable(reason: String)
    /// The caller's task was cancelled.
    case cancelled
    /// The database did not answer: try later.
    case unavailable(reason: String)
}
