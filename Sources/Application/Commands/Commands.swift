package import EventSourcing
import JSONSchema
import ProcessManagers

/// Runs commands: reads the past, lets the decider decide, appends what it says.
package struct Commands: Sendable {
    package let store: any EventStore
    package let surroundings: Surroundings
    /// Nil where nothing is planned, and nothing has to be approved.
    let planning: Planning?
    let templates: KnownTemplates
    /// How long the removal of data can be undone.
    let dataGraceSeconds: Int

    /// How often a command is decided again because somebody else appended first.
    static let attemptsMax = 8

    package init(
        store: any EventStore, surroundings: Surroundings, planning: Planning? = nil,
        dataGraceSeconds: Int = Deadlines.dataGraceSeconds
    ) {
        self.dataGraceSeconds = dataGraceSeconds
        templates = planning?.templates.known ?? KnownTemplates()
        self.store = store
        self.planning = planning
        self.surroundings = surroundings
    }

    /// A stream's state and its version; version 0 is a stream without events.
    package func load<D: Decider>(
        _ decider: D.Type, _ stream: StreamName
    ) async throws(EventStoreError) -> (state: D.State, version: Int) {
        let past = try await store.events(of: stream, from: 1)
        var state = D.initialState
        for recorded in past { D.evolve(&state, with: try D.Event(recorded)) }
        return (state, past.last?.streamVersion ?? 0)
    }

    /// Decides one command on one stream and appends the events, and `also` what `companions` adds on other streams.
    func run<D: Decider>(
        _ decider: D.Type, on stream: StreamName, _ context: CommandContext,
        refusal: (D.Rejection) -> Refusal,
        command: (D.State) async throws(CommandError) -> D.Command,
        companions: (D.State, [D.Event]) async throws(CommandError) -> [StreamAppend] = { _, _ in [] },
        completing: EffectLease? = nil, holding: EffectLease? = nil
    ) async throws(CommandError) -> CommandReceipt {
        if let receipt = try await earlierReceipt(stream, context) { return receipt }
        for _ in 1...Self.attemptsMax {
            let (state, version) = try await storing { () throws(EventStoreError) in try await load(D.self, stream) }
            if let expected = context.expectedVersion, expected != version {
                throw .stale(expected: expected, actual: version)
            }
            let wanted = try await command(state)
            let events: [D.Event]
            do throws(D.Rejection) { events = try D.decide(wanted, in: state) } catch { throw .refused(refusal(error)) }
            let own = StreamAppend(stream, expected: .exactly(version), events: newEvents(events))
            let append = Append(
                [own] + (try await companions(state, events)), metadata: context.metadata(), command: context.identity,
                completing: completing, holding: holding)
            do throws(EventStoreError) {
                return Self.receipt(stream, try await store.append(append))
            } catch .versionConflict {
                continue
            } catch .outcomeUnknown(let reason) {
                throw .outcomeUnknown(key: context.identity?.key, reason: reason)
            } catch {
                throw CommandError(error)
            }
        }
        throw .contended
    }

    /// Runs one command whose content does not depend on the state.
    func run<D: Decider>(
        _ decider: D.Type, on stream: StreamName, _ command: D.Command, _ context: CommandContext,
        refusal: (D.Rejection) -> Refusal
    ) async throws(CommandError) -> CommandReceipt {
        try await run(D.self, on: stream, context, refusal: refusal, command: { _ in command })
    }

    func newEvents(_ events: [some StorableEvent]) -> [NewEvent] {
        events.map { NewEvent(id: EventID(surroundings.uuid()), form: $0.stored) }
    }

    func storing<Value>(
        _ work: () async throws(EventStoreError) -> Value
    ) async throws(CommandError) -> Value {
        do throws(EventStoreError) { return try await work() } catch { throw CommandError(error) }
    }

    /// What the same command answered before, so that a repetition answers the same whatever happened since.
    func earlierReceipt(
        _ stream: StreamName, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt? {
        guard let identity = context.identity else { return nil }
        let outcome = try await storing { () throws(EventStoreError) in try await store.outcome(of: identity) }
        return outcome.map { Self.receipt(stream, $0) }
    }

    private static func receipt(_ stream: StreamName, _ outcome: AppendOutcome) -> CommandReceipt {
        CommandReceipt(
            stream: stream, version: outcome.versions[stream.description] ?? 0, position: outcome.position,
            isRepetition: outcome.isRepetition)
    }
}

extension CommandError {
    init(_ error: EventStoreError) {
        switch error {
        case .versionConflict: self = .contended
        case .idempotencyKeyReused(let key): self = .idempotencyKeyReused(key: key)
        case .leaseLost: self = .contended
        case .cancelled: self = .unavailable(reason: "the request was cancelled")
        case .unreadable(let event, let position):
            self = .unavailable(reason: "the event at position \(position) cannot be read: \(event)")
        case .archived(let position):
            self = .unavailable(reason: "events up to position \(position) are archived: restore them first")
        case .archiveUnreadable(let reason): self = .unavailable(reason: reason)
        case .outcomeUnknown(let reason): self = .outcomeUnknown(key: nil, reason: reason)
        case .unavailable(let reason): self = .unavailable(reason: reason)
        }
    }
}
