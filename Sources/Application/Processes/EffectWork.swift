import Domain
import EventSourcing
import Logging
import ProcessManagers

/// The work on one claimed effect of one deployment.
struct EffectWork: Sendable {
    let runner: EffectRunner
    let claimed: ClaimedEffect
    /// By this worker's clock.
    let claimedAt: Timestamp

    /// By the list's clock: what workers on different machines note of times can be compared.
    var now: Timestamp { claimed.claimedAt + (runner.surroundings.now() - claimedAt) }

    private let outside = TimeSum()
    private let postponed = TimeSum()

    init(runner: EffectRunner, claimed: ClaimedEffect, claimedAt: Timestamp) {
        self.runner = runner
        self.claimed = claimed
        self.claimedAt = claimedAt
    }

    /// What the step took from when it could begin, without what others took.
    var overhead: Duration { now - claimed.due - outside.total }

    /// How long it is until the row is due again; nil if it has ended.
    var wait: Duration? { postponed.total > .zero ? postponed.total : nil }

    /// How often a result is decided again because parallel steps append to the same stream.
    static let conflictsMax = 50

    // MARK: Steps

    func perform(_ step: Step, release number: Int) async throws(EventStoreError) {
        guard
            let begun = try await begin(.startStep(step, release: number), giveUp: .abandonStep(step, release: number))
        else { return }
        let outcome = try await attempt(step, begun) { context, continuation throws(ProviderError) in
            try await runner.execution.perform(step, context, continuation: continuation)
        }
        try await conclude(
            outcome, of: step, release: number, from: begun,
            Endings(
                succeeded: { .recordResult($0, release: number) }, attemptFailed: { .recordAttemptFailure($0) },
                failed: { .recordFailure($0) }))
    }

    func undo(_ step: Step, release number: Int) async throws(EventStoreError) {
        guard let begun = try await begin(.startUndo(step, release: number), giveUp: nil) else { return }
        let outcome = try await attempt(step, begun) { context, continuation throws(ProviderError) in
            try await runner.execution.undo(step, context, continuation: continuation)
        }
        try await conclude(
            outcome, of: step, release: number, from: begun,
            Endings(
                succeeded: {
                    .recordUndone(Undone(number: number, step: step, evidence: $0.evidence, commit: $0.commit))
                },
                attemptFailed: { .recordUndoAttemptFailure($0) }, failed: { .recordUndoFailure($0) }))
    }

    /// The commands that record how an attempt ended.
    private struct Endings<Value> {
        let succeeded: (Value) -> Deployment.Command
        let attemptFailed: (AttemptFailed) -> Deployment.Command
        let failed: (StepFailed) -> Deployment.Command
    }

    private func conclude<Value>(
        _ outcome: Result<Progress<Value>, ProviderError>, of step: Step, release number: Int, from begun: Begun,
        _ endings: Endings<Value>
    ) async throws(EventStoreError) {
        await report(outcome, of: step.system)
        let attempt = claimed.failures + 1
        func failed(_ reason: String) -> Deployment.Command {
            endings.failed(StepFailed(number: number, step: step, attempts: attempt, reason: reason))
        }
        switch outcome {
        case .success(.done(let value)): try await finish(with: endings.succeeded(value), from: begun)
        case .success(.pending(let observation, let continuation, let pollAfter)):
            if let reason = impatience(with: step, observation) {
                return try await finish(with: failed(reason), from: begun)
            }
            try await wait(observation, continuation, pollAfter)
        case .failure(let error)
        where !error.isPassing || attempt - claimed.forgiven >= StepPolicy.policy(for: step).failuresMax:
            try await finish(with: failed(error.reason), from: begun)
        case .failure(let error):
            let fact = AttemptFailed(number: number, step: step, attempt: attempt, reason: error.reason)
            // Healthy "since" ends with a look that failed; what else is waited for goes on.
            try await retryLater(
                endings.attemptFailed(fact), from: begun, error.reason, error.after,
                continuation: step == .health ? nil : claimed.continuation)
        }
    }

    /// Tells the other workers what the attempt has shown of the system.
    private func report<Value>(
        _ outcome: Result<Progress<Value>, ProviderError>, of system: OutsideSystem
    ) async {
        switch outcome {
        case .success, .failure(.refused), .failure(.retryable):
            if claimed.isSuspect { await report(.answered) }
        case .failure(.unavailable(let reason, _)): await report(.failed(reason: reason))
        case .failure(.throttled(let reason, let after)):
            let spared = runner.patience.scaled(min(after ?? CircuitPolicy.throttled, CircuitPolicy.throttledMax))
            await report(
                .throttled(until: now + spared, inAll: system.throttlesAsOne ? system : nil, reason: reason))
        }
    }

