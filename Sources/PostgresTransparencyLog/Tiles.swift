import Postgres
import TransparencyLog

extension PostgresConnection {
    /// Tiles of one level by index, without whatever follows the last whole hash of each.
    nonisolated func tiles(level: Int, from: Int64, to: Int64) async throws(PostgresError) -> [Int64: [MerkleHash]] {
        let page = try await page(
            Statement.readTiles, [.int8(Int64(level)), .int8(from), .int8(to)], bytesMax: .max)
        var tiles: [Int64: [MerkleHash]] = [:]
        // A tile that cannot be read is an empty one, which the verification names.
        for row in 0..<page.count { tiles[try page.int64(row, 0)] = hashes((try? page.bytes(row, 1)) ?? []) }
        return tiles
    }

    /// Some tiles by their names; those that are not stored, or are narrower, are missing in the answer.
    nonisolated func tiles(_ names: some Collection<Tile>) async throws(PostgresError) -> [Tile: [MerkleHash]] {
        let page = try await page(
            Statement.readNamedTiles,
            [.int8Array(names.map { Int64($0.level) }), .int8Array(names.map { Int64($0.index) })], bytesMax: .max)
        var stored: [Place: [MerkleHash]] = [:]
        for row in 0..<page.count {
            let place = Place(level: Int(try page.int32(row, 0)), index: UInt64(try page.int64(row, 1)))
            // As above.
            stored[place] = hashes((try? page.bytes(row, 2)) ?? [])
        }
        var tiles: [Tile: [MerkleHash]] = [:]
        for name in names {
            guard let hashes = stored[Place(level: name.level, index: name.index)], hashes.count >= name.width else {
                continue
            }
            tiles[name] = Array(hashes.prefix(name.width))
        }
        return tiles
    }

    nonisolated func write(_ tiles: [(tile: Tile, hashes: [MerkleHash])]) async throws(PostgresError) {
        try await query(
            Statement.extendTiles,
            [
                .int8Array(tiles.map { Int64($0.tile.level) }), .int8Array(tiles.map { Int64($0.tile.index) }),
                .textArray(tiles.map { $0.hashes.map(\.hex).joined() }),
            ])
    }
}

/// A tile of any width.
private struct Place: Hashable {
    let level: Int
    let index: UInt64
}

private func hashes(_ bytes: ArraySlice<UInt8>) -> [MerkleHash] {
    stride(from: bytes.startIndex, to: bytes.endIndex - 31, by: 32).compactMap { MerkleHash(bytes[$0..<$0 + 32]) }
}
