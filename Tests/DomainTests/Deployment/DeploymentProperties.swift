import Domain
import EventSourcing
import TestSupport
import Testing

@Suite struct `Any sequence of commands to a deployment` {
    /// Most commands fit the state, so that sequences get far; the rest is nonsense.
    private static func command(in state: Deployment.State, using random: inout SeededRandom) -> Deployment.Command {
        if Int.random(in: 0..<4, using: &random) > 0 {
            if let step = state.nextUndo { return undo(step, state.run.number, using: &random) }
            if let step = (state.readySteps + state.runningSteps).randomElement(using: &random) {
                return step.isRunning(in: state)
                    ? end(step, state.run.number, using: &random) : .startStep(step, release: state.run.number)
            }
        }
        let number = max(0, state.run.number + Int.random(in: -1...1, using: &random))
        let step = Step.allCases.one(using: &random)
        if state.run.steps.isEmpty, Int.random(in: 0..<8, using: &random) == 0 {
            return .change([Past.first, Past.second].one(using: &random), by: "bo", superseding: true)
        }
        if state.dataRemoval != nil, Int.random(in: 0..<3, using: &random) == 0 {
            return Int.random(in: 0..<4, using: &random) == 0
                ? .withdrawDataRemoval(reason: "they came back", by: "ana") : due(state, using: &random)
        }
        return switch Int.random(in: 0..<9, using: &random) {
        case 7: sight(using: &random)
        case 8:
            .intervene(
                .init(
                    number: number, effect: "e", action: Intervention.Action.allCases.one(using: &random),
                    work: [.perform, .undo].one(using: &random), step: step, reason: "so be it"), attempts: 3)
        case 0: .startStep(step, release: number)
        case 6: decision(state, using: &random)
        case 1: end(step, number, using: &random)
        case 2: undo(step, number, using: &random)
        case 3: late(step, number, using: &random)
        default: wish(state, number, using: &random)
        }
    }

    private static func end(_ step: Step, _ number: Int, using random: inout SeededRandom) -> Deployment.Command {
        switch Int.random(in: 0..<16, using: &random) {
        case 0: .recordFailure(Past.failure(step, number))
        case 1: .abandonStep(step, release: number)
        case 2...3:
            .recordAttemptFailure(
                .init(number: number, step: step, attempt: .random(in: 1...3, using: &random), reason: "503"))
        default: .recordResult(Past.result(step, number), release: number)
        }
    }

    private static func late(_ step: Step, _ number: Int, using random: inout SeededRandom) -> Deployment.Command {
        switch Int.random(in: 0..<4, using: &random) {
        case 0: .deadlinePassed(release: number, afterSeconds: 1800)
        case 1: .stepOverdue(step, release: number, afterSeconds: 900)
        case 2: .undoOverdue(step, release: number, afterSeconds: 900)
        default: .holdPassed(release: number, afterSeconds: 86_400)
        }
    }

    private static func undo(_ step: Step, _ number: Int, using random: inout SeededRandom) -> Deployment.Command {
        switch Int.random(in: 0..<16, using: &random) {
        case 0: .recordUndoFailure(Past.failure(step, number))
        case 1...2:
            .recordUndoAttemptFailure(
                .init(number: number, step: step, attempt: .random(in: 1...3, using: &random), reason: "503"))
        case 3...8: .startUndo(step, release: number)
        default: .recordUndone(Past.proof(step, number, commit: step == .commit ? "commit-back" : nil))
        }
    }

    private static func wish(
        _ state: Deployment.State, _ number: Int, using random: inout SeededRandom
    ) -> Deployment.Command {
        let release = [
            Past.first, Past.second, Past.release(accessPoint: false, bucket: false),
            Past.release(cluster: "paris"), Past.release(domain: nil),
        ].one(using: &random)
        return switch Int.random(in: 0..<11, using: &random) {
        case 0: .request(release, by: "ana", onFailure: OnFailure.allCases.one(using: &random))
        case 10: .adopt(Past.adoption(ResourceKind.allCases.one(using: &random), number))
        case 1: .seekApproval(.request(release, by: "ana"), Past.terms)
        case 9: .seekApproval(.change(release, by: "ana"), Past.terms)
        case 2...3:
            .change(
                release, by: "ana", superseding: .random(using: &random),
                onFailure: OnFailure.allCases.one(using: &random))
        case 4...5: .retry(by: "ana")
        case 6: .rollBack(to: number, by: "ana")
        case 7: .cancel(reason: "a typo", by: "ana")
        default: data(state, using: &random)
        }
    }

