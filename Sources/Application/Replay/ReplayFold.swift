import Domain
package import EventSourcing

/// Takes the events of any streams in the order of the log and says what became of each stream: no I/O, one state per stream.
package struct ReplayFold: Sendable {
    private var streams: [StreamName: any ReplayedStream] = [:]

    package init() {}

    /// The categories of streams whose states are known.
    package static let categories = ["cluster", "customer", "deployment", "domainname", "subject", "template"]

    /// Takes the next event of its stream: each stream from its first event on, none left out.
    package mutating func take(_ event: RecordedEvent) throws(ReplayError) -> ReplayEntry {
        var stream = try stream(event.stream)
        let before = stream.json
        try stream.take(event)
        streams[event.stream] = stream
        let after = stream.json
        return ReplayEntry(
            event, payload: try Self.payload(of: event), state: after, changes: before.changes(to: after))
    }

    /// Takes the next event of its stream without a word.
    package mutating func pass(_ event: RecordedEvent) throws(ReplayError) {
        var stream = try stream(event.stream)
        try stream.take(event)
        streams[event.stream] = stream
    }

    private func stream(_ name: StreamName) throws(ReplayError) -> any ReplayedStream {
        if let known = streams[name] { known } else { try Self.start(name) }
    }

    private static func start(_ stream: StreamName) throws(ReplayError) -> any ReplayedStream {
        switch stream.category {
        case "customer": ReplayedState<Customer>()
        case "cluster": ReplayedState<Cluster>()
        case "template": ReplayedState<Template>()
        case "domainname": ReplayedState<DomainName>()
        case "deployment": ReplayedState<Deployment>()
        case "subject": ReplayedState<DataSubject>()
        default: throw .unknownCategory(stream.category, known: categories)
        }
    }

    private static func payload(of event: RecordedEvent) throws(ReplayError) -> JSONValue {
        do {
            return try JSONText.decode(JSONValue.self, from: event.payload)
        } catch {
            let unreadable = UnreadableEvent.badPayload(event.type, version: event.schemaVersion, reason: "\(error)")
            throw .store(.unreadable(unreadable, at: event.position))
        }
    }
}

/// The state of one stream, whatever its rules are.
private protocol ReplayedStream: Sendable {
    var json: JSONValue { mutating get }
    mutating func take(_ event: RecordedEvent) throws(ReplayError)
}

/// The state of a stream by the rules of `Rules`, with its JSON form while that is known.
private struct ReplayedState<Rules: Decider>: ReplayedStream where Rules.State: ReplayableState {
    private var state = Rules.initialState
    private var version = 0
    private var knownJSON: JSONValue?

    var json: JSONValue {
        mutating get {
            let json = knownJSON ?? state.replayed
            knownJSON = json
            return json
        }
    }

    mutating func take(_ event: RecordedEvent) throws(ReplayError) {
        guard version > 0 || event.streamVersion == 1 else {
            throw .archived(event.stream, firstVersion: event.streamVersion)
        }
        version = event.streamVersion
        do throws(EventStoreError) {
            Rules.evolve(&state, with: try Rules.Event(event))
        } catch {
            throw .store(error)
        }
        knownJSON = nil
    }
}
