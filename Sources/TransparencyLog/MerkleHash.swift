import Cryptography

/// One node of the log's Merkle tree: 32 bytes kept in place, because a tree has millions of them.
package struct MerkleHash: Hashable, Sendable {
    package static let byteCount = 32

    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// Nil unless there are 32 bytes.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { $0.copyBytes(from: bytes) }
        self.words = words
    }

    init(digestOf bytes: UnsafeBufferPointer<UInt8>) {
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        withUnsafeMutableBytes(of: &words) { SHA256.hash(bytes, into: $0) }
        self.words = words
    }

    /// The digest of what `body` puts in the buffer, all of it.
    private init(byteCount: Int, _ body: (UnsafeMutableBufferPointer<UInt8>) -> Void) {
        self = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: byteCount) { input in
            body(input)
            return MerkleHash(digestOf: UnsafeBufferPointer(input))
        }
    }

    /// Of a tree without leaves: SHA-256 of nothing.
    package static let empty = MerkleHash(byteCount: 0) { _ in }

    /// SHA-256(0x00 ‖ entry), RFC 6962, 2.1. The prefix keeps an entry from being passed off as a node.
    package static func leaf(_ entry: [UInt8]) -> MerkleHash {
        MerkleHash(byteCount: entry.count + 1) { input in
            input[0] = 0
            _ = input[1...].update(fromContentsOf: entry)
        }
    }

    /// SHA-256(0x01 ‖ left ‖ right), RFC 6962, 2.1.
    package static func node(_ left: MerkleHash, _ right: MerkleHash) -> MerkleHash {
        MerkleHash(byteCount: 2 * byteCount + 1) { input in
            input[0] = 1
            left.copy(to: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(input)[1..<33]))
            right.copy(to: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(input)[33..<65]))
        }
    }

    package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }
    package var hex: String { bytes.hex }

    private func copy(to buffer: UnsafeMutableRawBufferPointer) {
        withUnsafeBytes(of: words) { buffer.copyMemory(from: $0) }
    }

    package static func == (left: MerkleHash, right: MerkleHash) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) { withUnsafeBytes(of: words) { hasher.combine(bytes: $0) } }
}

extension MerkleHash: CustomStringConvertible {
    package var description: String { hex }
}
