import Application
import TransparencyLog

/// A key as the database records it, which is not where trust in it comes from.
struct RecordedKey: Equatable, Sendable {
    let text: String
    let firstSize: Int64
}

/// Puts the chunks' reports together, in order: the tree over all of them, and what was signed of it.
struct LogJudgement {
    let survey: LogSurvey
    var findings: [AuditFinding] = []
    private var tree = CompactRange()
    private var suspects: [Int64] = []
    private var chunkRoots: [MerkleHash] = []
    private var checkpoints: [CheckpointReading] = []
    private var stray: [CheckpointReading] = []
    /// Roots of the sizes that somebody signed.
    private var roots: [Int64: MerkleHash] = [:]

    init(survey: LogSurvey) {
        self.survey = survey
        findings += headFindings
    }

    private var headFindings: [AuditFinding] {
        var findings: [AuditFinding] = []
        let last = survey.lastPosition
        if survey.treeSize > last {
            findings.append(
                AuditFinding(
                    .logTruncated, at: last + 1, "the log ends at \(last), but was signed up to \(survey.treeSize)"))
        }
        if survey.head != last {
            let head = survey.head.map(String.init) ?? "nothing"
            findings.append(
                AuditFinding(
                    .headChanged, at: min(survey.head ?? last, last) + 1,
                    "the log's head says \(head), but its last event is \(last)"))
        }
        if survey.firstPosition < 1 {
            findings.append(AuditFinding(.eventInserted, at: 1, "there is an event \(survey.firstPosition)"))
        }
        if let stray = survey.strayPosition {
            findings.append(
                AuditFinding(.eventInserted, at: stray, "there is an event \(stray), far beyond the end of the log"))
        }
        return findings
    }

    mutating func add(_ report: ChunkReport, witnesses: [WitnessReading]) {
        findings += report.findings
        suspects += report.suspects
        checkpoints += report.checkpoints
        for (size, part) in report.trees { roots[size] = tree.appending(part).root }
        tree = tree.appending(report.tree)
        if report.tree.size == UInt64(ChunkCheck.leafCount) { chunkRoots.append(report.tree.root) }
    }

    mutating func addStray(_ stray: [CheckpointReading]) { self.stray = stray }

    // MARK: Checkpoints

    mutating func finishCheckpoints() {
        let all = (checkpoints + stray).sorted { $0.treeSize < $1.treeSize }
        let inPlace = Set(all.filter(\.isInPlace).map(\.treeSize))
        for checkpoint in all {
            if let finding = checkpoint.finding(isTwice: checkpoint.signedSize.map(inPlace.contains) ?? false) {
                findings.append(finding)
            }
        }
        checkRoots(all.filter(\.isInPlace))
        checkChain(all.filter { $0.signedSize != nil || $0.treeSize <= survey.size })
    }

    /// The signed roots against the recomputed ones.
    private mutating func checkRoots(_ checkpoints: [CheckpointReading]) {
        var lastGood: Int64 = 0
        var isReported = false
        for checkpoint in checkpoints {
            if roots[checkpoint.treeSize] == checkpoint.signedRoot {
                lastGood = checkpoint.treeSize
            } else if !isReported {
                isReported = true
                blame(after: lastGood, upTo: checkpoint.treeSize)
            }
        }
    }

    /// Something up to this size is not what was signed: a suspect if there is one, or else what was replaced with its hashes.
    private mutating func blame(after good: Int64, upTo size: Int64) {
        if let suspect = suspects.min(), suspect <= size {
            let place = findings.firstIndex { $0.kind == .tileChanged && $0.position == suspect }
            if let place { findings[place] = TileCheck.replaced(suspect) }
        } else if !findings.contains(where: { $0.position <= size }) {
            findings.append(
                AuditFinding(
                    .eventChanged, at: good + 1,
                    "something from \(good + 1) to \(size) was changed together with all of its hashes: the signed root is another"
                ))
        }
    }

    /// Each checkpoint names the one before it, under its signature.
    private mutating func checkChain(_ checkpoints: [CheckpointReading]) {
        var sizes: Set<Int64> = []
        for checkpoint in checkpoints { sizes.insert(checkpoint.signedSize ?? checkpoint.treeSize) }
        for checkpoint in checkpoints {
            guard let previous = checkpoint.previousSize, previous > 0, !sizes.contains(previous) else { continue }
            findings.append(
                AuditFinding(.checkpointRemoved, at: previous, "the checkpoint of \(previous) events is missing"))
        }
        let last = sizes.filter { $0 <= survey.treeSize }.max() ?? 0
        if survey.treeSize > last {
            findings.append(
                AuditFinding(
                    .checkpointRemoved, at: last + 1,
                    "the tree has \(survey.treeSize) events, but no checkpoint vouches for those after \(last)"))
        }
    }

    // MARK: Keys

    mutating func checkKeys(_ recorded: [RecordedKey], configured: [NoteVerifierKey]) {
        var firstSizes: [String: Int64] = [:]
        for checkpoint in checkpoints + stray {
            guard let size = checkpoint.signedSize else { continue }
            for signer in checkpoint.signers { firstSizes[signer] = min(firstSizes[signer] ?? size, size) }
        }
        for key in recorded where firstSizes[key.text] != key.firstSize {
            let size = firstSizes[key.text] ?? key.firstSize
            let what =
                configured.contains { $0.description == key.text }
                ? "is said to sign since \(key.firstSize)" : "is recorded but not known"
            findings.append(AuditFinding(.keyChanged, at: max(1, size), "key \(key.text) \(what)"))
        }
        for (text, size) in firstSizes where !recorded.contains(where: { $0.text == text }) {
            findings.append(AuditFinding(.keyChanged, at: size, "key \(text) signs since \(size), but is not recorded"))
        }
    }

