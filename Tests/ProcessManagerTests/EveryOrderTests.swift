import Domain
import EventSourcing
import ProcessManagers
import TestSupport
import Testing

@Suite struct `In every order of results, failures, deadlines and wishes` {
    /// A release with two parallel steps beside the rendering.
    private let small = Past.release(accessPoint: false)

    /// A deployment whose first release went live with nothing in its way.
    private func live(_ release: Release) -> Simulation {
        var simulation = Simulation()
        simulation.decide("request", .request(release, by: "ana"))
        while let next = simulation.successors().first(where: {
            $0.state.phase == .live || $0.advances(from: simulation)
        }) {
            simulation = next
            if simulation.state.phase == .live { break }
        }
        return simulation
    }

    private func check(_ exploration: Exploration, ends expected: Set<String>, _ isRight: (Simulation) -> Bool) {
        #expect(exploration.complaints.first == nil)
        #expect(Set(exploration.ends.map { $0.state.phase.ending }) == expected)
        let wrong = exploration.ends.first { !isRight($0) }
        #expect(wrong == nil, "\(String(describing: wrong.map { ($0.path, $0.world, $0.state.phase) }))")
    }

    @Test func `a first release goes live whole, or leaves nothing, or says what remains`() {
        var start = Simulation()
        start.cancelsLeft = 1
        start.retriesLeft = 1
        start.decide("request", .request(small, by: "ana"))
        let exploration = Exploration(from: start)
        print("\(exploration.momentCount) moments, \(exploration.ends.count) ends of a first release")
        check(exploration, ends: ["live", "failed", "cancelled", "incomplete"]) { end in
            switch end.state.phase.ending {
            case "live":
                end.world
                    == .init(accessPoint: false, bucket: true, name: true, application: true, files: 1, cluster: 1)
            case "failed", "cancelled": end.world == .init()
            default: end.world.leftovers.isSubset(of: end.state.undoPlan.filter { end.state.run.undos[$0] != .done })
            }
        }
    }

    @Test func `a release that is held goes live after all, or leaves nothing, or says what remains`() {
        var start = Simulation()
        start.cancelsLeft = 1
        start.retriesLeft = 1
        start.decide("request", .request(Past.release(accessPoint: false, bucket: false), by: "ana", onFailure: .keep))
        let exploration = Exploration(from: start)
        print("\(exploration.momentCount) moments, \(exploration.ends.count) ends of a release that is held")
        check(exploration, ends: ["live", "failed", "cancelled", "incomplete", "held"]) { end in
            switch end.state.phase.ending {
            case "live": end.world == .init(name: true, application: true, files: 1, cluster: 1)
            case "failed", "cancelled": end.world == .init()
            case "held": end.jobs.contains { $0.kind == .deadline }
            default: end.world.leftovers.isSubset(of: end.state.undoPlan.filter { end.state.run.undos[$0] != .done })
            }
        }
    }

    @Test func `an upgrade goes live, or the earlier release goes on running as it was`() {
        var start = live(Past.release(accessPoint: false, bucket: false))
        start.cancelsLeft = 1
        start.retriesLeft = 1
        start.decide("change", .change(small, by: "ana"))
        let exploration = Exploration(from: start)
        print("\(exploration.momentCount) moments, \(exploration.ends.count) ends of an upgrade")
        check(exploration, ends: ["live", "incomplete"]) { end in
            guard end.state.phase == .live, let number = end.state.liveRelease else { return end.state.isIncomplete }
            return end.world
                == .init(bucket: number == 2, name: true, application: true, files: number, cluster: number)
                && end.state.resources.commit?.release == number
        }
    }

    @Test(arguments: [true, false])
    func `a decommission leaves only the data that was to be kept, or says what remains`(_ removeData: Bool) {
        var start = live(Past.first)
        start.retriesLeft = 2
        start.decide(
            "decommission",
            .decommission(removing: removeData ? Past.removal(after: 0) : nil, reason: "gone", by: "ana"))
        check(Exploration(from: start), ends: ["decommissioned", "incomplete"]) { end in
            end.state.phase == .decommissioned
                ? end.world == .init(accessPoint: !removeData, bucket: !removeData) : end.state.isIncomplete
        }
    }

    @Test func `data goes when its time comes, or stays if somebody thinks again, whatever fails meanwhile`() {
        var start = live(Past.first)
        start.retriesLeft = 1
        start.withdrawalsLeft = 1
        start.decide("decommission", .decommission(removing: Past.removal(after: 3600), reason: "gone", by: "ada"))
        var ends: Set<Bool> = []
        check(Exploration(from: start), ends: ["decommissioned", "incomplete"]) { end in
            guard end.state.phase == .decommissioned else { return end.state.isIncomplete }
            let isKept = end.withdrawalsLeft == 0
            ends.insert(isKept)
            return end.world == .init(accessPoint: isKept, bucket: isKept) && end.state.dataRemoval == nil
        }
        #expect(ends == [true, false])
    }

    @Test func `a decommission of what a compensation left leaves nothing`() {
        var start = Simulation()
        start.decommissionsLeft = 1
        start.decide("request", .request(small, by: "ana"))
        check(Exploration(from: start), ends: ["live", "failed", "incomplete", "decommissioned"]) { end in
            end.state.phase != .decommissioned || end.world == .init()
        }
    }
}

extension Simulation {
    /// Whether nothing failed on the way here from `earlier`.
    fileprivate func advances(from earlier: Simulation) -> Bool {
        guard let last = path.last, path.count > earlier.path.count else { return false }
        return last.hasSuffix("begins") || last.hasSuffix("succeeds")
    }
}

extension SimulatedWorld {
    /// The steps whose work is still there after a first release that did not go live.
    fileprivate var leftovers: Set<Step> {
        var steps: Set<Step> = []
        if accessPoint { steps.insert(.accessPoint) }
        if bucket { steps.insert(.bucket) }
        if name { steps.insert(.name) }
        if files != nil { steps.insert(.commit) }
        if application || cluster != nil { steps.insert(.application) }
        return steps
    }
}

extension Deployment.Phase {
    /// How a release or a decommission can end; anything else is a deployment that is stuck.
    fileprivate var ending: String {
        switch self {
        case .live: "live"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .compensationIncomplete, .decommissionIncomplete: "incomplete"
        case .decommissioned: "decommissioned"
        case .held: "held"
        case .unknown, .awaitingApproval, .provisioning, .compensating, .decommissioning, .notApproved:
            "stuck in \(self)"
        }
    }
}
