/// Names a run of up to 256 neighbouring hashes of one row of the tree, the unit in which it is stored and served
/// (https://c2sp.org/tlog-tiles).
///
/// Tile `index` of level `level` holds MTH(D[(index·256 + i)·256^level : (index·256 + i + 1)·256^level]) for each i below
/// `width`: leaf hashes at level 0, and above it the roots of full tiles of the level below.
package struct Tile: Hashable, Sendable {
    package static let fullWidth = 256
    /// A tree of 2^64 leaves has levels 0 to 7; the format allows names up to this.
    package static let maximumLevel = 63

    package let level: Int
    package let index: UInt64
    /// The number of hashes: 256, or fewer in the last tile of a row.
    package let width: Int

    package init(level: Int, index: UInt64, width: Int = fullWidth) {
        precondition((0...Self.maximumLevel).contains(level) && (1...Self.fullWidth).contains(width), "a tile")
        self.level = level
        self.index = index
        self.width = width
    }

    package var isFull: Bool { width == Self.fullWidth }

    /// Every tile of a tree, the leaves' first; only the last of a row can be partial.
    package static func all(ofTreeOf size: UInt64) -> [Tile] {
        rows(ofTreeOf: size).flatMap { level, count in
            (0..<(count + 255) / 256).map { tile(level: level, index: $0, rowCount: count) }
        }
    }

    /// The partial tiles of a tree, the leaves' first: what a tree needs to grow.
    package static func partial(ofTreeOf size: UInt64) -> [Tile] {
        rows(ofTreeOf: size).compactMap { level, count in
            count % 256 == 0 ? nil : tile(level: level, index: count / 256, rowCount: count)
        }
    }

    /// Nil where the tree has no hash at that place.
    package static func holding(_ place: UInt64, level: Int, ofTreeOf size: UInt64) -> Tile? {
        let count = level < 8 ? size >> (8 * UInt64(level)) : 0
        return place < count ? tile(level: level, index: place / 256, rowCount: count) : nil
    }

    private static func tile(level: Int, index: UInt64, rowCount: UInt64) -> Tile {
        Tile(level: level, index: index, width: Int(min(256, rowCount - index * 256)))
    }

    private static func rows(ofTreeOf size: UInt64) -> [(level: Int, count: UInt64)] {
        (0..<8).map { ($0, size >> (8 * UInt64($0))) }.filter { $0.count > 0 }
    }
}

// MARK: Paths

extension Tile {
    /// `tile/<L>/<N>[.p/<W>]`.
    package var path: String { "tile/\(level)/" + suffix }

    /// Where the entries of a tile of leaves are: `tile/entries/<N>[.p/<W>]`.
    package var entriesPath: String {
        precondition(level == 0, "entries belong to leaves")
        return "tile/entries/" + suffix
    }

    /// Reads `path`, and nothing that `path` would not write.
    package init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "tile", let level = Int(parts[1]), (0...Self.maximumLevel).contains(level)
        else { return nil }
        self.init(level: level, suffix: parts[2...])
        guard self.path == path else { return nil }
    }

    /// Reads `entriesPath`, and nothing that `entriesPath` would not write.
    package init?(entriesPath: String) {
        let parts = entriesPath.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "tile", parts[1] == "entries" else { return nil }
        self.init(level: 0, suffix: parts[2...])
        guard self.entriesPath == entriesPath else { return nil }
    }

    /// The index in groups of three digits, all but the last marked with `x`, then the width of a partial tile.
    private var suffix: String {
        var groups = [Self.threeDigits(index % 1000)]
        var rest = index / 1000
        while rest > 0 {
            groups.append("x" + Self.threeDigits(rest % 1000))
            rest /= 1000
        }
        return groups.reversed().joined(separator: "/") + (isFull ? "" : ".p/\(width)")
    }

    private init?(level: Int, suffix: ArraySlice<Substring>) {
        var groups = suffix
        var width = Self.fullWidth
        if let marked = groups.dropLast().last, marked.hasSuffix(".p") {
            guard let partial = groups.popLast().flatMap({ Int($0) }), (1..<Self.fullWidth).contains(partial) else {
                return nil
            }
            width = partial
            groups[groups.endIndex - 1] = marked.dropLast(2)
        }
        var index: UInt64 = 0
        for group in groups {
            guard let value = UInt64(group.hasPrefix("x") ? group.dropFirst() : group), value < 1000 else { return nil }
            let (product, isTooLarge) = index.multipliedReportingOverflow(by: 1000)
            let (sum, isAlsoTooLarge) = product.addingReportingOverflow(value)
            guard !isTooLarge, !isAlsoTooLarge else { return nil }
            index = sum
        }
        self.init(level: level, index: index, width: width)
    }

    private static func threeDigits(_ value: UInt64) -> String { String(String(1000 + value).dropFirst()) }
}

// MARK: Content

extension [MerkleHash] {
    /// The content of a tile: nil unless it is 1 to 256 hashes of 32 bytes.
    package init?(tile bytes: [UInt8]) {
        let size = MerkleHash.byteCount
        guard bytes.count.isMultiple(of: size), (1...Tile.fullWidth).contains(bytes.count / size) else { return nil }
        self = stride(from: 0, to: bytes.count, by: size).compactMap { MerkleHash(bytes[$0..<$0 + size]) }
    }

    package var tileBytes: [UInt8] { flatMap(\.bytes) }
}

/// The entries behind a tile of leaves, each after its length in two bytes, the high one first (c2sp.org/tlog-tiles).
package enum EntryBundle {
    package static let maximumEntryByteCount = Int(UInt16.max)

    /// Nil where an entry is too long for its length.
    package static func bytes(of entries: [[UInt8]]) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + $1.count + 2 })
        for entry in entries {
            guard entry.count <= maximumEntryByteCount else { return nil }
            bytes.append(UInt8(entry.count >> 8))
            bytes.append(UInt8(entry.count & 255))
            bytes += entry
        }
        return bytes
    }

    /// Nil where a length goes beyond the end.
    package static func entries(in bytes: [UInt8]) -> [[UInt8]]? {
        var entries: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            guard start + 2 <= bytes.count else { return nil }
            let end = start + 2 + Int(bytes[start]) << 8 + Int(bytes[start + 1])
            guard end <= bytes.count else { return nil }
            entries.append(Array(bytes[start + 2..<end]))
            start = end
        }
        return entries
    }
}
