import Application
import Domain
import EventSourcing
import ProcessManagers

/// The rules of the to-do list: each row's work is recorded with it, by who holds it, and nothing in it is forgotten.
extension Judge: LogObserver {
    /// A replica may be dead or stand still for some time, and a lease has to run out.
    private static let slack = Duration.seconds(300)

    func saw(_ recorded: RecordedEvent, _ work: SimulatedLog.Work?) {
        world.time.wake()
        guard recorded.stream.category == "deployment" else { return }
        let id = recorded.stream.id
        do {
            let event = try DeploymentEvent(recorded)
            note("\(id) \(recorded.streamVersion) \(recorded.type) \(recorded.payload.prefix(160))")
            checkOrigin(of: event, id, work)
            checkOutside(of: event, id, take(event, of: id, at: recorded.recordedAt))
        } catch {
            complain("\(id): \(error)")
        }
        onCommit?()
    }

    private func checkOrigin(of event: DeploymentEvent, _ id: String, _ work: SimulatedLog.Work?) {
        guard let origin = event.origin else { return }
        guard let work, let effect = DeploymentEffect(payload: work.row.new.payload) else {
            return complain("\(id): \(event.stored.type) is written by somebody who holds no row")
        }
        if work.row.new.stream.id != id || effect.label != origin.label || effect.number != origin.number {
            complain("\(id): \(event.stored.type) is written for \(work.row.new.id), which is \(effect)")
        }
        if work.isEnding != origin.endsRow {
            complain(
                "\(id): \(event.stored.type) \(origin.endsRow ? "does not end its row" : "ends its row too early")")
        }
    }

    func saw(_ named: [NewEffect], after events: ArraySlice<RecordedEvent>) {
        var seen: Set<String> = []
        for effect in named {
            let key = "\(effect.id.split(separator: "/").dropLast()) \(effect.payload)"
            if !seen.insert(key).inserted { complain("\(effect.id) is named twice") }
        }
        for recorded in events where recorded.stream.category == "deployment" {
            let timer: String
            switch recorded.type {
            case "deployment.requested": timer = "watch_deadline"
            case "deployment.approval_requested": timer = "expire_approval"
            default: continue
            }
            let isSet = named.contains {
                $0.stream == recorded.stream && $0.payload["kind"]?.string == timer && $0.due > recorded.recordedAt
            }
            if !isSet { complain("\(recorded.stream) has no timer \(timer)") }
        }
    }

    func saw(_ postponement: Postponement, of row: SimulatedLog.Row) {
        note("\(row.new.id) waits: \(postponement.reason)")
        if postponement.reason.isEmpty { complain("\(row.new.id) waits and does not say why") }
        if postponement.failures < row.failures { complain("\(row.new.id) forgets how often it failed") }
        if let asked = asked[row.new.id], postponement.due + .seconds(3) < asked {
            complain("\(row.new.id) is tried again before \(asked), as it was asked not to be")
        }
        if postponement.due > world.time.now + .seconds(600) { complain("\(row.new.id) waits for too long") }
    }

    func sawEnd(of row: SimulatedLog.Row) {
        note("\(row.new.id) ends")
        let state = states[row.new.stream.id] ?? Deployment.initialState
        let isWanted =
            switch DeploymentEffect(payload: row.new.payload) {
            case .perform(let step, let number)?:
                state.run.number == number && (state.run.steps[step] == .running || state.readySteps.contains(step))
            case .undo(let step, let number)?:
                state.run.number == number && state.nextUndo == step
                    && !log.openRows.contains { $0.new.payload == row.new.payload && $0.new.stream == row.new.stream }
            case .watchDeadline(let number, _)?: state.run.number == number && state.isProvisioning
            case .expireApproval(let number, _)?: state.awaiting?.request.number == number
            case nil: true
            }
        if isWanted { complain("\(row.new.id) ends though it is wanted: \(row.new.payload)") }
    }

    // MARK: Over time

    func begins(_ effect: String, by replica: SimulatedReplica) {
        let others = workers[effect, default: []].filter { $0.isSteady }
        if replica.isSteady, let other = others.first {
            complain("\(replica.name) works on \(effect) while \(other.name) does")
        }
        workers[effect, default: []].append(replica)
        asked[effect] = nil
    }

    /// The other side asks for a pause, of whoever holds the effect.
    func asks(_ effect: String, of replica: SimulatedReplica, until time: Timestamp) {
        if replica.isSteady, workers[effect]?.last === replica { asked[effect] = time }
    }

    func ends(_ effect: String, by replica: SimulatedReplica) {
        if let index = workers[effect]?.firstIndex(where: { $0 === replica }) { workers[effect]?.remove(at: index) }
    }

    /// Looked at now and then: what should have happened by now.
    func checkTimes() {
        let now = world.time.now
        for row in log.openRows where max(row.due, row.leaseUntil ?? row.due) + Self.slack < now {
            complain("nobody takes \(row.new.id), due at \(row.due)")
        }
        for (id, state) in states where state.isProvisioning {
            if let since = requestedAt[id], since + .seconds(Deadlines.releaseSeconds) + Self.slack < now {
                complain("\(id) is past its deadline")
            }
        }
    }
}

extension DeploymentEvent {
    /// The effect whose work the event tells of, and whether its row ends with it; nil for what people say and what follows from another
    /// event of the same append.
    fileprivate var origin: (label: String, number: Int, endsRow: Bool)? {
        switch self {
        case .stepStarted(let fact): (fact.step.rawValue, fact.number, false)
        case .attemptFailed(let fact): (fact.step.rawValue, fact.number, false)
        case .rendered(let fact): (Step.render.rawValue, fact.number, true)
        case .accessPointProvisioned(let fact): (Step.accessPoint.rawValue, fact.number, true)
        case .bucketProvisioned(let fact): (Step.bucket.rawValue, fact.number, true)
        case .nameProvisioned(let fact): (Step.name.rawValue, fact.number, true)
        case .committed(let fact): (Step.commit.rawValue, fact.number, true)
        case .applicationDeclared(let fact): (Step.application.rawValue, fact.number, true)
        case .synced(let fact): (Step.sync.rawValue, fact.number, true)
        case .becameHealthy(let fact): (Step.health.rawValue, fact.number, true)
        case .stepFailed(let fact): (fact.step.rawValue, fact.number, true)
        case .stepAbandoned(let fact): (fact.step.rawValue, fact.number, true)
        case .undoStarted(let fact): ("undo_\(fact.step.rawValue)", fact.number, false)
        case .undoAttemptFailed(let fact): ("undo_\(fact.step.rawValue)", fact.number, false)
        case .undone(let fact): ("undo_\(fact.step.rawValue)", fact.number, true)
        case .undoFailed(let fact): ("undo_\(fact.step.rawValue)", fact.number, true)
        case .approvalExpired(let fact): ("expire_approval", fact.number, true)
        default: nil
        }
    }
}

extension DeploymentEffect {
    fileprivate var number: Int {
        switch self {
        case .perform(_, let number), .undo(_, let number), .watchDeadline(let number, _),
            .expireApproval(let number, _):
            number
        }
    }
}
