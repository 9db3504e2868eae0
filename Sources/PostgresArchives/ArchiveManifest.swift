import Application
import Cryptography
import Foundation
import TransparencyLog

/// What stands beside an archive's file: where its chunks are, and what ties its events to the signed log.
struct ArchiveManifest: Codable, Equatable, Sendable {
    static let format = "deploycenter-archive/1"

    /// A member of the gzip file that can be read by itself.
    struct Chunk: Codable, Equatable, Sendable {
        let first: Int64
        let last: Int64
        let offset: Int
        let byteCount: Int
        /// Of the compressed bytes, in hex.
        let sha256: String
    }

    /// Ties the tree up to the range's end to a signed checkpoint.
    struct Proof: Codable, Equatable, Sendable {
        /// The signed note.
        let checkpoint: String
        /// Roots of the perfect subtrees between the range's end and the checkpoint's, from left to right, in hex.
        let after: [String]
    }

    let format: String
    let first: Int64
    let last: Int64
    /// The file beside this one.
    let file: String
    let chunks: [Chunk]
    /// The peaks of the tree (RFC 6962) of all events before the range, and at its end, the largest subtree first, in hex.
    let peaksBefore: [String]
    let peaks: [String]
    let proof: Proof?

    var eventCount: Int64 { last - first + 1 }

    static func file(first: Int64, last: Int64) -> String {
        "events-\(padded(first))-\(padded(last)).jsonl.gz"
    }

    static func manifestFile(of file: String) -> String { "\(file).manifest.json" }

    /// The tree of everything before the range.
    func treeBefore() throws(EventArchiveError) -> CompactRange { try tree(first - 1, peaksBefore) }

    /// The tree at the range's end, as the manifest says.
    func tree() throws(EventArchiveError) -> CompactRange { try tree(last, peaks) }

    func encoded() throws(EventArchiveError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self))
        } catch {
            throw .unavailable(reason: "the manifest cannot be written: \(error)")
        }
    }

    init(
        first: Int64, last: Int64, file: String, chunks: [Chunk], before: CompactRange, tree: CompactRange,
        proof: Proof?
    ) {
        format = Self.format
        self.first = first
        self.last = last
        self.file = file
        self.chunks = chunks
        peaksBefore = before.peaks.map(\.hex)
        peaks = tree.peaks.map(\.hex)
        self.proof = proof
    }

    init(_ bytes: [UInt8], file: String) throws(EventArchiveError) {
        do {
            self = try JSONDecoder().decode(ArchiveManifest.self, from: Data(bytes))
        } catch {
            throw .damaged(file: file, reason: "it is no manifest: \(error)")
        }
        guard format == Self.format else { throw .damaged(file: file, reason: "its format is \(format)") }
        var next = first
        var offset = 0
        for chunk in chunks {
            guard chunk.first == next, chunk.last >= chunk.first, chunk.offset == offset else {
                throw .damaged(file: file, reason: "its chunks do not follow each other")
            }
            (next, offset) = (chunk.last + 1, offset + chunk.byteCount)
        }
        guard first > 0, next == last + 1 else {
            throw .damaged(file: file, reason: "its chunks do not make the range")
        }
    }

    private func tree(_ size: Int64, _ peaks: [String]) throws(EventArchiveError) -> CompactRange {
        let hashes = peaks.compactMap { [UInt8](hex: $0).flatMap { MerkleHash($0) } }
        guard hashes.count == peaks.count, let tree = CompactRange(size: UInt64(size), peaks: hashes) else {
            throw .damaged(file: Self.manifestFile(of: file), reason: "its peaks are not those of \(size) leaves")
        }
        return tree
    }

    private static func padded(_ position: Int64) -> String {
        let digits = String(position)
        return String(repeating: "0", count: max(0, 12 - digits.count)) + digits
    }
}

/// Perfect subtrees of a stretch of leaves, as large as their places in the tree allow.
struct AlignedSubtrees {
    private(set) var subtrees: [(level: Int, hash: MerkleHash)] = []
    private var end: UInt64

    init(from start: UInt64) { end = start }

    mutating func append(_ leaf: MerkleHash) {
        var subtree = (level: 0, hash: leaf)
        end += 1
        // The one before belongs to the same larger subtree if that ends here and both are halves of it.
        while let left = subtrees.last, left.level == subtree.level,
            end & ((1 << UInt64(subtree.level + 1)) - 1) == 0
        {
            subtrees.removeLast()
            subtree = (subtree.level + 1, .node(left.hash, subtree.hash))
        }
        subtrees.append(subtree)
    }

    /// Grows a tree by subtrees that follow it: each as large as its place allows until the size is reached.
    static func grow(_ tree: inout CompactRange, by hashes: [MerkleHash], to size: UInt64) -> Bool {
        for hash in hashes {
            guard tree.size < size else { return false }
            let alignment = tree.size == 0 ? 63 : tree.size.trailingZeroBitCount
            let room = 63 - (size - tree.size).leadingZeroBitCount
            tree.append(hash, level: min(alignment, room))
        }
        return tree.size == size
    }
}
