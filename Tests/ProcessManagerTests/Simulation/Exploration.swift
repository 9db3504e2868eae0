import Domain

/// Walks through every future of a simulation once.
struct Exploration {
    /// Moments at which no work is left but deadlines that have become idle.
    private(set) var ends: [Simulation] = []
    private(set) var complaints: [String] = []
    private(set) var momentCount = 0

    init(from start: Simulation) {
        var seen: Set<Key> = [Key(start)]
        var open = [start]
        while let moment = open.popLast() {
            momentCount += 1
            complaints += moment.complaints.map { "\($0) by \(moment.path)" }
            if moment.jobs.allSatisfy({ $0.kind == .deadline }) { ends.append(moment) }
            for next in moment.successors() where seen.insert(Key(next)).inserted { open.append(next) }
        }
    }

    /// Two moments with the same key have the same futures.
    private struct Key: Hashable {
        let phase: String
        let steps: [Step: Deployment.Run.StepState]
        let undos: [Step: Deployment.Run.UndoState]
        let releases: [Int?]
        let leftovers: [Step: Int]
        let jobs: Set<Simulation.Job>
        let named: Set<Simulation.Job>
        let world: SimulatedWorld
        let wishes: [Int]
        let hasComplaints: Bool

        init(_ moment: Simulation) {
            let state = moment.state
            phase = "\(state.phase)"
            steps = state.run.steps
            undos = state.run.undos
            releases =
                [state.run.number, state.liveRelease] + Self.makers(state.resources) + Self.makers(state.run.before)
            leftovers = state.run.leftovers
            jobs = moment.jobs
            named = moment.named
            world = moment.world
            wishes = [moment.cancelsLeft, moment.retriesLeft, moment.decommissionsLeft, moment.withdrawalsLeft]
            hasComplaints = !moment.complaints.isEmpty
        }

        private static func makers(_ resources: Deployment.Resources) -> [Int?] {
            [
                resources.accessPoint?.release, resources.bucket?.release, resources.name?.release,
                resources.commit?.release, resources.application?.release,
            ]
        }
    }
}
