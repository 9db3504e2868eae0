import Application
import Domain
import EventSourcing

/// Looks at every event and every change outside the moment it happens, and says what must never be.
///
/// Sound as `Sendable`: only the thread of the simulation touches it.
final class Judge: @unchecked Sendable {
    private let world: SimulatedWorld
    private let log: SimulatedLog
    /// Most stories are not read.
    private let isTelling: Bool
    /// Nothing fails for good but what people break: then no release may fail.
    var isFairWeather = false
    private(set) var states: [String: Deployment.State] = [:]
    private(set) var complaints: [String] = []
    /// What happened, in order: the story of a seed that fails.
    private(set) var timeline: [String] = []
    /// The files of the release that runs.
    private var liveFiles: [String: [String: String]] = [:]

    init(log: SimulatedLog, world: SimulatedWorld, isTelling: Bool) {
        self.isTelling = isTelling
        self.log = log
        self.world = world
        log.onAppend = { [unowned self] in saw($0) }
        world.onChange = { [unowned self] in saw($0, of: $1) }
    }

    func note(_ text: @autoclosure () -> String) {
        if isTelling { timeline.append("\(world.time.now)  \(text())") }
    }

    private func complain(_ text: String) {
        complaints.append(text)
        note("MUST NOT BE: \(text)")
    }

    private func saw(_ recorded: RecordedEvent) {
        world.time.wake()
        guard recorded.stream.category == "deployment" else { return }
        let id = recorded.stream.id
        do {
            let event = try DeploymentEvent(recorded)
            note("\(id) \(recorded.streamVersion) \(recorded.type) \(recorded.payload.prefix(160))")
            var state = states[id] ?? Deployment.initialState
            Deployment.evolve(&state, with: event)
            states[id] = state
            switch event {
            case .wentLive: checkLive(id, state)
            case .failed(let fact) where isFairWeather && !world.isBroken(id, release: fact.number):
                complain("\(id): release \(fact.number) fails though nothing else does: \(fact.reason)")
            case .compensated, .decommissioned: checkTakenBack(id, state)
            default: break
            }
        } catch {
            complain("\(id): \(error)")
        }
    }

    private func saw(_ change: String, of ownership: Ownership) {
        note("\(ownership.deployment) r\(ownership.release) \(change)")
        let there = world.exists(ownership.deployment)
        if there.points.count > 1 { complain("\(ownership.deployment) has \(there.points.count) access points") }
        // No change outside without the event that says that it is wanted.
        let step: Step? =
            switch change.prefix(while: { $0 != " " }) {
            case "access": .accessPoint
            case "bucket": .bucket
            case "name": .name
            case "commit": .commit
            case "application": .application
            case "sync": .sync
            default: nil
            }
        guard let step, let run = states[ownership.deployment]?.run else { return complain("\(change) of nobody") }
        if run.steps[step] != .running, run.undos[step] != .running {
            complain(
                "\(ownership.deployment): \(change), and \(step) is \(run.steps[step].map { "\($0)" } ?? "not begun")")
        }
    }

    private func checkLive(_ id: String, _ state: Deployment.State) {
        let there = world.exists(id)
        let files = world.folders["deployments/\(id)"] ?? [:]
        liveFiles[id] = files
        guard let app = there.app, app.goneAt == nil else { return complain("\(id) is live without an application") }
        if app.deployed != files || files.isEmpty { complain("\(id) is live with other files than Git declares") }
        // Clocks of replicas differ by some seconds.
        if app.healthyAt.map({ $0 > world.time.now }) ?? true { complain("\(id) is live and not healthy") }
        let needs = state.currentRelease?.needs
        if needs?.accessPoint != nil, there.points.map(\.id) != [state.resources.accessPoint?.value] {
            complain("\(id) is live without its access point")
        }
        if needs?.bucket == true, there.bucket == nil { complain("\(id) is live without its bucket") }
        if state.currentRelease?.domain != nil, there.name == nil { complain("\(id) is live without its name") }
    }

    private func checkTakenBack(_ id: String, _ state: Deployment.State) {
        let there = world.exists(id)
        let kept = state.resources
        if there.points.map(\.id) != [kept.accessPoint?.value].compactMap({ $0 }) {
            complain("\(id) is taken back, with access points \(there.points.map(\.id)) for \(kept)")
        }
        if (there.bucket != nil) != (kept.bucket != nil) {
            complain("\(id) is taken back, and its bucket is not as it should be")
        }
        if (there.name != nil) != (kept.name != nil) {
            complain("\(id) is taken back, and its name is not as it should be")
        }
        if (there.app != nil) != (kept.application != nil) {
            complain("\(id) is taken back, and its application is not as it should be")
        }
        let files = world.folders["deployments/\(id)"]
        if state.phase == .live {
            if files != liveFiles[id] { complain("\(id) is taken back, and Git has not the live release's files") }
            if there.app?.deployed != liveFiles[id] {
                complain("\(id) is taken back, and the cluster has not the live release's files")
            }
        } else if files != nil {
            complain("\(id) is taken back, and Git has its folder still")
        }
    }

    /// When nobody has anything left to do.
    func checkEnd() {
        for (id, state) in states.sorted(by: { $0.key < $1.key }) {
            switch state.phase {
            case .live, .failed, .cancelled, .decommissioned: break
            default: complain("\(id) ends as \(state.phase)")
            }
        }
        if log.checkpoint != log.head { complain("the process stands at \(log.checkpoint) of \(log.head)") }
        let open = log.openRows.map(\.new.id)
        if !open.isEmpty { complain("rows that never ended: \(open)") }
    }

    func complainOfTheEnd(_ text: String) { complain(text) }
}
