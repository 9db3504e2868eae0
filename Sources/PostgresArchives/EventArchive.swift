package import Application
import Cryptography
package import EventSourcing
import Foundation
package import Postgres
import TransparencyLog

/// Takes the oldest partition of the log out of the database into a file, and back.
///
/// Each step can be repeated, and the next one believes nothing that it has not read back: the file is written aside, synchronised, read
/// again and verified, and named; then readers are told, and only then the partition goes.
package struct EventArchive: Sendable {
    /// Events of a chunk: a gzip member of some megabytes, which is what a reader holds.
    static let chunkSize: Int64 = 4096

    let pool: PostgresPool
    let folder: String

    /// Works over a connection of its own, which must lead to the server itself and not through a transaction pooler: one archives at a
    /// time, under a lock of the session. What concerns a whole partition takes longer than a server's statement may.
    package init(configuration: PostgresConfiguration, folder: String) {
        var unhurried = configuration
        unhurried.statementTimeout = nil
        unhurried.poolSize = 1
        self.pool = PostgresPool(configuration: unhurried)
        self.folder = folder
    }

    /// Closes that connection.
    package func close() async { await pool.close() }

    /// What an administrator takes upon himself.
    package struct Options: Sendable {
        /// Archive streams that have later events too. Commands on them fail until the archive is restored.
        package var includesLivingStreams: Bool
        /// Archive a range that no signed checkpoint covers yet.
        package var allowsUnproven: Bool
        /// Drop the detached table. Otherwise it stays under its name, outside of the log.
        package var dropsTable: Bool

        package init(includesLivingStreams: Bool = false, allowsUnproven: Bool = false, dropsTable: Bool = false) {
            self.includesLivingStreams = includesLivingStreams
            self.allowsUnproven = allowsUnproven
            self.dropsTable = dropsTable
        }
    }

    /// What an archive holds.
    package struct Report: Equatable, Sendable {
        package let range: ArchivedRange
        package let eventCount: Int64
        package let streamCount: Int
        /// Streams with later events.
        package let livingStreamCount: Int
        package let byteCount: Int
        package let isProven: Bool
    }

    /// What would be archived next, if anything: the oldest partition once the log has gone beyond it.
    package func next() async throws(EventArchiveError) -> (first: Position, last: Position)? {
        try await nextPartition().map { (Position($0.first), Position($0.last)) }
    }

    /// Archives the oldest partition. After a crash, call it again.
    package func archive(
        _ options: Options = Options(), progress: @Sendable (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) async throws(EventArchiveError) -> Report {
        try await alone { () async throws(EventArchiveError) in try await archiveNext(options, progress) }
    }

    private func archiveNext(
        _ options: Options, _ progress: @Sendable (Int64, Int64) -> Void
    ) async throws(EventArchiveError) -> Report {
        try await finishDetaching()
        guard let partition = try await nextPartition() else {
            throw .refused("no partition of the log is full yet")
        }
        let counts = try await streamCounts(partition)
        guard counts.living == 0 || options.includesLivingStreams else {
            throw .refused("\(counts.living) of its \(counts.streams) streams have later events")
        }
        let readers = try await rows(Statement.readersBefore, [.int8(partition.last)]) { row throws(PostgresError) in
            try row.string("reader")
        }
        guard readers.isEmpty else { throw .refused("not all have read it: \(readers.joined(separator: ", "))") }

        let manifest = try await write(partition, options, progress)
        let digest = SHA256.hash(try manifest.encoded()).hex
        if !partition.isRecorded {
            try await run(
                Statement.recordArchive,
                [
                    .text(partition.name), .int8(partition.first), .int8(partition.last), .text(manifest.file),
                    .text(digest), .text(try manifest.tree().root.hex),
                ])
        }
        try await detach(partition.name)
        if options.dropsTable { try await script("DROP TABLE IF EXISTS \(partition.name)") }
        return Report(
            range: ArchivedRange(first: Position(partition.first), last: Position(partition.last), file: manifest.file),
            eventCount: manifest.eventCount, streamCount: counts.streams, livingStreamCount: counts.living,
            byteCount: manifest.chunks.last.map { $0.offset + $0.byteCount } ?? 0, isProven: manifest.proof != nil)
    }

    /// What has been archived, in order.
    package func archives() async throws(EventArchiveError) -> [ArchivedRange] { try await recorded().map(\.range) }

    /// Puts the last archived range back into the log, from its table if that is still there and otherwise from its file, which is
    /// verified first. The file stays.
    package func restore(
        progress: @Sendable (_ done: Int64, _ total: Int64) -> Void = { _, _ in }
    ) async throws(EventArchiveError) -> ArchivedRange {
        try await alone { () async throws(EventArchiveError) in try await restoreLast(progress) }
    }

    private func restoreLast(_ progress: (Int64, Int64) -> Void) async throws(EventArchiveError) -> ArchivedRange {
        try await finishDetaching()
        guard let last = try await recorded().last else { throw .refused("nothing is archived") }
        let (first, end) = (last.range.first.rawValue, last.range.last.rawValue)
        if last.isAttached {
            throw .refused("archiving \(last.range.file) was interrupted: archive again to finish it")
        }
        if !last.hasTable {
            try await load(last, progress)
        }
        try await run(Statement.attachRestoredTable, [.text(last.table), .int8(first), .int8(end)])
        return last.range
    }

    private func load(
        _ archive: RecordedArchive, _ progress: (Int64, Int64) -> Void
    ) async throws(EventArchiveError) {
        let files = try ArchiveFolder(path: folder)
        guard let manifest = files.manifests.first(where: { $0.file == archive.range.file }) else {
            throw .missing("\(folder)/\(archive.range.file)")
        }
        guard SHA256.hash(try manifest.encoded()).hex == archive.manifestDigest else {
            throw .damaged(
                file: ArchiveManifest.manifestFile(of: manifest.file), reason: "it is not the one that was written")
        }
        try await files.verify(manifest)
        // Under another name until it is whole: a table of the final name counts as the detached partition.
        let loading = archive.table + "_loading"
        try await run(
            Statement.makeRestoredTable, [.text(loading), .int8(manifest.first), .int8(manifest.last)])
        for chunk in manifest.chunks {
            let lines = try await files.lines(of: chunk, in: manifest)
            try await run(
                Statement.restoreEvents,
                [.text(loading), .textArray(lines.map { String(decoding: $0, as: UTF8.self) })])
            progress(chunk.last - manifest.first + 1, manifest.eventCount)
        }
        try await script("ALTER TABLE \(try await quoted(loading)) RENAME TO \(try await quoted(archive.table))")
    }
}