    private static func due(
        _ state: Deployment.State, using random: inout SeededRandom
    ) -> Deployment.Command {
        .dataRemovalDue(
            removal: max(0, state.dataRemovals + Int.random(in: -1...0, using: &random)),
            at: Past.removal(after: [30, 60, 3600].one(using: &random)).removesAt)
    }

    private static func data(
        _ state: Deployment.State, using random: inout SeededRandom
    ) -> Deployment.Command {
        let terms = Past.removal(after: [0, 60, 3600].one(using: &random))
        return switch Int.random(in: 0..<6, using: &random) {
        case 0: .scheduleDataRemoval(terms, reason: "not needed either", by: "ada")
        case 1: .withdrawDataRemoval(reason: "they came back", by: "ana")
        case 2: due(state, using: &random)
        default: .decommission(removing: Bool.random(using: &random) ? terms : nil, reason: "gone", by: "ana")
        }
    }

    /// What watchers see.
    private static func sight(using random: inout SeededRandom) -> Deployment.Command {
        let since = Timestamp(microseconds: 0)
        let healths: [LiveCondition.Health?] = [
            nil, .well(since: since), .degraded(status: "Degraded", resource: nil, message: "", since: since),
        ]
        let syncs: [LiveCondition.Sync?] = [nil, .inSync(since: since), .drifted(resources: ["Pod/a"], since: since)]
        return switch Int.random(in: 0..<4, using: &random) {
        case 0:
            .noteUnexplainedChange(
                .init(
                    commit: ["f00", "f01", "f02"].one(using: &random), repository: "r", author: nil, committedAt: nil),
                files: ["a.yaml"])
        default:
            .noteCondition(
                LiveCondition(health: healths.one(using: &random), sync: syncs.one(using: &random)))
        }
    }

