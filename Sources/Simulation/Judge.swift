import Application
import Domain
import EventSourcing

/// Looks at every event and every change outside the moment it happens, and says what must never be.
///
/// Sound as `Sendable`: only the thread of the simulation touches it.
final class Judge: @unchecked Sendable {
    let world: SimulatedWorld
    let log: SimulatedLog
    /// Most stories are not read.
    private let isTelling: Bool
    /// Nothing fails for good but what people break: then no release may fail.
    var isFairWeather = false
    private(set) var states: [String: Deployment.State] = [:]
    /// When the release that is under way was requested.
    private(set) var requestedAt: [String: Timestamp] = [:]
    private(set) var complaints: [String] = []
    /// What happened, in order: the story of a seed that fails.
    private(set) var timeline: [String] = []
    /// The files of the release that runs.
    var liveFiles: [String: [String: String]] = [:]
    /// The replicas that work on an effect now.
    var workers: [String: [SimulatedReplica]] = [:]

    /// By row: the answer since which the application was healthy with each that was recorded.
    var healthySince: [String: Timestamp] = [:]
    /// Until when the other side asked that an effect is not tried again.
    var asked: [String: Timestamp] = [:]
    /// Told after each event, of which deployment it is.
    var onCommit: ((String) -> Void)?

    init(log: SimulatedLog, world: SimulatedWorld, isTelling: Bool) {
        self.isTelling = isTelling
        self.log = log
        self.world = world
        log.observer = self
        world.onChange = { [unowned self] in saw($0, of: $1) }
    }

    func note(_ text: @autoclosure () -> String) {
        if isTelling { timeline.append("\(world.time.now)  \(text())") }
    }

    func complain(_ text: String) {
        complaints.append(text)
        note("MUST NOT BE: \(text)")
    }

    func take(_ event: DeploymentEvent, of id: String, at time: Timestamp) -> Deployment.State {
        var state = states[id] ?? Deployment.initialState
        Deployment.evolve(&state, with: event)
        states[id] = state
        if case .requested = event { requestedAt[id] = time }
        return state
    }

    /// When nobody has anything left to do.
    func checkEnd() {
        for (id, state) in states.sorted(by: { $0.key < $1.key }) {
            switch state.phase {
            case .live, .failed, .cancelled, .decommissioned, .notApproved: break
            default: complain("\(id) ends as \(state.phase)")
            }
        }
        if log.checkpoint != log.head { complain("the process stands at \(log.checkpoint) of \(log.head)") }
        let open = log.openRows.map(\.new.id)
        if !open.isEmpty { complain("rows that never ended: \(open)") }
    }
}
