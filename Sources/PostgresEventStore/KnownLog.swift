import EventSourcing
import Postgres

/// What this process knows of the log for certain, for as long as nobody else appends: where its own last append left it, and the
/// versions that it then gave to streams. The database checks the first under the log's lock, and then the second is true as well.
struct KnownLog {
    /// Where the log ended. The time tells it from another log, such as one that was restored, with as many events.
    struct End: Equatable {
        let position: Int64
        /// Microseconds since 1970.
        let recordedAt: Int64
    }

    /// Streams that are remembered at least: some hundred bytes each.
    private static let streamsMin = 5_000

    private var end: End?
    private var versions = RecentCache<StreamName, Int>(size: streamsMin)
    /// Whether nobody else came between this process's last two appends. Where others append too, asking first whether they have
    /// would cost more than it saves.
    private var isAlone = false

    /// Where each event of the requests goes; nil unless all of that is known and all of them fit, which is not decided here otherwise.
    mutating func placed(_ requests: [AppendRequest]) -> PlacedAppends? {
        guard isAlone, let end else { return nil }
        var before: [[Int]] = []
        before.reserveCapacity(requests.count)
        // Versions that the group itself has changed.
        var grown: [StreamName: Int] = [:]
        var isEmpty = true
        for request in requests {
            guard request.command == nil, request.completing == nil, request.holding == nil else { return nil }
            var own: [Int] = []
            for (part, stream) in request.streams.enumerated() {
                guard let version = grown[stream] ?? versions.value(stream),
                    request.expectations[part].admits(version)
                else { return nil }
                own.append(version)
                guard request.counts[part] > 0 else { continue }
                grown[stream] = version + request.counts[part]
                isEmpty = false
            }
            before.append(own)
        }
        return isEmpty ? nil : PlacedAppends(end: end, requests: requests, before: before)
    }

    /// Remembers what the requests did, which began where the log ended at `head`.
    mutating func learn(_ requests: [AppendRequest], _ answers: [AppendAnswer], from head: Int64, recordedAt: Int64) {
        isAlone = head == end?.position
        if !isAlone { versions = RecentCache(size: Self.streamsMin) }
        var position = head
        for (request, answer) in zip(requests, answers) {
            guard case .appended(_, let after) = answer else { continue }
            for (stream, version) in zip(request.streams, after) { versions.keep(version, stream) }
            for count in request.counts { position += Int64(count) }
        }
        end = End(position: position, recordedAt: recordedAt)
    }

    /// Somebody else has appended.
    mutating func forget() { self = KnownLog() }
}

extension Int64 {
    /// Whether an expectation, as `append_group` reads it, holds for a version.
    fileprivate func admits(_ version: Int) -> Bool {
        switch self {
        case -1: true
        case -2: version > 0
        default: self == Int64(version)
        }
    }
}

/// Appends whose places are known, which leaves to the database to write them if the log still ends where it did.
struct PlacedAppends {
    let end: KnownLog.End
    fileprivate let requests: [AppendRequest]
    /// Of each request's streams, before it.
    fileprivate let before: [[Int]]

    fileprivate init(end: KnownLog.End, requests: [AppendRequest], before: [[Int]]) {
        self.end = end
        self.requests = requests
        self.before = before
    }

    /// Everything is appended, or the log has moved on.
    var answers: [AppendAnswer] {
        var position = end.position
        return zip(requests, before).map { request, before in
            for count in request.counts { position += Int64(count) }
            return .appended(Position(position), versions: zip(before, request.counts).map { $0 + $1 })
        }
    }

    /// The statement and its parameters.
    var call: (String, [PostgresValue]) {
        let known: [PostgresValue] = [.int8(end.position), .timestamptz(end.recordedAt)]
        if requests.count == 1, let event = requests[0].onlyEvent {
            return (Statement.appendOneToKnownLog, known + one(event))
        }
        return (Statement.appendManyToKnownLog, known + many.map { .array($0) })
    }

    private func one(_ event: AppendRequest.OnlyEvent) -> [PostgresValue] {
        let request = requests[0]
        let stream = request.streams[event.part]
        return [
            .text(stream.category), .text(stream.id), .int8(Int64(before[0][event.part] + 1)), .uuid(event.id),
            .text(event.type), .int8(event.schemaVersion), .jsonb(event.payload), .text(event.payloadDigest),
            .jsonb(request.metadata), .text(request.metadataDigest),
        ]
    }

    private var many: [PostgresArray] {
        var (categories, ids, versions) = (PostgresArray(.text), PostgresArray(.text), PostgresArray(.int8))
        var (metadata, metadataDigests) = (PostgresArray(.text), PostgresArray(.text))
        var events = AppendRequest.Events()
        for (request, before) in zip(requests, before) {
            for (part, stream) in request.streams.enumerated() {
                for number in 0..<request.counts[part] {
                    categories.append(stream.category)
                    ids.append(stream.id)
                    versions.append(Int64(before[part] + number + 1))
                    metadata.append(request.metadata)
                    metadataDigests.append(request.metadataDigest)
                }
            }
            events.append(request.events)
        }
        return [categories, ids, versions] + events.arrays + [metadata, metadataDigests]
    }
}
