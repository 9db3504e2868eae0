/// Grows a tree leaf by leaf and says which tiles must be written: what the notary does.
package struct TileWriter: Sendable {
    package private(set) var size: UInt64
    /// Of each level, the hashes of its last tile while that is partial; the leaves' level first.
    private var partial: [[MerkleHash]]
    private var finished: [(tile: Tile, hashes: [MerkleHash])] = []
    /// The size when tiles were last taken.
    private var takenSize: UInt64

    /// A tree without leaves.
    package init() { self.init(size: 0, partial: []) }

    private init(size: UInt64, partial: [[MerkleHash]]) {
        self.size = size
        self.partial = partial
        takenSize = size
    }

    /// Goes on with a tree of which the partial tiles (`Tile.partial(ofTreeOf:)`) are given; wider ones of a later tree are cut.
    package init(size: UInt64, tile: (Tile) throws(TileTreeError) -> [MerkleHash]) throws(TileTreeError) {
        var partial: [[MerkleHash]] = []
        for wanted in Tile.partial(ofTreeOf: size) {
            let hashes = try tile(wanted)
            guard hashes.count >= wanted.width else {
                throw .missingTile(level: wanted.level, index: wanted.index)
            }
            while partial.count < wanted.level { partial.append([]) }
            partial.append(Array(hashes.prefix(wanted.width)))
        }
        self.init(size: size, partial: partial)
    }

    package mutating func append(_ leaf: MerkleHash) {
        size += 1
        append(leaf, level: 0)
    }

    private mutating func append(_ hash: MerkleHash, level: Int) {
        if level == partial.count { partial.append([]) }
        partial[level].append(hash)
        guard partial[level].count == Tile.fullWidth else { return }
        let hashes = partial[level]
        let index = (size >> (8 * UInt64(level + 1))) - 1
        finished.append((Tile(level: level, index: index), hashes))
        partial[level].removeAll(keepingCapacity: true)
        append(MerkleTree.root(of: hashes), level: level + 1)
    }

    package var root: MerkleHash {
        // The bits of the size, in groups of eight, are the widths of the partial tiles: so are the peaks.
        var peaks: [MerkleHash] = []
        for row in partial.reversed() {
            var start = 0
            for bit in (0..<8).reversed() where row.count & (1 << bit) != 0 {
                peaks.append(MerkleTree.root(of: row[start..<start + 1 << bit]))
                start += 1 << bit
            }
        }
        return CompactRange(size: size, peaks: peaks)?.root ?? .empty
    }

    /// The tiles that are new or wider since the last call, full ones as they were filled, then partial ones.
    package mutating func takeTiles() -> [(tile: Tile, hashes: [MerkleHash])] {
        defer {
            finished.removeAll()
            takenSize = size
        }
        let grown = Tile.partial(ofTreeOf: size).filter {
            size >> (8 * UInt64($0.level)) != takenSize >> (8 * UInt64($0.level))
        }
        return finished + grown.map { ($0, partial[$0.level]) }
    }
}
