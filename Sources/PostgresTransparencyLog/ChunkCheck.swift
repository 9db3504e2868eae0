import Application
import Postgres
import TransparencyLog

/// Checks 65,536 positions, which is one tile of level 1, apart from the rest of the log.
struct ChunkCheck: Sendable {
    static let leafCount: Int64 = 65_536
    /// Read at once: some megabytes.
    private static let pageLeafCount: Int64 = 4_096
    /// A chunk that was replaced as a whole needs no report of every event.
    private static let findingsMax = 100

    let index: Int64
    let survey: LogSurvey
    let reader: CheckpointReader
    /// Sizes whose roots are asked for beside those of checkpoints, in order.
    let wantedSizes: [Int64]
    let archive: ArchivedLeaves?

    private var start: Int64 { index * Self.leafCount }
    private var end: Int64 { min(start + Self.leafCount, survey.size) }

    func report(on connection: PostgresConnection, _ count: @Sendable (Int64) -> Void) async throws -> ChunkReport {
        let checkpoints = try await reader.checkpoints(on: connection, after: start, upTo: end)
        let sizes = checkpoints.compactMap(\.signedSize) + wantedSizes
        var report = ChunkReport(
            index: index, checkpoints: checkpoints,
            wanted: Set(sizes.filter { $0 > start && $0 <= end }).sorted())
        let above = try await connection.tiles(level: 1, from: index, to: index)[index] ?? []
        var next = start
        while next < end {
            let last = min(next + Self.pageLeafCount, end)
            let tiles = try await connection.tiles(level: 0, from: next / 256, to: (last - 1) / 256)
            let leaves = try await self.leaves(on: connection, after: next, upTo: last, &report)
            try Task.checkCancellation()
            check(leaves, tiles, above, after: next, upTo: last, &report)
            count(last - next)
            next = last
        }
        checkAbove(above, &report)
        report.findings = Array(report.findings.byPosition.prefix(Self.findingsMax))
        return report
    }

    private func leaves(
        on connection: PostgresConnection, after: Int64, upTo: Int64, _ report: inout ChunkReport
    ) async throws -> [StoredLeaf] {
        guard let archive, after < archive.lastPosition else {
            return try await connection.leaves(after: after, upTo: upTo)
        }
        let end = min(upTo, archive.lastPosition)
        var leaves: [StoredLeaf] = []
        do throws(EventArchiveError) {
            leaves = try await archive.leaves(after: after, upTo: end)
        } catch {
            report.findings.append(
                AuditFinding(
                    .archiveChanged, at: after + 1, "events from \(after + 1) to \(end) cannot be read: \(error)"))
        }
        if upTo > end { leaves += try await connection.leaves(after: end, upTo: upTo) }
        return leaves
    }

    private func check(
        _ rows: [StoredLeaf], _ tiles: [Int64: [MerkleHash]], _ above: [MerkleHash], after: Int64, upTo: Int64,
        _ report: inout ChunkReport
    ) {
        var leaves = [StoredLeaf?](repeating: nil, count: Int(upTo - after))
        for row in rows {
            let place = Int(row.position - after - 1)
            // A file may hold what it should not.
            guard leaves.indices.contains(place) else { continue }
            if leaves[place] == nil {
                leaves[place] = row
            } else {
                report.findings.append(
                    AuditFinding(.eventInserted, at: row.position, "there are two events \(row.position)"))
            }
        }
        for start in stride(from: after, to: upTo, by: 256) {
            let first = Int(start - after)
            let tile = start / 256
            let place = Int(tile - index * 256)
            let outcome = TileCheck(
                start: start, leaves: Array(leaves[first..<min(first + 256, leaves.count)]),
                lastPosition: survey.lastPosition, hashes: tiles[tile] ?? [],
                expectedWidth: Int(max(0, min(256, survey.treeSize - start))),
                above: place < above.count ? above[place] : nil
            ).outcome()
            report.append(outcome)
        }
    }

    private func checkAbove(_ stored: [MerkleHash], _ report: inout ChunkReport) {
        let expected = Int(max(0, min(256, survey.treeSize / 256 - index * 256)))
        report.findings += rowFindings(
            stored: stored, computed: report.tileRoots.prefix(expected), level: 1, firstIndex: index * 256)
    }
}

/// Compares a tile above the leaves with the roots of the tiles below.
func rowFindings(
    stored: [MerkleHash], computed: ArraySlice<MerkleHash>, level: Int, firstIndex: Int64
) -> [AuditFinding] {
    let leavesPerHash = Int64(1) << (8 * Int64(level))
    let tile = "tile \(firstIndex / 256) of level \(level)"
    func position(_ place: Int) -> Int64 { (firstIndex + Int64(place)) * leavesPerHash + 1 }
    if stored.isEmpty, !computed.isEmpty {
        return [AuditFinding(.tileRemoved, at: position(0), "\(tile) is missing")]
    }
    var findings: [AuditFinding] = []
    for (place, (kept, right)) in zip(stored, computed).enumerated() where kept != right {
        findings.append(
            AuditFinding(
                .tileChanged, at: position(place), "\(tile) has another hash at place \(place) than its leaves give"))
    }
    if stored.count != computed.count {
        let place = min(stored.count, computed.count)
        findings.append(
            AuditFinding(.tileChanged, at: position(place), "\(tile) has \(stored.count) hashes, not \(computed.count)")
        )
    }
    return findings
}

/// What one chunk adds to the judgement of the whole log.
struct ChunkReport: Sendable {
    let index: Int64
    let checkpoints: [CheckpointReading]
    var findings: [AuditFinding] = []
    var suspects: [Int64] = []
    /// Of the chunk's full tiles.
    private(set) var tileRoots: [MerkleHash] = []
    /// The chunk's own leaves up to each wanted size of the log.
    private(set) var trees: [Int64: CompactRange] = [:]
    private(set) var tree = CompactRange()
    private var wanted: ArraySlice<Int64>

    init(index: Int64, checkpoints: [CheckpointReading], wanted: [Int64]) {
        self.index = index
        self.checkpoints = checkpoints
        self.wanted = wanted[...]
    }

    fileprivate mutating func append(_ outcome: TileCheck.Outcome) {
        findings += outcome.findings
        suspects += outcome.suspects
        let start = index * ChunkCheck.leafCount + Int64(tree.size)
        let end = start + Int64(outcome.leaves.count)
        var growing = tree
        while let size = wanted.first, size < end || (size == end && outcome.leaves.count < 256) {
            for leaf in outcome.leaves[Int(growing.size - tree.size)..<Int(size - start)] { growing.append(leaf) }
            trees[size] = growing
            wanted.removeFirst()
        }
        guard outcome.leaves.count == Tile.fullWidth else {
            for leaf in outcome.leaves { tree.append(leaf) }
            return
        }
        let root = MerkleTree.root(of: outcome.leaves)
        tileRoots.append(root)
        tree.append(root, level: 8)
        if wanted.first == end {
            trees[end] = tree
            wanted.removeFirst()
        }
    }
}

extension [AuditFinding] {
    var byPosition: [AuditFinding] { sorted { $0.position < $1.position } }
}
