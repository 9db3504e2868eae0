import Application
import Postgres
import Synchronization
import TransparencyLog

/// Recomputes the whole log from what is stored, at one moment, and names what is not as it was signed.
struct LogVerification: Sendable {
    let reader: CheckpointReader
    let witnesses: [WitnessReading]
    let archive: ArchivedLeaves?
    let progress: @Sendable (AuditProgress) -> Void

    /// Reads over all of the connections side by side; each is in a transaction that sees the same moment.
    func run(on connections: [PostgresConnection]) async throws -> AuditVerification {
        let began = ContinuousClock.now
        guard let first = connections.first else { preconditionFailure("a verification needs a connection") }
        let survey = try await self.survey(on: first)
        let archive = archive?.upTo(survey.archivedUpTo)
        let sizes = witnesses.flatMap(\.checkpoints).compactMap(\.signedSize)
        let queue = ChunkQueue(
            count: (survey.size + ChunkCheck.leafCount - 1) / ChunkCheck.leafCount, eventCount: survey.size,
            progress: progress)
        let reports = try await withThrowingTaskGroup(of: [ChunkReport].self) { group in
            for connection in connections {
                group.addTask {
                    var reports: [ChunkReport] = []
                    while let index = queue.next() {
                        let check = ChunkCheck(
                            index: index, survey: survey, reader: reader, wantedSizes: sizes, archive: archive)
                        reports.append(try await check.report(on: connection) { queue.add($0) })
                    }
                    return reports
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }.sorted { $0.index < $1.index }
        }
        var judgement = LogJudgement(survey: survey)
        for report in reports { judgement.add(report, witnesses: witnesses) }
        try await addRest(to: &judgement, on: first)
        return judgement.verification(
            seconds: (ContinuousClock.now - began) / .seconds(1), witnesses: witnesses)
    }

    private func survey(on connection: PostgresConnection) async throws -> LogSurvey {
        let signedSize = try await reader.latestSignedSize(on: connection)
        guard
            let row = try await connection.query(
                Statement.survey, [.int8(signedSize), .int8(archive?.lastPosition ?? 0), .int8(LogSurvey.gapMax)]
            ).first
        else {
            throw PostgresError.decoding(column: "head", reason: "there is no answer")
        }
        return try LogSurvey(row, signedSize: signedSize)
    }

    /// What is no matter of one range of positions.
    private func addRest(to judgement: inout LogJudgement, on connection: PostgresConnection) async throws {
        let survey = judgement.survey
        judgement.addStray(try await reader.strayCheckpoints(on: connection, logSize: survey.size))
        judgement.finishCheckpoints()
        judgement.checkKeys(
            try await connection.query(Statement.readKeys).map { row throws(PostgresError) in
                RecordedKey(
                    text: try row.optionalString("verifier_key") ?? "",
                    firstSize: try row.optionalInt64("first_tree_size") ?? 0)
            }, configured: reader.keys)
        judgement.checkWitnessed(try await connection.query(Statement.readWitnesses).witnessedSizes())
        for row in try await connection.query(Statement.keptKeys) {
            let position = try row.int64("position")
            judgement.findings.append(
                AuditFinding(
                    .keyChanged, at: position,
                    "event \(position) says that key \(try row.string("key")) was destroyed, but it can be used"))
        }
        for level in 2...7 where survey.treeSize >> (8 * Int64(level)) > 0 {
            let count = survey.treeSize >> (8 * Int64(level))
            let stored = try await connection.tiles(level: level, from: 0, to: (count - 1) / 256)
            judgement.checkRow(stored, level: level)
        }
        let counts = (0...7).map { level in ((survey.treeSize >> (8 * Int64(level))) + 255) / 256 }
        for row in try await connection.query(Statement.strayTiles, [.int8Array(counts)]) {
            judgement.addStrayTile(level: try row.int("level"), index: try row.int64("index"))
        }
        if let row = try await connection.query(
            Statement.brokenStream, [.bool(survey.archivedUpTo > 0)]
        ).first {
            judgement.findings.append(
                AuditFinding(
                    .streamBroken, at: try row.int64("position"),
                    "event \(try row.int64("position")) is number \(try row.int64("expected")) of its stream, "
                        + "but says it is number \(try row.int64("stream_version"))"))
        }
    }
}

/// Hands out chunks in order and counts what was done.
private final class ChunkQueue: Sendable {
    private let count: Int64
    private let eventCount: Int64
    private let progress: @Sendable (AuditProgress) -> Void
    private let began = ContinuousClock.now
    private let state = Mutex((next: Int64(0), done: Int64(0)))

    init(count: Int64, eventCount: Int64, progress: @escaping @Sendable (AuditProgress) -> Void) {
        self.count = count
        self.eventCount = eventCount
        self.progress = progress
    }

    func next() -> Int64? {
        state.withLock { state in
            guard state.next < count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    func add(_ events: Int64) {
        let done = state.withLock { state in
            state.done += events
            return state.done
        }
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        progress(
            AuditProgress(checked: done, total: eventCount, eventsPerSecond: Double(done) / max(seconds, 0.000_001)))
    }
}
