/// Judges proofs with nothing but hashes; whoever made them need not be trusted.
package enum MerkleProof {
    /// Whether `leaf` stands at `index` in the tree of `size` leaves with that root (RFC 9162, 2.1.3.2).
    package static func proves(
        _ leaf: MerkleHash, at index: UInt64, inTreeOf size: UInt64, root: MerkleHash, by proof: [MerkleHash]
    ) -> Bool {
        guard index < size else { return false }
        var place = index
        var last = size - 1
        var hash = leaf
        for sibling in proof {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                hash = .node(sibling, hash)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                hash = .node(hash, sibling)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// Whether the tree of `newSize` leaves begins with all of the older tree's (RFC 9162, 2.1.4.2).
    package static func proves(
        _ newRoot: MerkleHash, ofSize newSize: UInt64, extends oldRoot: MerkleHash, ofSize oldSize: UInt64,
        by proof: [MerkleHash]
    ) -> Bool {
        guard oldSize <= newSize else { return false }
        if oldSize == newSize { return proof.isEmpty && oldRoot == newRoot }
        if oldSize == 0 { return proof.isEmpty && oldRoot == .empty }
        // A perfect older tree is a node of the newer one, and stands for itself.
        var path = oldSize.nonzeroBitCount == 1 ? [oldRoot] + proof : proof
        guard !path.isEmpty else { return false }
        var place = oldSize - 1
        var last = newSize - 1
        while place & 1 == 1 {
            place >>= 1
            last >>= 1
        }
        var old = path.removeFirst()
        var new = old
        for sibling in path {
            guard last > 0 else { return false }
            if place & 1 == 1 || place == last {
                old = .node(sibling, old)
                new = .node(sibling, new)
                while place & 1 == 0, place != 0 {
                    place >>= 1
                    last >>= 1
                }
            } else {
                new = .node(new, sibling)
            }
            place >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }
}