    private func report(_ finding: CircuitReport.Finding) async {
        do throws(EventStoreError) {
            try await runner.effects.report(
                CircuitReport(circuit: claimed.circuit, effectID: claimed.lease.effectID, at: now, finding: finding))
        } catch {
            // The attempt's own end matters more, and the next attempt will find the same.
            runner.logger.warning("a circuit's report was lost", metadata: ["error": "\(error)"])
        }
    }

    // MARK: Recording

    /// Records that work begins and answers what it may look at; nil, and the row ended, if the work is not wanted any more.
    private func begin(
        _ start: Deployment.Command, giveUp: Deployment.Command?
    ) async throws(EventStoreError) -> Begun? {
        // What is known may be behind, which an append on top of it would show. Without one to make, it is read.
        var past = recalled()
        for _ in 1...Self.conflictsMax {
            let now: Begun
            if let past { now = past } else { now = try await read() }
            let started: [DeploymentEvent]
            do throws(Deployment.Rejection) {
                started = try Deployment.decide(start, in: now.state)
            } catch {
                if past != nil {
                    past = nil
                    continue
                }
                if let giveUp {
                    try await finish(with: giveUp, from: now)
                } else {
                    try await runner.effects.end(claimed.lease, at: self.now, because: "\(error)")
                }
                // Many in turn may not be wanted any more after a system was away for long: none of them may hold up the next.
                if claimed.isSuspect { await report(.unasked) }
                return nil
            }
            guard !started.isEmpty else {
                // A step that an earlier attempt began is given up if its release has failed since.
                if past == nil { return now }
                past = nil
                continue
            }
            do throws(EventStoreError) {
                return try await append(started, to: now, completing: nil)
            } catch .versionConflict {
                past = nil
            }
        }
        throw .unavailable(reason: "too many appends to \(claimed.stream) at once")
    }

    /// Appends what the command leads to, together with the end of the row. `past` may be behind.
    func finish(with command: Deployment.Command, from past: Begun? = nil) async throws(EventStoreError) {
        guard try await record(command, from: past, completing: claimed.lease) else {
            return try await runner.effects.end(claimed.lease, at: now, because: "nothing left to do")
        }
    }

    private func retryLater(
        _ command: Deployment.Command, from past: Begun, _ reason: String, _ after: Duration?,
        continuation: JSONValue?
    ) async throws(EventStoreError) {
        _ = try await record(command, from: past, completing: nil)
        let failures = claimed.failures + 1
        let delay = Backoff.delay(
            afterFailures: failures - claimed.forgiven, random: runner.surroundings.random(), atLeast: after,
            patience: runner.patience)
        try await postpone(delay, failures: failures, continuation, because: reason)
    }

    /// Appends what the command leads to, deciding again where something else was appended since `past`; false where it leads to nothing.
    func record(
        _ command: Deployment.Command, from begun: Begun?, completing lease: EffectLease?
    ) async throws(EventStoreError) -> Bool {
        var past = begun
        for _ in 1...Self.conflictsMax {
            let now: Begun
            if let past { now = past } else { now = try await read() }
            // The commands of steps are not rejected when they come late: they lead to no event.
            let events = (try? Deployment.decide(command, in: now.state)) ?? []
            guard !events.isEmpty else {
                if past == nil { return false }
                past = nil
                continue
            }
            do throws(EventStoreError) {
                try await append(events, to: now, completing: lease)
                return true
            } catch .versionConflict {
                past = nil
            }
        }
        throw .unavailable(reason: "too many appends to \(claimed.stream) at once")
    }

    func postpone(
        _ delay: Duration, failures: Int, _ continuation: JSONValue?, because reason: String
    ) async throws(EventStoreError) {
        let now = self.now
        try await runner.effects.postpone(
            claimed.lease,
            Postponement(at: now, due: now + delay, failures: failures, continuation: continuation, reason: reason))
        postponed.add(delay)
    }

    private func wait(
        _ observation: String, _ continuation: String?, _ pollAfter: Duration
    ) async throws(EventStoreError) {
        try await postpone(
            runner.patience.scaled(pollAfter), failures: claimed.failures, continuation.map(JSONValue.string),
            because: observation)
    }