    // MARK: Witnesses

    /// What the database says that witnesses were given: nobody signed that, but it is never more than was signed.
    mutating func checkWitnessed(_ said: [String: Int64]) {
        for (witness, size) in said.sorted(by: { $0.key < $1.key }) where size > survey.treeSize || size < 1 {
            findings.append(
                AuditFinding(
                    .checkpointChanged, at: survey.treeSize + 1,
                    "\(witness) is said to have been given \(size) events, but \(survey.treeSize) were signed"))
        }
    }

    /// The witness kept everything that it was given.
    private mutating func checkGiven(_ witness: WitnessReading) {
        let kept = witness.checkpoints.compactMap(\.signedSize).max() ?? 0
        guard witness.failure == nil, kept < witness.given else { return }
        findings.append(
            AuditFinding(
                .witnessDisagrees, at: kept + 1,
                "\(witness.name) is said to have been given \(witness.given) events, but has \(kept)"))
    }

    // MARK: Tiles

    mutating func checkRow(_ stored: [Int64: [MerkleHash]], level: Int) {
        var row = chunkRoots
        for _ in 2..<level {
            row = stride(from: 0, to: row.count - row.count % 256, by: 256).map {
                MerkleTree.root(of: row[$0..<$0 + 256])
            }
        }
        let count = Int(survey.treeSize >> (8 * Int64(level)))
        for first in stride(from: 0, to: min(count, row.count), by: 256) {
            findings += rowFindings(
                stored: stored[Int64(first / 256)] ?? [], computed: row[first..<min(first + 256, count, row.count)],
                level: level, firstIndex: Int64(first))
        }
    }

    mutating func addStrayTile(level: Int, index: Int64) {
        let leavesPerTile = Int64(1) << (8 * (Int64(level) + 1) % 63)
        let (first, isBeyond) = max(0, index).multipliedReportingOverflow(by: leavesPerTile)
        findings.append(
            AuditFinding(
                .tileInserted, at: isBeyond || !(0...7).contains(level) ? .max : first + 1,
                "the tree has no tile \(index) of level \(level)"))
    }

    // MARK: The end

    mutating func verification(seconds: Double, witnesses: [WitnessReading]) -> AuditVerification {
        var agreeing: [String: Int] = [:]
        var unreachable: [String: String] = [:]
        for witness in witnesses {
            if let failure = witness.failure { unreachable[witness.name] = failure }
            agreeing[witness.name] = compare(witness)
            checkGiven(witness)
        }
        return AuditVerification(
            events: survey.lastPosition, treeSize: survey.treeSize, root: tree.root.hex,
            checkpoints: checkpoints.count, witnessed: agreeing, unreachable: unreachable,
            findings: Array(findings.byPosition.prefix(AuditVerification.findingsMax)), seconds: seconds)
    }

    /// How many of the witness's checkpoints are of this log.
    private mutating func compare(_ witness: WitnessReading) -> Int {
        var agreeing = 0
        var lastGood: Int64 = 0
        for checkpoint in witness.checkpoints.sorted(by: { $0.treeSize < $1.treeSize }) {
            guard let size = checkpoint.signedSize, let root = checkpoint.signedRoot else {
                findings.append(
                    AuditFinding(
                        .witnessDisagrees, at: max(1, checkpoint.treeSize),
                        "\(witness.name) has a checkpoint of \(checkpoint.treeSize) events that no known key signed"))
                continue
            }
            if size > survey.size {
                findings.append(
                    AuditFinding(
                        .logTruncated, at: survey.size + 1,
                        "\(witness.name) has seen \(size) events, but the log ends at \(survey.size)"))
            } else if roots[size] == root {
                lastGood = size
                if checkpoints.contains(where: { $0.treeSize == size && $0.note == checkpoint.note }) {
                    agreeing += 1
                } else {
                    findings.append(missingHere(size, of: witness))
                }
            } else if !findings.contains(where: { $0.position <= size }) {
                findings.append(
                    AuditFinding(
                        .witnessDisagrees, at: lastGood + 1,
                        "\(witness.name) has seen another log: the tree of \(size) events had another root"))
            }
        }
        return agreeing
    }

    /// The events are those that the witness saw signed, but the signature is not here.
    private func missingHere(_ size: Int64, of witness: WitnessReading) -> AuditFinding {
        checkpoints.contains { $0.treeSize == size }
            ? AuditFinding(
                .witnessDisagrees, at: size, "\(witness.name) keeps another checkpoint of \(size) events")
            : AuditFinding(
                .checkpointRemoved, at: size, "the checkpoint of \(size) events is missing: \(witness.name) has it")
    }
}

extension CompactRange {
    /// Grown by what begins at a multiple of a chunk.
    func appending(_ part: CompactRange) -> CompactRange {
        var whole = self
        var peaks = part.peaks[...]
        for level in (0..<64).reversed() where part.size & (1 << UInt64(level)) != 0 {
            if let peak = peaks.popFirst() { whole.append(peak, level: level) }
        }
        return whole
    }
}
