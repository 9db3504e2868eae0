package import Application
import EventSourcing
package import Postgres

/// Appends that share one call and one commit: the call's parameters, and what its answer says to each.
package struct AppendGroup: Sendable {
    let requests: [AppendRequest]
    /// Whether an event may be the log's first of its type and version.
    let hasNewShapes: Bool

    init(requests: [AppendRequest], hasNewShapes: Bool) {
        self.requests = requests
        self.hasNewShapes = hasNewShapes
    }

    /// In any state of the log. What is personal in the appends must be sealed already.
    package init(_ appends: [Append]) throws(PostgresError) {
        var requests: [AppendRequest] = []
        for append in appends { requests.append(try AppendRequest(append)) }
        self.init(requests: requests, hasNewShapes: true)
    }

    /// Sends the group on a connection of the caller's, whose transaction then decides whether it happened.
    package func append(on connection: PostgresConnection) async throws(PostgresError) -> [AppendAnswer] {
        try answers(try await connection.query(statement, parameters()))
    }

    var statement: String { holds ? Statement.appendHolding : Statement.append }

    private var holds: Bool { requests.contains { $0.holding != nil } }

    /// In the order of `append_group`, which says what they are, and then of `hold_effects` if a request has such.
    func parameters() -> [PostgresValue] {
        var (metadata, metadataDigests) = (PostgresArray(.text), PostgresArray(.text))
        var parts = Parts()
        var (eventParts, eventNumbers) = (PostgresArray(.int8), PostgresArray(.int8))
        var events = AppendRequest.Events()
        for (index, request) in requests.enumerated() {
            metadata.append(request.metadata)
            metadataDigests.append(request.metadataDigest)
            for part in request.streams.indices {
                parts.add(request.streams[part], of: index + 1, request.expectations[part], request.counts[part])
                for number in 0..<request.counts[part] {
                    eventParts.append(parts.count)
                    eventNumbers.append(Int64(number + 1))
                }
            }
            events.append(request.events)
        }
        let arrays =
            [metadata, metadataDigests] + commands() + effects() + parts.arrays
            + [eventParts, eventNumbers] + events.arrays
        return arrays.map { .array($0) } + [.bool(hasNewShapes)] + (holds ? held().map { .array($0) } : [])
    }

    /// Empty unless a request has one, so that the function need not look.
    private func commands() -> [PostgresArray] {
        var arrays = [PostgresArray(.text), PostgresArray(.text), PostgresArray(.text)]
        guard requests.contains(where: { $0.command != nil }) else { return arrays }
        for request in requests {
            arrays[0].append(request.command?.actor)
            arrays[1].append(request.command?.key)
            arrays[2].append(request.command?.digest)
        }
        return arrays
    }

    private func effects() -> [PostgresArray] {
        var (effects, tokens) = (PostgresArray(.text), PostgresArray(.int8))
        if requests.contains(where: { $0.completing != nil }) {
            for request in requests {
                effects.append(request.completing?.effectID)
                tokens.append(request.completing?.token)
            }
        }
        return [effects, tokens]
    }

    private func held() -> [PostgresArray] {
        var (effects, tokens) = (PostgresArray(.text), PostgresArray(.int8))
        for lease in requests.compactMap(\.holding) {
            effects.append(lease.effectID)
            tokens.append(lease.token)
        }
        return [effects, tokens]
    }

    /// One answer per request.
    func answers(_ rows: PostgresRows) throws(PostgresError) -> [AppendAnswer] {
        guard let row = rows.first, let versions = try row.int64s("versions") ?? (partCount == 0 ? [] : nil),
            versions.count == partCount
        else { throw .decoding(column: "versions", reason: "does not answer for each stream") }
        let kinds = try row.strings("kinds")
        let (positions, conflicts) = (try row.int64s("positions"), try row.int64s("conflicts"))
        let outcomes = try row.strings("outcomes")
        var head = try row.int64("head")
        var part = 0
        var answers: [AppendAnswer] = []
        for (index, request) in requests.enumerated() {
            let before = versions[part..<part + request.streams.count].map { Int($0 ?? 0) }
            switch kinds?[index] ?? "appended" {
            case "appended":
                head += Int64(request.counts.reduce(0, +))
                // An array's end may be missing if the last items failed; an appended one has its position.
                let position = kinds == nil ? head : positions?[index] ?? head
                answers.append(.appended(Position(position), versions: zip(before, request.counts).map { $0 + $1 }))
            case "repeated": answers.append(.repeated(outcome: (outcomes?[index] ?? nil) ?? ""))
            case "conflict":
                guard let at = conflicts?[index].map({ Int($0) - 1 - part }), request.streams.indices.contains(at)
                else {
                    throw .decoding(column: "conflicts", reason: "names no stream of the append")
                }
                answers.append(.conflict(request.streams[at], actual: before[at]))
            case "key_reused": answers.append(.keyReused)
            case "lease_lost": answers.append(.leaseLost)
            default: throw .decoding(column: "kinds", reason: "is not known: is the schema newer than this build?")
            }
            part += request.streams.count
        }
        return answers
    }

    private var partCount: Int { requests.reduce(0) { $0 + $1.streams.count } }
}

/// What a group writes to streams, stream by stream: the parameters `part_…` of `append_group`.
private struct Parts {
    private(set) var count: Int64 = 0
    private var items = PostgresArray(.int8)
    private var categories = PostgresArray(.text)
    private var ids = PostgresArray(.text)
    private var expectations = PostgresArray(.int8)
    private var counts = PostgresArray(.int8)
    private var firsts = PostgresArray(.int8)
    private var earlier = PostgresArray(.int8)
    private var offsets = PostgresArray(.int8)
    private var offset: Int64 = 0
    private var known: [StreamName: (first: Int64, count: Int64)] = [:]

    var arrays: [PostgresArray] { [items, categories, ids, expectations, counts, firsts, earlier, offsets] }

    mutating func add(_ stream: StreamName, of item: Int, _ expectation: Int64, _ events: Int) {
        count += 1
        let same = known[stream] ?? (first: count, count: 0)
        known[stream] = (same.first, same.count + Int64(events))
        items.append(Int64(item))
        categories.append(stream.category)
        ids.append(stream.id)
        expectations.append(expectation)
        counts.append(Int64(events))
        firsts.append(same.first)
        earlier.append(same.count)
        offsets.append(offset)
        offset += Int64(events)
    }
}
