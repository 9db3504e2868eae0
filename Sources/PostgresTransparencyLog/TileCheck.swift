import Application
import TransparencyLog

/// What is known of the leaves of one tile: of each, the event's own hash, the one kept beside it, and the one in the tile.
struct TileCheck {
    /// Positions before the tile's first.
    let start: Int64
    /// By place in the tile; as many as there are positions up to the end of log or tree.
    let leaves: [StoredLeaf?]
    /// Events beyond this position are reported elsewhere: the log ends there.
    let lastPosition: Int64
    /// The tile as it is stored, without whatever follows the last whole hash.
    let hashes: [MerkleHash]
    /// Of the signed tree in this tile.
    let expectedWidth: Int
    /// What the tile above says of this one if it is full.
    let above: MerkleHash?

    /// What the check comes to.
    struct Outcome {
        /// The leaves as they were signed, as far as two of three agree.
        var leaves: [MerkleHash] = []
        var findings: [AuditFinding] = []
        /// Positions where event and kept hash agree with each other but not with the tile, and nothing above says which is right.
        var suspects: [Int64] = []
    }

    func outcome() -> Outcome {
        var outcome = Outcome()
        outcome.findings += widthFindings
        var odd: [Int] = []
        for (place, leaf) in leaves.enumerated() {
            let tile = place < min(expectedWidth, hashes.count) ? hashes[place] : nil
            outcome.leaves.append(judge(leaf, tile, at: place, &outcome.findings, &odd))
        }
        if !odd.isEmpty { settle(odd, &outcome) }
        return outcome
    }

    private var widthFindings: [AuditFinding] {
        if hashes.count == expectedWidth { return [] }
        let tile = "tile \(start / 256) of level 0"
        if hashes.isEmpty { return [AuditFinding(.tileRemoved, at: start + 1, "\(tile) is missing")] }
        let first = start + Int64(min(hashes.count, expectedWidth)) + 1
        return [AuditFinding(.tileChanged, at: first, "\(tile) has \(hashes.count) hashes, not \(expectedWidth)")]
    }

    private func judge(
        _ leaf: StoredLeaf?, _ tile: MerkleHash?, at place: Int, _ findings: inout [AuditFinding], _ odd: inout [Int]
    ) -> MerkleHash {
        let position = start + Int64(place) + 1
        guard let leaf else {
            if position <= lastPosition {
                findings.append(AuditFinding(.eventRemoved, at: position, "there is no event \(position)"))
            }
            return tile ?? .empty
        }
        guard let computed = leaf.computed, computed == leaf.kept else {
            if let computed = leaf.computed, computed == tile {
                findings.append(
                    AuditFinding(.leafHashChanged, at: position, "the hash kept with event \(position) is another one"))
                return computed
            }
            let what = leaf.computed == nil ? "cannot be read" : "does not give the hash that was kept with it"
            findings.append(AuditFinding(.eventChanged, at: position, "event \(position) \(what)"))
            return tile ?? leaf.kept ?? .empty
        }
        if let tile, tile != computed { odd.append(place) }
        return computed
    }

    /// Event and kept hash were changed together, or the tile was: the tile above knows which.
    private func settle(_ odd: [Int], _ outcome: inout Outcome) {
        let isTileSound = above != nil && hashes.count == Tile.fullWidth && MerkleTree.root(of: hashes) == above
        for place in odd {
            let position = start + Int64(place) + 1
            if isTileSound {
                outcome.leaves[place] = hashes[place]
                outcome.findings.append(Self.replaced(position))
            } else {
                if expectedWidth < Tile.fullWidth { outcome.suspects.append(position) }
                outcome.findings.append(
                    AuditFinding(.tileChanged, at: position, "the tree has another hash for event \(position)"))
            }
        }
    }

    static func replaced(_ position: Int64) -> AuditFinding {
        AuditFinding(.eventChanged, at: position, "event \(position) was changed together with the hash kept with it")
    }
}
