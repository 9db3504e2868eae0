import Domain
import EventSourcing
import ProcessManagers

/// What operators do with the work that goes on by itself: look at it, try it again, give it up, or answer for it.
package struct EffectOperations: Sendable {
    let commands: Commands
    let effects: any EffectAdministration
    let reactor: DeploymentReactor

    /// Long enough for one append: whoever is at the row loses its lease, and after a crash a worker goes on.
    static let leaseSeconds = 30

    package init(commands: Commands, effects: any EffectAdministration) {
        self.commands = commands
        self.effects = effects
        reactor = DeploymentReactor(events: commands.store, effects: effects)
    }

    private var now: Timestamp { commands.surroundings.now() }

    package func list(_ selection: EffectSelection) async throws(EventStoreError) -> [EffectRow] {
        try await effects.rows(selection, at: now)
    }

    package func parked() async throws(EventStoreError) -> [ParkedStream] {
        try await effects.parked(by: DeploymentReactor.process)
    }

    package func systems() async throws(EventStoreError) -> [CircuitStatus] { try await effects.circuits(at: now) }

    /// Tries again now, as if it had not failed, whatever its circuit says: an effect, or a stream that is parked.
    package func retry(
        _ id: String, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        if let receipt = try await earlier(id, context) { return receipt }
        guard id.contains("/") else { return try await resume(id, reason: reason, context) }
        let claimed = try await seize(id)
        let receipt = try await intervene(.retry, claimed, reason, context, completing: nil, holding: claimed.lease)
        try await storing { () throws(EventStoreError) in try await effects.restart(claimed.lease, at: now) }
        return receipt
    }

    /// Gives the step up as failed; a timer just ends.
    package func cancel(
        _ id: String, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await end(id, by: .cancel, reason, context)
    }

    /// Goes on as if a removal were done: the administrator answers for it. A timer just ends.
    package func skip(
        _ id: String, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        try await end(id, by: .skip, reason, context)
    }

    private func end(
        _ id: String, by action: Intervention.Action, _ reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        if let receipt = try await earlier(id, context) { return receipt }
        // Refused before anybody's lease is touched.
        let row = try await row(id)
        let effect = DeploymentEffect(payload: row.work)
        guard effect != nil else { throw .refused(.unreadable(id)) }
        if action == .skip, case .perform(let step, _)? = effect {
            throw .refused(commands.refusal(ID(row.deployment), .resultCannotBeSaid(step)))
        }
        if case .removeData? = effect {
            throw .refused(
                Refusal(
                    .conflict, "effect.not_endable",
                    "The timer \(id) removes data that somebody wished away: without it the wish would stand for ever.",
                    whatToDo: "Withdraw the removal of the data."))
        }
        let claimed = try await seize(id)
        return try await intervene(action, claimed, reason, context, completing: claimed.lease, holding: nil)
    }

    private func intervene(
        _ action: Intervention.Action, _ claimed: ClaimedEffect, _ reason: String, _ context: CommandContext,
        completing: EffectLease?, holding: EffectLease?
    ) async throws(CommandError) -> CommandReceipt {
        let deployment = ID<Deployment>(claimed.stream.id)
        let effect = DeploymentEffect(payload: claimed.payload)
        return try await commands.run(
            Deployment.self, on: claimed.stream, context, refusal: { commands.refusal(deployment, $0) },
            command: { state in
                let (work, step, number) = effect?.subject ?? (.timer, nil, state.run.number)
                let fact = Intervention(
                    number: number ?? state.run.number, effect: claimed.lease.effectID, action: action, work: work,
                    step: step,
                    reason: reason)
                return .intervene(fact, attempts: claimed.failures)
            },
            companions: { (state, events) async throws(CommandError) -> [StreamAppend] in
                try await storing { () throws(EventStoreError) in
                    try await commands.domainNameRelease(of: deployment, after: events, in: state)
                }
            }, completing: completing, holding: holding)
    }

    private func resume(
        _ id: String, reason: String, _ context: CommandContext
    ) async throws(CommandError) -> CommandReceipt {
        let parked = try await storing { () throws(EventStoreError) -> [ParkedStream] in try await self.parked() }
        guard let stream = StreamName(id), let found = parked.first(where: { $0.stream == stream }) else {
            throw .refused(.unknown(id))
        }
        guard try await storing({ () throws(EventStoreError) in try await reactor.resume(stream) }) else {
            throw .refused(
                Refusal(
                    .conflict, "effect.parked", "\(id) is parked still: \(found.reason).",
                    whatToDo: "Deploy a build that can read it: it goes on by itself then."))
        }
        return try await commands.run(
            Deployment.self, on: stream, context, refusal: { commands.refusal(ID(stream.id), $0) },
            command: { state in
                .intervene(
                    Intervention(
                        number: state.run.number, effect: id, action: .retry, work: .process, step: nil, reason: reason),
                    attempts: 0)
            })
    }

    private func seize(_ id: String) async throws(CommandError) -> ClaimedEffect {
        let claimed = try await storing { () throws(EventStoreError) in
            try await effects.seize(id, by: "administrator", now: now, leaseSeconds: Self.leaseSeconds)
        }
        guard let claimed else {
            _ = try await row(id)
            throw .refused(
                Refusal(
                    .conflict, "effect.ended", "The effect \(id) has ended.",
                    whatToDo: "Look at the deployment: what follows from it has effects of its own."))
        }
        return claimed
    }

    func row(_ id: String) async throws(CommandError) -> EffectRow {
        let found = try await storing { () throws(EventStoreError) in try await effects.row(id, at: now) }
        guard let found else { throw .refused(.unknown(id)) }
        return found
    }

    /// What the same command answered before: the row has ended by then.
    private func earlier(_ id: String, _ context: CommandContext) async throws(CommandError) -> CommandReceipt? {
        guard let stream = StreamName(String(id.prefix { $0 != "/" })) else { throw .refused(.unknown(id)) }
        return try await commands.earlierReceipt(stream, context)
    }

    func storing<Value>(
        _ work: () async throws(EventStoreError) -> Value
    ) async throws(CommandError) -> Value {
        try await commands.storing(work)
    }
}

extension DeploymentEffect {
    /// What an intervention says of it.
    typealias Subject = (work: Intervention.Work, step: Step?, release: Int?)

    var subject: Subject {
        switch self {
        case .perform(let step, let release): (.perform, step, release)
        case .undo(let step, let release): (.undo, step, release)
        case .watchDeadline(let release, _), .expireApproval(let release, _): (.timer, nil, release)
        case .removeData: (.timer, nil, nil)
        }
    }
}

extension EffectRow {
    var deployment: String { StreamName(stream)?.id ?? stream }
}

extension Refusal {
    fileprivate static func unknown(_ id: String) -> Refusal {
        Refusal(
            .notFound, "effect.unknown", "There is no effect \(id), and no stream of this name is parked.",
            whatToDo: "Look for it: deploycenter effects list.")
    }

    fileprivate static func unreadable(_ id: String) -> Refusal {
        Refusal(
            .conflict, "effect.unreadable", "This build does not know what the effect \(id) is for.",
            whatToDo: "Deploy a build that does.")
    }
}
