package import Application
import Cryptography
package import EventSourcing
import Foundation
import TransparencyLog

/// The archives in a folder, opened for reading: nothing of them is believed that is not checked against its hashes.
package struct ArchiveFolder: EventArchives {
    let path: String
    /// In the order of their ranges, which follow each other.
    let manifests: [ArchiveManifest]

    /// Reads the manifests. A folder that is not there has none.
    package init(path: String) throws(EventArchiveError) {
        self.path = path
        var manifests: [ArchiveManifest] = []
        let suffix = ArchiveManifest.manifestFile(of: ".jsonl.gz")
        // A folder that cannot be listed is missed as soon as something of it is asked for.
        for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] where name.hasSuffix(suffix) {
            manifests.append(try ArchiveManifest(try ArchiveDisk.read("\(path)/\(name)"), file: name))
        }
        manifests.sort { $0.first < $1.first }
        for (earlier, later) in zip(manifests, manifests.dropFirst()) where earlier.last + 1 != later.first {
            throw .missing("the archive of positions \(earlier.last + 1) to \(later.first - 1) in \(path)")
        }
        self.manifests = manifests
    }

    package var lastPosition: Position { Position(manifests.last?.last ?? 0) }

    package func events(
        after position: Position, upTo: Position
    ) async throws(EventArchiveError) -> [ArchivedEvent] {
        let next = position.rawValue + 1
        guard next <= min(upTo.rawValue, manifests.last?.last ?? 0) else { return [] }
        guard let manifest = manifests.first(where: { $0.first <= next && next <= $0.last }),
            let chunk = manifest.chunks.first(where: { next <= $0.last })
        else { throw .missing("the archive with position \(next) in \(path)") }
        return try await events(of: chunk, in: manifest).filter {
            $0.event.position > position && $0.event.position <= upTo
        }
    }

    func lines(of chunk: ArchiveManifest.Chunk, in manifest: ArchiveManifest) async throws(EventArchiveError)
        -> [ArraySlice<UInt8>]
    {
        let compressed = try ArchiveDisk.read("\(path)/\(manifest.file)", offset: chunk.offset, count: chunk.byteCount)
        guard SHA256.hash(compressed).hex == chunk.sha256 else {
            throw .damaged(
                file: manifest.file, reason: "positions \(chunk.first) to \(chunk.last) do not have the manifest's hash"
            )
        }
        return try await Gzip.decompressed(compressed).split(separator: UInt8(ascii: "\n"))
    }

    func events(
        of chunk: ArchiveManifest.Chunk, in manifest: ArchiveManifest
    ) async throws(EventArchiveError) -> [ArchivedEvent] {
        var events: [ArchivedEvent] = []
        for line in try await lines(of: chunk, in: manifest) {
            let event: ArchivedEvent
            do throws(ArchiveLineError) {
                event = try ArchiveLine.event(line)
            } catch {
                throw .damaged(
                    file: manifest.file,
                    reason: "the line for position \(chunk.first + Int64(events.count)): \(error.reason)")
            }
            guard event.event.position.rawValue == chunk.first + Int64(events.count) else {
                throw .damaged(file: manifest.file, reason: "position \(event.event.position) is out of order")
            }
            events.append(event)
        }
        guard Int64(events.count) == chunk.last - chunk.first + 1 else {
            throw .damaged(file: manifest.file, reason: "positions \(chunk.first) to \(chunk.last) are not all there")
        }
        return events
    }

    /// Reads a whole archive, recomputes every leaf from what it says, and the tree from the leaves.
    package func verify(
        _ range: ArchivedRange, progress: (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) async throws(EventArchiveError) {
        guard let manifest = manifests.first(where: { $0.first == range.first.rawValue }) else {
            throw .missing("the archive with position \(range.first) in \(path)")
        }
        try await verify(manifest, progress: progress)
    }

    func verify(
        _ manifest: ArchiveManifest, progress: (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) async throws(EventArchiveError) {
        var tree = try manifest.treeBefore()
        for chunk in manifest.chunks {
            for event in try await events(of: chunk, in: manifest) {
                guard event.isAuthentic, let leaf = MerkleHash(event.leafHash) else {
                    throw .damaged(
                        file: manifest.file, reason: "position \(event.event.position) is not what its leaf hash says")
                }
                tree.append(leaf)
            }
            progress(chunk.last - manifest.first + 1, manifest.eventCount)
        }
        guard tree == (try manifest.tree()) else {
            throw .damaged(file: manifest.file, reason: "its events do not give the manifest's tree")
        }
        guard try manifest.isProven(tree) else {
            throw .damaged(file: manifest.file, reason: "its tree is not that of its checkpoint")
        }
    }

    package var ranges: [ArchivedRange] {
        manifests.map { ArchivedRange(first: Position($0.first), last: Position($0.last), file: $0.file) }
    }
}

/// A range of the log that is a file.
package struct ArchivedRange: Equatable, Sendable {
    package let first: Position
    package let last: Position
    /// Its name in the folder of archives; its manifest is beside it.
    package let file: String
}

extension ArchiveManifest {
    /// Whether the tree at the range's end grows into the checkpoint's. True without a checkpoint; who signed it is for those who know
    /// the log's keys.
    fileprivate func isProven(_ tree: CompactRange) throws(EventArchiveError) -> Bool {
        guard let proof else { return true }
        var tree = tree
        let hashes = proof.after.compactMap { [UInt8](hex: $0).flatMap { MerkleHash($0) } }
        let text = proof.checkpoint.components(separatedBy: "\n\n").first.map { $0 + "\n" } ?? ""
        // A note that is no checkpoint proves nothing.
        guard hashes.count == proof.after.count, let checkpoint = try? Checkpoint(text: text),
            AlignedSubtrees.grow(&tree, by: hashes, to: checkpoint.size)
        else { return false }
        return tree.root == checkpoint.root
    }
}
