import Application
import Domain
import EventSourcing
import ProcessManagers

/// The rules of the to-do list: each row's work is recorded with it, by who holds it, and nothing in it is forgotten.
extension Judge: LogObserver {
    /// A replica may be dead or stand still for some time, and a lease has to run out.
    private static let slack = Duration.seconds(300)
    private static let failures: Set = ["deployment.step_failed", "deployment.undo_failed"]

    func saw(_ recorded: RecordedEvent, _ work: SimulatedLog.Work?) {
        world.time.wake()
        guard recorded.stream.category == "deployment" else { return }
        let id = recorded.stream.id
        do {
            let event = try DeploymentEvent(recorded)
            note("\(id) \(recorded.streamVersion) \(recorded.type) \(recorded.payload.prefix(160))")
            checkOrigin(of: event, id, work)
            checkPhase(of: event, id)
            checkOutside(of: event, id, take(event, of: id, at: recorded.recordedAt))
            if case .wentLive = event { checkStable(id, work?.row.new.id ?? "") }
        } catch {
            complain("\(id): \(error)")
        }
        onCommit?(id)
    }

    /// Before the event is taken in.
    private func checkPhase(of event: DeploymentEvent, _ id: String) {
        switch event {
        case .wentLive where states[id]?.isProvisioning != true: complain("\(id) goes live and is not wanted any more")
        case .failed(let fact) where fact.step == nil:
            // Clocks of replicas differ.
            let deadline = requestedAt[id].map { $0 + .seconds(Deadlines.releaseSeconds - 3) }
            if deadline.map({ world.time.now < $0 }) ?? true { complain("\(id) fails before its deadline") }
        case .decommissionRequested(let fact) where fact.removeData:
            guard let wanted = states[id]?.dataRemoval else {
                return complain("\(id) loses data that nobody wished away")
            }
            // Clocks of replicas differ.
            if world.time.now + .seconds(3) < wanted.removesAt { complain("\(id) loses data before its time") }
        default: break
        }
    }

    private func checkOrigin(of event: DeploymentEvent, _ id: String, _ work: SimulatedLog.Work?) {
        guard let origin = event.origin else { return }
        guard let work, let effect = DeploymentEffect(payload: work.row.new.payload) else {
            return complain("\(id): \(event.stored.type) is written by somebody who holds no row")
        }
        // The clock of the run ends what nobody reports on, and goes on.
        if case .watchDeadline(origin.number, _) = effect, Self.failures.contains("\(event.stored.type)") { return }
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
            case "deployment.data_removal_scheduled": timer = "remove_data"
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
        // Whoever gave it back may not have heard yet that it is given back.
        workers[row.new.id] = nil
        if postponement.reason.isEmpty { complain("\(row.new.id) waits and does not say why") }
        if postponement.failures < row.failures { complain("\(row.new.id) forgets how often it failed") }
        if let asked = asked[row.new.id], postponement.due + Self.skew < asked {
            complain("\(row.new.id) is tried again before \(asked), as it was asked not to be")
        }
        if row.new.payload["kind"] == "perform", row.new.payload["step"] == .string(Step.health.rawValue) {
            let heard = world.applications[row.new.stream.id]?.heard
            if postponement.continuation == nil || postponement.failures > row.failures {
                healthySince[row.new.id] = nil
            } else if healthySince[row.new.id] == nil {
                healthySince[row.new.id] = heard?.at
            }
        }
        if postponement.due - postponement.at > .seconds(600) { complain("\(row.new.id) waits for too long") }
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
            case .removeData(let removal, _)?: state.dataRemoval?.removal == removal
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
