import TestSupport
import Testing
import TransparencyLog

@Suite struct `A tile` {
    /// c2sp.org/tlog-tiles, "Merkle Tree".
    @Test(arguments: [
        (Tile(level: 0, index: 0), "tile/0/000"), (Tile(level: 0, index: 5), "tile/0/005"),
        (Tile(level: 1, index: 1_234_067), "tile/1/x001/x234/067"), (Tile(level: 0, index: 999), "tile/0/999"),
        (Tile(level: 0, index: 1000), "tile/0/x001/000"), (Tile(level: 63, index: 1, width: 1), "tile/63/001.p/1"),
        (Tile(level: 2, index: 123_456, width: 255), "tile/2/x123/456.p/255"),
        (Tile(level: 0, index: .max), "tile/0/x018/x446/x744/x073/x709/x551/615"),
    ])
    func `has the path that the specification gives it`(tile: Tile, path: String) throws {
        #expect(tile.path == path)
        #expect(Tile(path: path) == tile)
        guard tile.level == 0 else { return }
        let entries = "tile/entries/" + path.dropFirst("tile/0/".count)
        #expect(tile.entriesPath == entries)
        #expect(Tile(entriesPath: entries) == tile)
    }

    @Test(arguments: [
        "", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x000", "tile/00/000",
        "tile/0/x000/000", "tile/0/001/000", "tile/0/x001/x000", "tile/64/000", "tile/-1/000", "tile/+1/000",
        "tile/0/000/",
        "/tile/0/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p", "tile/0/000.p/",
        "tile/0/000.p/-1", "tile/0/000.p/1/2", "tile/0/x001.p/000", "tile/0/abc", "tile/0/+01", "tile/0/ 01",
        "tile/0/x018/x446/x744/x073/x709/x551/616", "tile/0/x999/x999/x999/x999/x999/x999/x999/999", "tile/data/000",
        "tile/8/0/000", "tile/0/X001/000", "tile/0/٠٠١",
    ])
    func `has no other path`(path: String) {
        #expect(Tile(path: path) == nil)
        #expect(Tile(entriesPath: path) == nil)
        #expect(Tile(entriesPath: path.replacing("tile/0", with: "tile/entries")) == nil)
    }

    /// c2sp.org/tlog-tiles, "Partial Tiles".
    @Test func `is one of those that the specification counts for 70,000 leaves`() {
        let all = Tile.all(ofTreeOf: 70_000)
        #expect(all.filter { $0.level == 0 && $0.isFull }.count == 273)
        #expect(all.filter { $0.level == 1 && $0.isFull }.count == 1)
        #expect(
            Tile.partial(ofTreeOf: 70_000) == [
                Tile(level: 0, index: 273, width: 112), Tile(level: 1, index: 1, width: 17),
                Tile(level: 2, index: 0, width: 1),
            ])
        #expect(all.count == 277)
        #expect(Tile.all(ofTreeOf: 256) == [Tile(level: 0, index: 0), Tile(level: 1, index: 0, width: 1)])
        #expect(Tile.all(ofTreeOf: 0).isEmpty)
        #expect(Tile.holding(69_999, level: 0, ofTreeOf: 70_000) == Tile(level: 0, index: 273, width: 112))
        #expect(Tile.holding(70_000, level: 0, ofTreeOf: 70_000) == nil)
        #expect(Tile.holding(0, level: 9, ofTreeOf: 70_000) == nil)
    }

    @Test func `keeps its hashes as bytes`() {
        let hashes = leaves(256)
        #expect([MerkleHash](tile: hashes.tileBytes) == hashes)
        #expect(hashes.tileBytes.count == 8192)
        #expect([MerkleHash](tile: []) == nil)
        #expect([MerkleHash](tile: Array(hashes.tileBytes.dropLast())) == nil)
        #expect([MerkleHash](tile: hashes.tileBytes + hashes[0].bytes) == nil)
    }

    @Test func `has entries after their lengths`() {
        let entries: [[UInt8]] = [Array("a".utf8), [], [UInt8](repeating: 1, count: 65535)]
        let bytes = EntryBundle.bytes(of: entries)
        #expect(bytes?.prefix(5) == [0, 1, 97, 0, 0])
        #expect(bytes.flatMap(EntryBundle.entries) == entries)
        #expect(EntryBundle.bytes(of: [[UInt8](repeating: 1, count: 65536)]) == nil)
        #expect(EntryBundle.entries(in: [0, 1]) == nil)
        #expect(EntryBundle.entries(in: [0]) == nil)
    }
}
