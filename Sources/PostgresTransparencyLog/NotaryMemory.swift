import Application
import Synchronization
import TransparencyLog

/// A tree that was signed.
struct SignedTree: Equatable, Sendable {
    var size: Int64 = 0
    var root = MerkleHash.empty
}

/// What a notary knows without the database, so that a database that was set back under it is noticed.
final class NotaryMemory: Sendable {
    private struct State {
        var tree: SignedTree?
        /// By witness: the size that it was given or shown to have.
        var published: [String: Int64] = [:]
        /// By witness: why it stands against this log.
        var disagreements: [String: AuditFinding] = [:]
    }

    private let state = Mutex(State())

    /// The largest that was signed.
    var tree: SignedTree? { state.withLock { $0.tree } }

    /// The earliest thing that a witness has against this log; as long as there is one, nothing is signed.
    var disagreement: AuditFinding? {
        state.withLock { $0.disagreements.values.min { ($0.position, $0.detail) < ($1.position, $1.detail) } }
    }

    func saw(_ tree: SignedTree) { state.withLock { $0.tree = tree } }

    /// Not out of the database's own list, which may say anything.
    func published(to witness: String) -> Int64? { state.withLock { $0.published[witness] } }

    func note(_ witness: String, published size: Int64) {
        state.withLock { state in
            state.published[witness] = size
            state.disagreements[witness] = nil
        }
    }

    func note(_ witness: String, disagrees finding: AuditFinding?) {
        state.withLock { $0.disagreements[witness] = finding }
    }
}