    /// Answers the deployment as it is then.
    @discardableResult
    private func append(
        _ new: [DeploymentEvent], to past: Begun, completing lease: EffectLease?
    ) async throws(EventStoreError) -> Begun {
        let commands = Commands(store: runner.events, surroundings: runner.surroundings)
        let stored = commands.newEvents(new)
        let own = StreamAppend(claimed.stream, expected: .exactly(past.known.version), events: stored)
        let companions = try await commands.domainNameRelease(of: past.deployment, after: new, in: past.state)
        let metadata = EventMetadata(
            actor: "process:\(DeploymentReactor.process)", correlationID: past.correlationID,
            causationID: past.cause.rawValue, source: "process")
        // Whoever works on after it must hold the row still: another worker may have begun the same long ago.
        _ = try await runner.events.append(
            Append(
                [own] + companions, metadata: metadata, completing: lease, holding: lease == nil ? claimed.lease : nil))
        var known = past.known
        for (event, form) in zip(new, stored) { known.take(event, form.id, metadata) }
        runner.known.keep(known, of: claimed.stream)
        return Begun(known, claimed)
    }

    // MARK: Attempts

    /// One call to the outside, given up when it takes too long.
    private func attempt<Value: Sendable>(
        _ step: Step, _ begun: Begun,
        _ call: @escaping @Sendable (StepContext, String?) async throws(ProviderError) -> Progress<Value>
    ) async throws(EventStoreError) -> Result<Progress<Value>, ProviderError> {
        let limit = runner.patience.scaledAttempt(seconds: StepPolicy.policy(for: step).attemptSeconds)
        // A machine that stood still must not do what somebody else may have done, and another taken back, meanwhile: no token of ours
        // stops a call to the outside.
        guard runner.surroundings.now() - claimedAt <= max(runner.lease - limit, runner.lease / 6) else {
            throw .leaseLost(claimed.lease)
        }
        guard let context = begun.context(clock: { now }, outside: outside) else {
            return .failure(.refused(reason: "the deployment has no release"))
        }
        let continuation = claimed.continuation?.string
        let begin = now
        defer { outside.add(now - begin) }
        return await withTaskGroup(of: Result<Progress<Value>, ProviderError>.self) { group in
            group.addTask {
                do throws(ProviderError) {
                    return .success(try await call(context, continuation))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                // Sleeping fails only when cancelled, and then the call has answered.
                try? await runner.surroundings.sleep(limit)
                return .failure(.unavailable(reason: "no answer within \(limit.components.seconds) s", after: nil))
            }
            let first = await group.next() ?? .failure(.retryable(reason: "no answer", after: nil))
            group.cancelAll()
            return first
        }
    }

    /// Why the other side has had enough time; nil if it has not.
    private func impatience(with step: Step, _ observation: String) -> String? {
        let waited = now - claimed.createdAt
        let patience = runner.patience.scaled(.seconds(StepPolicy.policy(for: step).patienceSeconds))
        return waited > patience ? "not ready after \(waited.components.seconds) s: \(observation)" : nil
    }
}

/// A deployment as it is when an effect is worked on.
struct Begun: Sendable {
    let deployment: ID<Deployment>
    let known: KnownDeployment
    let correlationID: String
    /// The event that named the effect.
    let cause: EventID

    var state: Deployment.State { known.state }

    init(_ known: KnownDeployment, _ claimed: ClaimedEffect) {
        self.known = known
        deployment = ID(claimed.stream.id)
        let cause = known.cause(of: claimed.lease.effectID)
        correlationID = cause?.correlationID ?? claimed.lease.effectID
        self.cause = cause?.id ?? EventID(claimed.lease.effectID)
    }

    func context(clock: @escaping @Sendable () -> Timestamp, outside: TimeSum) -> StepContext? {
        guard let release = state.currentRelease ?? state.lastRelease else { return nil }
        return StepContext(
            deployment: deployment, state: state, release: release,
            // Git keeps what it is given for ever, so it is given no name: the identity provider knows whose subject it is.
            requestedBy: known.requestedBy, cause: cause, clock: clock, outside: outside)
    }
}

extension EffectWork {
    /// The deployment as it was when it was last seen here, if that was after the effect was named.
    private func recalled() -> Begun? {
        guard let known = runner.known.recall(claimed.stream), known.cause(of: claimed.lease.effectID) != nil else {
            return nil
        }
        return Begun(known, claimed)
    }

    private func read() async throws(EventStoreError) -> Begun {
        Begun(try await runner.known.read(claimed.stream, from: runner.events), claimed)
    }
}
