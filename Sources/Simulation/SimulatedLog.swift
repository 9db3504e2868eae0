import Application
import EventSourcing
import ProcessManagers

/// The log and the to-do list in memory, with the rules of the tables in Postgres: everything of one append, or nothing.
///
/// Sound as `Sendable`: only the thread of the simulation touches it.
final class SimulatedLog: @unchecked Sendable {
    struct Row {
        let new: NewEffect
        let createdAt: Timestamp
        var due: Timestamp
        var failures = 0
        var continuation: JSONValue?
        var token: Int64 = 0
        var leaseUntil: Timestamp?
        var isEnded = false
    }

    /// The row for which an append is made, and whether it ends with it.
    struct Work {
        let row: Row
        let isEnding: Bool
    }

    let time: SimulatedTime
    private(set) var events: [RecordedEvent] = []
    private var streams: [StreamName: [RecordedEvent]] = [:]
    /// In the order in which they were added.
    private(set) var rows: [Row] = []
    private var rowsByID: [String: Int] = [:]
    /// The rows that have not ended, in the order in which they were added.
    private var open: [Int] = []
    private(set) var checkpoint = Position.start
    /// Told of everything at the moment at which it is committed.
    weak var observer: (any LogObserver)?

    /// Writing texts and reading them again takes most of a story's time: so only some stories do, and those that are told.
    private let storesText: Bool
    private let readsText: Bool

    init(time: SimulatedTime, storesText: Bool, readsText: Bool) {
        self.time = time
        self.storesText = storesText
        self.readsText = readsText
    }

    func events(of stream: StreamName) -> [RecordedEvent] { streams[stream] ?? [] }

    func append(_ append: Append) throws(EventStoreError) -> AppendOutcome {
        for part in append.streams {
            let actual = streams[part.stream]?.count ?? 0
            let isMet =
                switch part.expected {
                case .noStream: actual == 0
                case .exists: actual > 0
                case .exactly(let version): actual == version
                case .any: true
                }
            guard isMet else { throw .versionConflict(part.stream, actual: actual) }
        }
        var work: Work?
        if let lease = append.holding { work = Work(row: rows[try index(lease)], isEnding: false) }
        if let lease = append.completing {
            let index = try index(lease)
            work = Work(row: rows[index], isEnding: true)
            end(index)
        }
        var versions: [String: Int] = [:]
        for part in append.streams {
            for new in part.events { try add(new, to: part.stream, append.metadata, work) }
            versions[part.stream.description] = streams[part.stream]?.count ?? 0
        }
        return AppendOutcome(position: head, versions: versions, isRepetition: false)
    }

    private func add(
        _ new: NewEvent, to stream: StreamName, _ metadata: EventMetadata, _ work: Work?
    ) throws(EventStoreError) {
        var text = ""
        do {
            if storesText { text = try JSONText.encode(new.form.payload) }
        } catch {
            throw .unavailable(reason: "\(error)")
        }
        let recorded = RecordedEvent(
            position: Position(head.rawValue + 1), stream: stream, streamVersion: (streams[stream]?.count ?? 0) + 1,
            id: new.id, type: new.form.type, schemaVersion: new.form.schemaVersion, payload: text, metadata: metadata,
            recordedAt: time.now, known: readsText ? nil : KnownPayload(new.form.payload))
        events.append(recorded)
        streams[stream, default: []].append(recorded)
        observer?.saw(recorded, work)
    }

    var head: Position { Position(Int64(events.count)) }

    // MARK: Effects

    func advance(from: Position, to: Position, adding new: [NewEffect]) -> Bool {
        guard checkpoint == from else { return false }
        observer?.saw(new, after: events[Int(from.rawValue)..<Int(to.rawValue)])
        checkpoint = to
        for effect in new where rowsByID[effect.id] == nil {
            rowsByID[effect.id] = rows.count
            open.append(rows.count)
            let latest = effect.delaySeconds.map { time.now + .seconds($0) } ?? effect.due
            rows.append(Row(new: effect, createdAt: time.now, due: min(effect.due, latest)))
        }
        return true
    }

    func claim(of systems: Set<OutsideSystem>, limit: Int, now: Timestamp, leaseSeconds: Int) -> [ClaimedEffect] {
        let free = open.filter { rows[$0].due <= now && rows[$0].leaseUntil ?? now <= now }
            .filter { systems.contains(rows[$0].new.target.system) }
            .sorted { (rows[$0].due, $0) < (rows[$1].due, $1) }
        return free.prefix(limit).map { index in
            rows[index].token += 1
            rows[index].leaseUntil = now + .seconds(leaseSeconds)
            let row = rows[index]
            return ClaimedEffect(
                lease: EffectLease(effectID: row.new.id, token: row.token), stream: row.new.stream,
                payload: row.new.payload, failures: row.failures, continuation: row.continuation,
                createdAt: row.createdAt, due: row.due, claimedAt: now)
        }
    }

    /// When the next row may be claimed.
    var nextDue: Timestamp? {
        open.lazy.map { [rows] in max(rows[$0].due, rows[$0].leaseUntil ?? rows[$0].due) }.min()
    }

    var openRows: [Row] { open.map { rows[$0] } }

    func end(_ lease: EffectLease) throws(EventStoreError) {
        let index = try index(lease)
        end(index)
        observer?.sawEnd(of: rows[index])
    }

    private func end(_ index: Int) {
        rows[index].isEnded = true
        open.removeAll { $0 == index }
    }

    func postpone(_ lease: EffectLease, _ postponement: Postponement) throws(EventStoreError) {
        let index = try index(lease)
        observer?.saw(postponement, of: rows[index])
        rows[index].due = time.now + (postponement.due - postponement.at)
        rows[index].failures = postponement.failures
        rows[index].continuation = postponement.continuation
        rows[index].leaseUntil = nil
    }

    /// Of the row, if the lease is its latest: only who holds it may change it.
    private func index(_ lease: EffectLease) throws(EventStoreError) -> Int {
        guard let index = rowsByID[lease.effectID], rows[index].token == lease.token, !rows[index].isEnded else {
            throw .leaseLost(lease)
        }
        return index
    }
}

/// Sees what is committed, in that order.
protocol LogObserver: AnyObject {
    func saw(_ recorded: RecordedEvent, _ work: SimulatedLog.Work?)
    /// What the process named for these events.
    func saw(_ named: [NewEffect], after events: ArraySlice<RecordedEvent>)
    func saw(_ postponement: Postponement, of row: SimulatedLog.Row)
    /// A row was ended without an event.
    func sawEnd(of row: SimulatedLog.Row)
}