    private static func decision(
        _ state: Deployment.State, using random: inout SeededRandom
    ) -> Deployment.Command {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: .reject(reason: "not now", by: ["ana", "bo"].one(using: &random))
        case 1: .approvalTimedOut(release: state.lastAwaited)
        default:
            .approve(
                digest: Past.terms.digest, reason: "fine", by: ["ana", "bo"].one(using: &random),
                at: Timestamp(microseconds: 0))
        }
    }

    /// One decision in a random sequence.
    private struct Moment {
        let seed: UInt64
        let command: Deployment.Command
        let events: [DeploymentEvent]
        let state: Deployment.State

        /// Built only for a failure: describing every moment took 20 s.
        var comment: Comment { "SEED=\(seed) \(command) -> \(events)" }
    }

    /// Runs `check` after each decision, and `atEnd` with the whole history of each sequence.
    private func explore(
        _ test: String, sequences: Int = 250, length: Int = 100,
        _ check: (Moment) throws -> Void = { _ in },
        atEnd: ([DeploymentEvent], Deployment.State, Comment) -> Void = { _, _, _ in }
    ) throws {
        var random = SeededRandom(for: test)
        for _ in 0..<sequences {
            var state = Deployment.initialState
            var history: [DeploymentEvent] = []
            for _ in 0..<length {
                let command = Self.command(in: state, using: &random)
                guard let events = try? Deployment.decide(command, in: state) else { continue }  // Refused.
                for event in events { Deployment.evolve(&state, with: event) }
                history += events
                try check(Moment(seed: random.seed, command: command, events: events, state: state))
            }
            atEnd(history, state, "SEED=\(random.seed)")
        }
    }

    @Test func `reaches every kind of event, so that the properties say something`() throws {
        var seen: Set<String> = []
        try explore("reaches every kind of event") { moment in
            seen.formUnion(moment.events.map { "\($0.stored.type).v\($0.stored.schemaVersion)" })
        }
        #expect(Set(EventExamples.deployment.keys).subtracting(seen) == [])
    }

    @Test func `gives facts that can be stored and read back`() throws {
        try explore("gives facts that can be stored", sequences: 60) { moment in
            for event in moment.events {
                let read = try event.readBack()
                #expect(read == event, moment.comment)
            }
        }
    }

    @Test func `folds to the same state in two parts as in one`() throws {
        try explore(
            "folds to the same state in two parts",
            atEnd: { history, state, comment in
                let half = history.count / 2
                let folded = Deployment.fold(history[half...], from: Deployment.fold(history[..<half]))
                #expect(folded == state, comment)
            })
    }

    @Test func `changes nothing when a report is repeated`() throws {
        try explore("changes nothing when a report is repeated") { moment in
            switch moment.command {
            case .startStep, .recordAttemptFailure, .recordResult, .recordFailure, .abandonStep, .deadlinePassed,
                .stepOverdue, .undoOverdue, .holdPassed, .startUndo, .recordUndoAttemptFailure, .recordUndone,
                .recordUndoFailure, .approvalTimedOut, .noteUnexplainedChange, .dataRemovalDue, .noteCondition:
                let again = try Deployment.decide(moment.command, in: moment.state)
                #expect(again == [], moment.comment)
            case .request, .change, .retry, .rollBack, .cancel, .decommission, .seekApproval, .approve, .reject,
                .adopt, .intervene, .scheduleDataRemoval, .withdrawDataRemoval:
                break
            }
        }
    }

    @Test func `has at most one release in progress, and counts them without gaps`() throws {
        try explore(
            "has at most one release in progress",
            atEnd: { history, _, comment in
                var number = 0
                var awaited: Int?
                var isInProgress = false
                for event in history {
                    switch event {
                    case .approvalRequested(let fact):
                        #expect(!isInProgress, comment)
                        #expect(fact.number == number + 1, comment)
                        (number, awaited, isInProgress) = (fact.number, fact.number, true)
                    case .requested(let fact):
                        #expect(isInProgress == (awaited != nil), comment)
                        #expect(fact.number == awaited ?? number + 1, comment)
                        (number, awaited, isInProgress) = (fact.number, nil, true)
                    case .rejected, .approvalWithdrawn, .approvalExpired: (awaited, isInProgress) = (nil, false)
                    case .decommissionRequested(let fact):
                        #expect(!isInProgress, comment)
                        #expect(fact.number == number + 1, comment)
                        (number, isInProgress) = (fact.number, true)
                    case .compensationRetried: isInProgress = true
                    case .superseded: (awaited, isInProgress) = (nil, false)
                    case .wentLive, .compensated, .compensationIncomplete, .decommissioned: isInProgress = false
                    default: break
                    }
                }
            })
    }

    @Test func `begins no bad condition twice, ends what began, and knows one only of what is live`() throws {
        try explore(
            "begins no bad condition twice",
            { moment in
                let state = moment.state
                guard state.degradation != nil || state.drift != nil else { return }
                #expect(state.liveRelease != nil, moment.comment)
            },
            atEnd: { history, _, comment in
                var (isDegraded, isDrifted) = (false, false)
                for event in history {
                    switch event {
                    case .becameDegraded:
                        #expect(!isDegraded, comment)
                        isDegraded = true
                    case .recovered:
                        #expect(isDegraded, comment)
                        isDegraded = false
                    case .drifted:
                        #expect(!isDrifted, comment)
                        isDrifted = true
                    case .reconciled:
                        #expect(isDrifted, comment)
                        isDrifted = false
                    case .wentLive: #expect(!isDegraded && !isDrifted, comment)
                    case .decommissionRequested: (isDegraded, isDrifted) = (false, false)
                    default: break
                    }
                }
            })
    }

    @Test func `goes live only with every planned step done`() throws {
        try explore("goes live only with every planned step done") { moment in
            let state = moment.state
            guard moment.events.contains(where: { if case .wentLive = $0 { true } else { false } }) else { return }
            #expect(state.plannedSteps.allSatisfy { state.run.steps[$0] == .succeeded }, moment.comment)
            #expect(state.liveRelease == state.run.number, moment.comment)
            let needs = state.currentRelease?.needs
            #expect(needs?.bucket != true || state.resources.bucket != nil, moment.comment)
            #expect(needs?.accessPoint == nil || state.resources.accessPoint != nil, moment.comment)
            #expect(state.resources.commit != nil && state.resources.application != nil, moment.comment)
        }
    }

    @Test func `leaves nothing of a compensated release`() throws {
        try explore("leaves nothing of a compensated release") { moment in
            let state = moment.state
            guard case .compensated = moment.events.last else { return }
            var expected = state.run.before
            if state.liveRelease != nil { expected.commit = state.resources.commit }  // Restored by a new commit.
            #expect(state.resources == expected, moment.comment)
            #expect(state.resources.commit?.release == state.run.before.commit?.release, moment.comment)
            #expect(state.phase == .live || state.liveRelease == nil, moment.comment)
        }
    }

    @Test func `keeps of a decommissioned deployment nothing but data`() throws {
        try explore("keeps of a decommissioned deployment nothing but data") { moment in
            let state = moment.state
            guard case .decommissioned(let fact) = moment.events.last else { return }
            #expect(state.resources.application == nil && state.resources.commit == nil, moment.comment)
            #expect(state.resources.name == nil, moment.comment)
            #expect(fact.kept.contains(.bucket) == (state.resources.bucket != nil), moment.comment)
            #expect(fact.kept.contains(.accessPoint) == (state.resources.accessPoint != nil), moment.comment)
        }
    }

    @Test func `removes no data that an earlier release made by taking a later one back`() throws {
        var compensations = 0
        try explore("removes no data that an earlier release made") { moment in
            // Of what was there before, the release in whose compensation it goes says that it made it.
            guard case .undoStarted(let fact)? = moment.events.first, fact.step.holdsData else { return }
            guard case .compensating = moment.state.phase else { return }
            compensations += 1
            let before = moment.state.run.before
            let made = fact.step == .bucket ? before.bucket : before.accessPoint
            #expect(made == nil, moment.comment)
            #expect(moment.state.maker(of: fact.step) == fact.number, moment.comment)
        }
        #expect(compensations > 0)
    }

    @Test func `keeps through every release that fails the data that was there before it`() throws {
        var upgrades = 0
        try explore("keeps the data that was there before") { moment in
            guard case .compensated? = moment.events.last, moment.state.liveRelease != nil else { return }
            upgrades += 1
            let (before, after) = (moment.state.run.before, moment.state.resources)
            #expect(after.bucket == before.bucket && after.accessPoint == before.accessPoint, moment.comment)
        }
        #expect(upgrades > 0)
    }

    @Test func `removes data for good only in a run that says so, once the time is over in which it can be undone`()
        throws
    {
        var wanted: DataRemovalScheduled?
        var removals = 0
        try explore(
            "removes data for good only in a run that says so",
            { moment in
                for event in moment.events {
                    switch event {
                    case .dataRemovalScheduled(let fact): wanted = fact
                    case .dataRemovalWithdrawn: wanted = nil
                    case .decommissionRequested(let fact) where fact.removeData:
                        switch moment.command {
                        case .dataRemovalDue(let removal, let now):
                            removals += 1
                            #expect(wanted?.removal == removal && (wanted?.removesAt ?? now) <= now, moment.comment)
                        case .decommission(let terms, _, _): #expect(terms?.graceSeconds == 0, moment.comment)
                        default: Issue.record(moment.comment)
                        }
                        wanted = nil
                    case .undone(let fact) where fact.step.holdsData && !moment.state.isCompensating:
                        #expect(
                            moment.state.removesData || moment.state.run.leftovers[fact.step] != nil, moment.comment)
                    default: break
                    }
                }
            }, atEnd: { _, _, _ in wanted = nil })
        #expect(removals > 0)
    }
}

extension Deployment.State {
    fileprivate var isCompensating: Bool {
        switch phase {
        case .compensating, .compensationIncomplete, .live, .failed, .cancelled: true
        default: false
        }
    }

    /// Whether this run removes data; the last fact of one may have ended it.
    fileprivate var removesData: Bool {
        switch phase {
        case .decommissioning(let removeData), .decommissionIncomplete(let removeData): removeData
        case .decommissioned: keptData.isEmpty || run.undos[.bucket] == .done || run.undos[.accessPoint] == .done
        default: false
        }
    }
}

extension Step {
    fileprivate func isRunning(in state: Deployment.State) -> Bool { state.run.steps[self] == .running }
}
