import Cryptography
import TestSupport
import Testing
import TransparencyLog

/// The definitions of RFC 6962, 2.1, word for word: slow, and plainly right.
enum NaiveTree {
    static func root(_ leaves: ArraySlice<MerkleHash>) -> MerkleHash {
        guard leaves.count > 1 else { return leaves.first ?? .empty }
        let middle = leaves.startIndex + split(leaves.count)
        return .node(root(leaves[..<middle]), root(leaves[middle...]))
    }

    static func inclusion(_ index: Int, _ leaves: ArraySlice<MerkleHash>) -> [MerkleHash] {
        guard leaves.count > 1 else { return [] }
        let half = split(leaves.count)
        let middle = leaves.startIndex + half
        return index < half
            ? inclusion(index, leaves[..<middle]) + [root(leaves[middle...])]
            : inclusion(index - half, leaves[middle...]) + [root(leaves[..<middle])]
    }

    static func consistency(_ old: Int, _ leaves: ArraySlice<MerkleHash>, isWhole: Bool = true) -> [MerkleHash] {
        guard old != leaves.count else { return isWhole ? [] : [root(leaves)] }
        let half = split(leaves.count)
        let middle = leaves.startIndex + half
        return old <= half
            ? consistency(old, leaves[..<middle], isWhole: isWhole) + [root(leaves[middle...])]
            : consistency(old - half, leaves[middle...], isWhole: false) + [root(leaves[..<middle])]
    }

    private static func split(_ count: Int) -> Int {
        var half = 1
        while half * 2 < count { half *= 2 }
        return half
    }
}

func leaves(_ count: Int) -> [MerkleHash] { (0..<count).map { .leaf(Array(String($0).utf8)) } }

/// A tree built as the notary builds it, in whatever portions `random` says, and read back from its tiles.
func tiles(of leaves: [MerkleHash], using random: inout SeededRandom) -> TileTree {
    var tree = TileTree()
    var writer = TileWriter()
    for leaf in leaves {
        writer.append(leaf)
        if Int.random(in: 0..<300, using: &random) == 0 {
            for (tile, hashes) in writer.takeTiles() { tree.insert(hashes, for: tile) }
        }
    }
    for (tile, hashes) in writer.takeTiles() { tree.insert(hashes, for: tile) }
    return tree
}

@Suite struct `A Merkle tree` {
    /// Certificate Transparency's reference tree (google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc).
    private static let entries = [
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    ].compactMap { [UInt8](hex: $0) }
    private static let reference = entries.map(MerkleHash.leaf)

    @Test func `has the reference tree's roots`() {
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ]
        #expect(Self.reference.count == 8)
        for (size, root) in roots.enumerated() { #expect(MerkleTree.root(of: Self.reference[..<size]).hex == root) }
    }

