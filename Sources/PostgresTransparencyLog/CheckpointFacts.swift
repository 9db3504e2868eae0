import EventSourcing
import TransparencyLog

/// What our checkpoints say of themselves beside size and root, in extension lines under their signatures: so that a checkpoint that
/// was taken away is missed, and one from which a signature was taken as well.
struct CheckpointFacts: Equatable, Sendable {
    /// The checkpoint before this one; 0 for the first.
    let previousSize: Int64
    let signedAt: Timestamp
    /// Key ids in hex, in the order of the signatures.
    let keyIDs: [String]

    init(previousSize: Int64, signedAt: Timestamp, keyIDs: [String]) {
        self.previousSize = previousSize
        self.signedAt = signedAt
        self.keyIDs = keyIDs
    }

    /// Nil where a line is missing or not as `lines` would write it.
    init?(_ checkpoint: Checkpoint) {
        let words = checkpoint.extensions.map { $0.split(separator: " ").map(String.init) }
        guard words.count == 3, words[0].count == 2, let previousSize = Int64(words[0][1]), words[1].count == 2,
            let signedAt = Timestamp(words[1][1])
        else { return nil }
        self.init(previousSize: previousSize, signedAt: signedAt, keyIDs: Array(words[2].dropFirst()))
        guard lines == checkpoint.extensions else { return nil }
    }

    var lines: [String] {
        ["previous \(previousSize)", "signed-at \(signedAt)", "keys \(keyIDs.joined(separator: " "))"]
    }
}
