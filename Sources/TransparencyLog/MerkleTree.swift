/// The shape of the log's tree (RFC 6962, 2.1): which subtrees make up a root or a proof, whoever holds their hashes.
package enum MerkleTree {
    package static func root(of leaves: some Sequence<MerkleHash>) -> MerkleHash {
        var range = CompactRange()
        for leaf in leaves { range.append(leaf) }
        return range.root
    }

    /// The largest power of two below `count`, where RFC 6962 splits a tree.
    static func split(_ count: UInt64) -> UInt64 {
        precondition(count > 1, "one leaf cannot be split")
        return 1 << (63 - UInt64((count - 1).leadingZeroBitCount))
    }

    /// PATH(m, D[n]): the subtrees whose hashes prove a leaf, from the leaf upwards.
    static func inclusionPath(of leaf: UInt64, size: UInt64) -> [Range<UInt64>] {
        precondition(leaf < size, "a leaf of the tree")
        var path: [Range<UInt64>] = []
        var tree = 0..<size
        while tree.count > 1 {
            let middle = tree.lowerBound + split(UInt64(tree.count))
            if leaf < middle {
                path.append(middle..<tree.upperBound)
                tree = tree.lowerBound..<middle
            } else {
                path.append(tree.lowerBound..<middle)
                tree = middle..<tree.upperBound
            }
        }
        return path.reversed()
    }

    /// PROOF(m, D[n]): the subtrees whose hashes prove that a tree grew out of an older one.
    static func consistencyPath(from oldSize: UInt64, to newSize: UInt64) -> [Range<UInt64>] {
        precondition(oldSize <= newSize, "the older tree first")
        guard oldSize > 0, oldSize < newSize else { return [] }
        var path: [Range<UInt64>] = []
        var tree = 0..<newSize
        var rest = oldSize
        var isWholeOldTree = true
        while rest != UInt64(tree.count) {
            let middle = tree.lowerBound + split(UInt64(tree.count))
            if rest <= middle - tree.lowerBound {
                path.append(middle..<tree.upperBound)
                tree = tree.lowerBound..<middle
            } else {
                path.append(tree.lowerBound..<middle)
                rest -= middle - tree.lowerBound
                tree = middle..<tree.upperBound
                isWholeOldTree = false
            }
        }
        if !isWholeOldTree { path.append(tree) }
        return path.reversed()
    }
}

/// The roots of the perfect subtrees that a growing tree consists of, so that it can grow without its leaves: as many as
/// its size has one bits.
package struct CompactRange: Equatable, Sendable {
    package private(set) var size: UInt64 = 0
    /// The largest subtree, which is the leftmost, first.
    package private(set) var peaks: [MerkleHash] = []

    package init() {}

    /// Nil unless there are as many peaks as `size` has one bits.
    package init?(size: UInt64, peaks: [MerkleHash]) {
        guard size.nonzeroBitCount == peaks.count else { return nil }
        self.size = size
        self.peaks = peaks
    }

    package mutating func append(_ leaf: MerkleHash) { append(leaf, level: 0) }

    /// Appends a perfect subtree of 2^level leaves; the size must be a multiple of that.
    package mutating func append(_ subtree: MerkleHash, level: Int) {
        precondition(size & ((1 << UInt64(level)) - 1) == 0, "a subtree stands at a multiple of its size")
        var hash = subtree
        var bit = UInt64(1) << UInt64(level)
        while size & bit != 0 {
            hash = .node(peaks.removeLast(), hash)
            size ^= bit
            bit <<= 1
        }
        peaks.append(hash)
        size |= bit
    }

    package var root: MerkleHash {
        guard var root = peaks.last else { return .empty }
        for peak in peaks.dropLast().reversed() { root = .node(peak, root) }
        return root
    }
}