    @Test func `has the reference tree's proofs`() throws {
        var random = SeededRandom(seed: 1)
        let tree = tiles(of: Self.reference, using: &random)
        #expect(
            try tree.inclusionProof(of: 0, size: 8).map(\.hex) == [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ])
        #expect(
            try tree.inclusionProof(of: 5, size: 8).map(\.hex) == [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ])
        #expect(
            try tree.consistencyProof(from: 6, to: 8).map(\.hex) == [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ])
    }

    @Test func `is the definition of RFC 6962 at every size up to 130, with every proof`() throws {
        var random = SeededRandom(seed: 1)
        let all = leaves(130)
        let tree = tiles(of: all, using: &random)
        for size in 0...130 {
            let root = NaiveTree.root(all[..<size])
            #expect(MerkleTree.root(of: all[..<size]) == root)
            if size > 0 { #expect(try tree.root(size: UInt64(size)) == root) }
            for index in 0..<size {
                let proof = try tree.inclusionProof(of: UInt64(index), size: UInt64(size))
                #expect(proof == NaiveTree.inclusion(index, all[..<size]))
                #expect(
                    MerkleProof.proves(all[index], at: UInt64(index), inTreeOf: UInt64(size), root: root, by: proof))
            }
            for old in 1..<max(size, 1) {
                let proof = try tree.consistencyProof(from: UInt64(old), to: UInt64(size))
                #expect(proof == NaiveTree.consistency(old, all[..<size]))
                #expect(
                    MerkleProof.proves(
                        root, ofSize: UInt64(size), extends: NaiveTree.root(all[..<old]), ofSize: UInt64(old), by: proof
                    ))
            }
        }
    }

    @Test func `of up to 100,000 leaves answers from exactly the tiles it asks for`() throws {
        var random = SeededRandom(for: "a Merkle tree of up to 100,000 leaves")
        let all = leaves(Int.random(in: 66_000...100_000, using: &random))
        var known: [Tile: [MerkleHash]] = [:]
        for tile in Tile.all(ofTreeOf: UInt64(all.count)) where tile.level == 0 {
            known[tile] = Array(all[Int(tile.index) * 256..<Int(tile.index) * 256 + tile.width])
        }
        let whole = tiles(of: all, using: &random)
        let root = MerkleTree.root(of: all)
        #expect(try whole.root(size: UInt64(all.count)) == root)
        for _ in 0..<60 {
            let size = Int.random(in: 1...all.count, using: &random)
            let index = Int.random(in: 0..<size, using: &random)
            let partRoot = MerkleTree.root(of: all[..<size])
            #expect(try whole.root(size: UInt64(size)) == partRoot)
            let proof = try whole.inclusionProof(of: UInt64(index), size: UInt64(size))
            #expect(
                MerkleProof.proves(all[index], at: UInt64(index), inTreeOf: UInt64(size), root: partRoot, by: proof))
            let growth = try whole.consistencyProof(from: UInt64(size), to: UInt64(all.count))
            #expect(
                MerkleProof.proves(
                    root, ofSize: UInt64(all.count), extends: partRoot, ofSize: UInt64(size), by: growth))

            var writer = TileWriter()
            for leaf in all[..<size] { writer.append(leaf) }
            #expect(writer.root == partRoot)
            let written = Dictionary(uniqueKeysWithValues: writer.takeTiles().map { ($0.tile, $0.hashes) })
            #expect(Set(written.keys) == Set(Tile.all(ofTreeOf: UInt64(size))))
            var few = TileTree()
            for tile in try TileTree.tilesForInclusion(of: UInt64(index), size: UInt64(size)) {
                few.insert(try #require(written[tile]), for: tile)
            }
            #expect(try few.inclusionProof(of: UInt64(index), size: UInt64(size)) == proof)
        }
    }

    @Test func `goes on growing from its partial tiles`() throws {
        var random = SeededRandom(for: "a tree that goes on growing")
        let all = leaves(70_000)
        var kept: [Tile: [MerkleHash]] = [:]
        var writer = TileWriter()
        var appended = 0
        while appended < all.count {
            let portion = min(Int.random(in: 1...5000, using: &random), all.count - appended)
            for leaf in all[appended..<appended + portion] { writer.append(leaf) }
            appended += portion
            for (tile, hashes) in writer.takeTiles() { kept[tile] = hashes }
            #expect(writer.takeTiles().isEmpty)
            writer = try TileWriter(size: UInt64(appended)) { tile throws(TileTreeError) in kept[tile] ?? [] }
        }
        #expect(writer.root == MerkleTree.root(of: all))
        for tile in Tile.all(ofTreeOf: UInt64(all.count)) { #expect(kept[tile]?.count == tile.width) }
        #expect(throws: TileTreeError.missingTile(level: 0, index: 273)) {
            try TileWriter(size: 70_000) { _ throws(TileTreeError) in [] }
        }
    }

    @Test func `has no proof that passes for another leaf, place, size or root`() throws {
        var random = SeededRandom(for: "proofs that must fail")
        let all = leaves(300)
        let tree = tiles(of: all, using: &random)
        for _ in 0..<2000 {
            let size = Int.random(in: 2...300, using: &random)
            let index = Int.random(in: 0..<size, using: &random)
            let root = NaiveTree.root(all[..<size])
            var proof = try tree.inclusionProof(of: UInt64(index), size: UInt64(size))
            var (leaf, place, claimedRoot) = (all[index], UInt64(index), root)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: leaf = all[(index + 1) % 300]
            case 1: place = UInt64((index + Int.random(in: 1..<size, using: &random)) % size)
            case 2: claimedRoot = all[0]
            case 3: proof.append(all[1])
            case 4: _ = proof.popLast()
            default: proof[Int.random(in: 0..<proof.count, using: &random)] = .node(all[7], all[7])
            }
            #expect(!MerkleProof.proves(leaf, at: place, inTreeOf: UInt64(size), root: claimedRoot, by: proof))
        }
    }

    @Test func `has no consistency proof for another history`() throws {
        var random = SeededRandom(for: "consistency proofs that must fail")
        let all = leaves(300)
        let tree = tiles(of: all, using: &random)
        for _ in 0..<1000 {
            let size = Int.random(in: 2...300, using: &random)
            let old = Int.random(in: 1..<size, using: &random)
            var (root, oldRoot) = (NaiveTree.root(all[..<size]), NaiveTree.root(all[..<old]))
            var proof = try tree.consistencyProof(from: UInt64(old), to: UInt64(size))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: oldRoot = .node(oldRoot, all[3])
            case 1: root = .node(root, all[3])
            case 2: proof.append(all[1])
            case 3: _ = proof.popLast()
            default: proof[Int.random(in: 0..<proof.count, using: &random)] = .node(all[7], all[7])
            }
            #expect(
                !MerkleProof.proves(root, ofSize: UInt64(size), extends: oldRoot, ofSize: UInt64(old), by: proof))
        }
        #expect(MerkleProof.proves(all[0], ofSize: 1, extends: .empty, ofSize: 0, by: []))
        #expect(!MerkleProof.proves(all[0], ofSize: 1, extends: all[0], ofSize: 0, by: []))
        #expect(!MerkleProof.proves(all[0], ofSize: 1, extends: all[0], ofSize: 2, by: []))
        #expect(MerkleProof.proves(all[0], ofSize: 1, extends: all[0], ofSize: 1, by: []))
        #expect(!MerkleProof.proves(all[0], ofSize: 1, extends: all[1], ofSize: 1, by: []))
    }

    @Test func `answers what it cannot prove with a reason`() throws {
        let empty = TileTree()
        #expect(throws: TileTreeError.noSuchLeaf(5, size: 5)) { try empty.inclusionProof(of: 5, size: 5) }
        #expect(throws: TileTreeError.noSuchLeaf(5, size: 5)) { try TileTree.tilesForInclusion(of: 5, size: 5) }
        #expect(throws: TileTreeError.shrinking(from: 6, to: 5)) { try empty.consistencyProof(from: 6, to: 5) }
        #expect(throws: TileTreeError.missingTile(level: 0, index: 0)) { try empty.root(size: 1) }
        #expect(try empty.root(size: 0) == .empty)
        #expect(CompactRange(size: 3, peaks: [.empty]) == nil)
    }

    @Test func `grows by whole subtrees too`() {
        let all = leaves(1000)
        var range = CompactRange()
        for start in stride(from: 0, to: 768, by: 256) {
            range.append(MerkleTree.root(of: all[start..<start + 256]), level: 8)
        }
        for leaf in all[768...] { range.append(leaf) }
        #expect(range.root == MerkleTree.root(of: all))
        #expect(CompactRange(size: 1000, peaks: range.peaks) == range)
    }
}
