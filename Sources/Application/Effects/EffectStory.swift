import Domain
package import EventSourcing
import ProcessManagers

/// How an effect came to be, and what became of it: event, decision, effects, attempts.
package struct EffectStory: Codable, Equatable, Sendable {
    package let effect: EffectRow
    /// The event that it follows from.
    package let event: Happening?
    /// Everything that was decided upon that event, this effect among it.
    package let decision: [EffectRow]
    /// What was tried when, how it ended, and who lent a hand.
    package let attempts: [Happening]

    /// An event, as far as it matters here.
    package struct Happening: Codable, Equatable, Sendable {
        package let position: Position
        package let at: Timestamp
        package let type: String
        package let actor: String
        package let attempt: Int?
        package let reason: String?
    }
}

extension EffectOperations {
    package func show(_ id: String) async throws(CommandError) -> EffectStory {
        let row = try await row(id)
        let stream = StreamName(row.stream) ?? StreamName(category: "deployment", id: row.stream)
        let history = try await storing { () throws(EventStoreError) in
            try await commands.store.events(of: stream, from: 1)
        }
        let version = id.split(separator: "/").dropFirst().first.flatMap { Int($0) } ?? 0
        let siblings = try await list(of: stream, "\(stream)/\(version)/")
        let subject = DeploymentEffect(payload: row.work)?.subject
        let attempts = history.filter { $0.streamVersion > version }.compactMap { recorded in
            EffectStory.Happening(recorded, of: id, subject)
        }
        return EffectStory(
            effect: row, event: history.first { $0.streamVersion == version }.map { EffectStory.Happening($0) },
            decision: siblings, attempts: attempts)
    }

    private func list(of stream: StreamName, _ prefix: String) async throws(CommandError) -> [EffectRow] {
        let rows = try await storing { () throws(EventStoreError) in
            try await list(EffectSelection(stream: stream, includesEnded: true, limit: 10_000))
        }
        return rows.filter { $0.id.hasPrefix(prefix) }.sorted { $0.id < $1.id }
    }
}

extension EffectStory.Happening {
    init(_ recorded: RecordedEvent, attempt: Int? = nil, reason: String? = nil) {
        self.init(
            position: recorded.position, at: recorded.recordedAt, type: recorded.type.rawValue,
            actor: recorded.metadata.actor, attempt: attempt, reason: reason)
    }

    /// Nil if the event is not about this work.
    init?(_ recorded: RecordedEvent, of id: String, _ subject: DeploymentEffect.Subject?) {
        // What this build cannot read is not about work that it knows.
        guard let event = try? DeploymentEvent(recorded) else { return nil }
        if case .intervened(let fact) = event {
            guard fact.effect == id else { return nil }
            self.init(recorded, reason: fact.reason)
            return
        }
        guard let subject, let trace = event.trace, trace.step == subject.step, trace.number == subject.release,
            trace.isUndoing == (subject.work == .undo)
        else { return nil }
        self.init(recorded, attempt: trace.attempt, reason: trace.reason)
    }
}

extension DeploymentEvent {
    /// What an event says of work on a step.
    fileprivate struct Trace {
        let step: Step
        let number: Int
        var isUndoing = false
        var attempt: Int?
        var reason: String?
    }

    fileprivate var trace: Trace? {
        switch self {
        case .stepStarted(let fact): Trace(step: fact.step, number: fact.number)
        case .attemptFailed(let fact):
            Trace(step: fact.step, number: fact.number, attempt: fact.attempt, reason: fact.reason)
        case .stepFailed(let fact):
            Trace(step: fact.step, number: fact.number, attempt: fact.attempts, reason: fact.reason)
        case .stepAbandoned(let fact): Trace(step: fact.step, number: fact.number)
        case .rendered(let fact): Trace(step: .render, number: fact.number)
        case .accessPointProvisioned(let fact): Trace(step: .accessPoint, number: fact.number)
        case .bucketProvisioned(let fact): Trace(step: .bucket, number: fact.number)
        case .nameProvisioned(let fact): Trace(step: .name, number: fact.number)
        case .committed(let fact): Trace(step: .commit, number: fact.number)
        case .applicationDeclared(let fact): Trace(step: .application, number: fact.number)
        case .synced(let fact): Trace(step: .sync, number: fact.number)
        case .becameHealthy(let fact): Trace(step: .health, number: fact.number)
        case .undoStarted(let fact): Trace(step: fact.step, number: fact.number, isUndoing: true)
        case .undoAttemptFailed(let fact):
            Trace(
                step: fact.step, number: fact.number, isUndoing: true, attempt: fact.attempt, reason: fact.reason)
        case .undone(let fact):
            Trace(step: fact.step, number: fact.number, isUndoing: true, reason: fact.evidence)
        case .undoFailed(let fact):
            Trace(
                step: fact.step, number: fact.number, isUndoing: true, attempt: fact.attempts, reason: fact.reason)
        default: nil
        }
    }
}
