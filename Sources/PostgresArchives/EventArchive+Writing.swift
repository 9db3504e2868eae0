import Application
import Cryptography
import EventSourcing
import Foundation
import Postgres
import TransparencyLog

extension EventArchive {
    /// Writes a partition's file and manifest, unless they are there already, and reads them back.
    func write(
        _ partition: Partition, _ options: Options, _ progress: @Sendable (Int64, Int64) -> Void
    ) async throws(EventArchiveError) -> ArchiveManifest {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .unavailable(reason: "\(folder) cannot be made: \(error)")
        }
        let files = try ArchiveFolder(path: folder)
        if let known = files.manifests.first(where: { $0.first == partition.first && $0.last == partition.last }) {
            try await files.verify(known)
            guard known.proof != nil || options.allowsUnproven else { throw Self.unproven }
            return known
        }
        guard files.lastPosition.rawValue == partition.first - 1 else {
            throw .missing("\(folder) ends at position \(files.lastPosition), and \(partition.first) comes next")
        }
        let before =
            try files.manifests.last.map { last throws(EventArchiveError) in try last.tree() } ?? CompactRange()
        let file = ArchiveManifest.file(first: partition.first, last: partition.last)
        let aside = file + ".writing"
        var chunks: [ArchiveManifest.Chunk] = []
        var tree = before
        try await ArchiveDisk.writing("\(folder)/\(aside)") { handle throws(EventArchiveError) in
            var first = partition.first
            while first <= partition.last {
                // Chunks end where tiles of the audit tree do, so that its verifier asks for whole ones.
                let last = min(partition.last, (first - 1) / Self.chunkSize * Self.chunkSize + Self.chunkSize)
                let chunk = try await self.chunk(
                    first, last, at: chunks.last.map { $0.offset + $0.byteCount } ?? 0, &tree)
                try ArchiveDisk.append(chunk.bytes, to: handle)
                chunks.append(chunk.entry)
                progress(last - partition.first + 1, partition.last - partition.first + 1)
                first = last + 1
            }
        }
        let proof = try await self.proof(of: tree)
        guard proof != nil || options.allowsUnproven else { throw Self.unproven }
        let manifest = ArchiveManifest(
            first: partition.first, last: partition.last, file: file, chunks: chunks, before: before, tree: tree,
            proof: proof)
        try ArchiveDisk.rename(aside, to: file, in: folder)
        let manifestFile = ArchiveManifest.manifestFile(of: file)
        let bytes = try manifest.encoded()
        try await ArchiveDisk.writing("\(folder)/\(manifestFile).writing") { handle throws(EventArchiveError) in
            try ArchiveDisk.append(bytes, to: handle)
        }
        try ArchiveDisk.rename("\(manifestFile).writing", to: manifestFile, in: folder)
        try await ArchiveFolder(path: folder).verify(manifest)
        return manifest
    }

    private static let unproven = EventArchiveError.refused("no signed checkpoint covers it yet")

    private func chunk(
        _ first: Int64, _ last: Int64, at offset: Int, _ tree: inout CompactRange
    ) async throws(EventArchiveError) -> (entry: ArchiveManifest.Chunk, bytes: [UInt8]) {
        var text: [UInt8] = []
        do throws(PostgresError) {
            let page = try await pool.page(Statement.archiveLines, [.int8(first), .int8(last)], bytesMax: .max)
            guard Int64(page.count) == last - first + 1 else {
                throw .decoding(column: "position", reason: "the log has gaps between \(first) and \(last)")
            }
            for row in 0..<page.count {
                guard let leaf = MerkleHash(try page.bytes(row, 1)) else {
                    throw .decoding(column: "leaf_hash", reason: "is no SHA-256")
                }
                tree.append(leaf)
                text += try page.bytes(row, 2)
                text.append(UInt8(ascii: "\n"))
            }
        } catch {
            throw EventArchiveError(error)
        }
        let bytes = try await Gzip.compressed(text)
        let entry = ArchiveManifest.Chunk(
            first: first, last: last, offset: offset, byteCount: bytes.count, sha256: SHA256.hash(bytes).hex)
        return (entry, bytes)
    }

    /// How the tree at the range's end grows into the next signed one; nil if none is signed.
    private func proof(of tree: CompactRange) async throws(EventArchiveError) -> ArchiveManifest.Proof? {
        let end = Int64(tree.size)
        let found = try await rows(Statement.checkpointAfter, [.int8(end)]) { row throws(PostgresError) in
            (size: try row.int64("tree_size"), note: try row.string("note"))
        }
        guard let checkpoint = found.first else { return nil }
        var after = AlignedSubtrees(from: tree.size)
        do throws(PostgresError) {
            for start in stride(from: end, to: checkpoint.size, by: Int64.Stride(Self.chunkSize)) {
                let page = try await pool.page(
                    Statement.leavesBetween, [.int8(start), .int8(min(start + Self.chunkSize, checkpoint.size))],
                    bytesMax: .max)
                for row in 0..<page.count {
                    guard let leaf = MerkleHash(try page.bytes(row, 1)) else {
                        throw .decoding(column: "leaf_hash", reason: "is no SHA-256")
                    }
                    after.append(leaf)
                }
            }
        } catch {
            throw EventArchiveError(error)
        }
        return ArchiveManifest.Proof(checkpoint: checkpoint.note, after: after.subtrees.map(\.hash.hex))
    }
}
