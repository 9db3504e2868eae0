/// Answers for roots and proofs out of tiles that somebody fetched; each inner node is hashed once, however often asked for.
///
/// First ask which tiles a question needs (`tiles(for…)`), fetch and `insert` them, then ask the question.
package struct TileTree: Sendable {
    /// Where a tile stands, whatever its width: a wider tile of a later tree serves an earlier one too.
    private struct Place: Hashable {
        let level: Int
        let index: UInt64
    }

    /// Of each tile, the rows of its perfect subtrees: its hashes, their pairs' nodes, and so on to its root.
    private var rows: [Place: [[MerkleHash]]] = [:]

    package init() {}

    /// Keeps the wider one where there is a tile already.
    package mutating func insert(_ hashes: [MerkleHash], for tile: Tile) {
        precondition(hashes.count == tile.width, "as many hashes as the tile is wide")
        let place = Place(level: tile.level, index: tile.index)
        if let known = rows[place], known[0].count >= hashes.count { return }
        var row = hashes
        var all = [row]
        while row.count > 1 {
            row = stride(from: 0, to: row.count - 1, by: 2).map { .node(row[$0], row[$0 + 1]) }
            all.append(row)
        }
        rows[place] = all
    }

    package func root(size: UInt64) throws(TileTreeError) -> MerkleHash { try hash(of: 0..<size) }

    package func inclusionProof(of leaf: UInt64, size: UInt64) throws(TileTreeError) -> [MerkleHash] {
        guard leaf < size else { throw .noSuchLeaf(leaf, size: size) }
        return try hashes(of: MerkleTree.inclusionPath(of: leaf, size: size))
    }

    package func consistencyProof(from oldSize: UInt64, to newSize: UInt64) throws(TileTreeError) -> [MerkleHash] {
        guard oldSize <= newSize else { throw .shrinking(from: oldSize, to: newSize) }
        return try hashes(of: MerkleTree.consistencyPath(from: oldSize, to: newSize))
    }

    // MARK: What to fetch

    package static func tilesForRoot(size: UInt64) -> Set<Tile> { tiles(holding: [0..<size], size: size) }

    package static func tilesForInclusion(of leaf: UInt64, size: UInt64) throws(TileTreeError) -> Set<Tile> {
        guard leaf < size else { throw .noSuchLeaf(leaf, size: size) }
        return tiles(holding: MerkleTree.inclusionPath(of: leaf, size: size), size: size)
    }

    package static func tilesForConsistency(from oldSize: UInt64, to newSize: UInt64) throws(TileTreeError) -> Set<Tile>
    {
        guard oldSize <= newSize else { throw .shrinking(from: oldSize, to: newSize) }
        return tiles(holding: MerkleTree.consistencyPath(from: oldSize, to: newSize), size: newSize)
    }

    // MARK: Nodes

    /// The root of a perfect subtree: node `index` of those with 2^level leaves.
    private struct Node {
        let level: Int
        let index: UInt64

        /// Where the node stands in the tile that holds it: row and place.
        var tileLevel: Int { level / 8 }
        var rowInTile: Int { level % 8 }
        var tileIndex: UInt64 { index >> UInt64(8 - rowInTile) }
        var placeInRow: Int { Int(index & (1 << UInt64(8 - rowInTile) - 1)) }
        var firstHash: UInt64 { index << UInt64(rowInTile) }
    }

    /// The perfect subtrees of a range that begins where RFC 6962 splits, left to right.
    private static func nodes(of range: Range<UInt64>) -> [Node] {
        var nodes: [Node] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let level = 63 - (range.upperBound - start).leadingZeroBitCount
            nodes.append(Node(level: level, index: start >> UInt64(level)))
            start += 1 << UInt64(level)
        }
        return nodes
    }

    private static func tiles(holding ranges: [Range<UInt64>], size: UInt64) -> Set<Tile> {
        Set(
            ranges.flatMap(nodes).compactMap { node in
                Tile.holding(node.firstHash, level: node.tileLevel, ofTreeOf: size)
            })
    }

    private func hashes(of ranges: [Range<UInt64>]) throws(TileTreeError) -> [MerkleHash] {
        var hashes: [MerkleHash] = []
        for range in ranges { hashes.append(try hash(of: range)) }
        return hashes
    }

    private func hash(of range: Range<UInt64>) throws(TileTreeError) -> MerkleHash {
        var answer: MerkleHash?
        for node in Self.nodes(of: range).reversed() {
            guard let rows = rows[Place(level: node.tileLevel, index: node.tileIndex)], node.rowInTile < rows.count,
                node.placeInRow < rows[node.rowInTile].count
            else { throw .missingTile(level: node.tileLevel, index: node.tileIndex) }
            let hash = rows[node.rowInTile][node.placeInRow]
            answer = answer.map { .node(hash, $0) } ?? hash
        }
        return answer ?? .empty
    }
}

/// Why tiles do not answer a question.
package enum TileTreeError: Error, Equatable, Sendable {
    /// The tile was not inserted, or is too narrow for a tree of that size.
    case missingTile(level: Int, index: UInt64)
    case noSuchLeaf(UInt64, size: UInt64)
    case shrinking(from: UInt64, to: UInt64)
}
