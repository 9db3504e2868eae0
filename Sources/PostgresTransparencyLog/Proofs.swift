import Postgres
import TransparencyLog

extension PostgresConnection {
    /// Hashes that prove that the tree grew, out of stored tiles.
    nonisolated func consistencyProof(from: Int64, to: Int64) async throws -> [MerkleHash] {
        let names = try TileTree.tilesForConsistency(from: UInt64(from), to: UInt64(to))
        return try await tree(names).consistencyProof(from: UInt64(from), to: UInt64(to))
    }

    /// Out of stored tiles; nil where they do not reach that far.
    nonisolated func root(size: Int64) async throws(PostgresError) -> MerkleHash? {
        guard size > 0 else { return .empty }
        let tree = try await tree(TileTree.tilesForRoot(size: UInt64(size)))
        // Tiles that give no root are as good as none: the caller tells them apart by what was signed.
        return try? tree.root(size: UInt64(size))
    }

    /// The tiles that a question needs; asking it throws where one is not stored.
    nonisolated func tree(_ names: Set<Tile>) async throws(PostgresError) -> TileTree {
        var tree = TileTree()
        for (name, hashes) in try await tiles(names) { tree.insert(hashes, for: name) }
        return tree
    }
}
