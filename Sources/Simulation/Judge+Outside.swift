import Application
import Domain
import EventSourcing

/// The rules of what is outside: nothing twice, nothing unasked for, live is live, and taken back is taken back.
extension Judge {
    /// Clocks of replicas differ by up to 1.5 s each way.
    static let skew = Duration.seconds(3)

    func checkOutside(of event: DeploymentEvent, _ id: String, _ state: Deployment.State) {
        switch event {
        case .wentLive: checkLive(id, state)
        case .failed(let fact) where isFairWeather && !world.isBroken(id, release: fact.number):
            complain("\(id): release \(fact.number) fails though nothing else does: \(fact.reason)")
        case .compensated, .decommissioned: checkTakenBack(id, state)
        default: break
        }
    }

    func saw(_ change: String, of ownership: Ownership) {
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
        if change.hasSuffix("removed") { checkUnused(ownership.deployment, step) }
    }

    /// What is taken back goes in an order in which nobody misses it.
    private func checkUnused(_ id: String, _ step: Step) {
        let state = states[id] ?? Deployment.initialState
        let mark: String? =
            switch step {
            case .accessPoint: state.resources.accessPoint?.value
            case .bucket: state.resources.bucket?.value
            case .name: state.lastRelease?.domain
            case .render, .commit, .application, .sync, .health: nil
            }
        guard let mark else { return }
        func isNamed(_ files: [String: String]?) -> Bool { files?.values.contains { $0.contains(mark) } ?? false }
        if isNamed(world.folders["deployments/\(id)"]) { complain("\(id): \(mark) goes while Git declares it") }
        if isNamed(world.applications[id]?.deployed) { complain("\(id): \(mark) goes while the cluster uses it") }
    }

    private func checkLive(_ id: String, _ state: Deployment.State) {
        let there = world.exists(id)
        let files = world.folders["deployments/\(id)"] ?? [:]
        liveFiles[id] = files
        guard let app = there.app, app.goneAt == nil else { return complain("\(id) is live without an application") }
        if app.deployed != files || files.isEmpty { complain("\(id) is live with other files than Git declares") }
        if app.healthyAt.map({ $0 > world.time.now }) ?? true { complain("\(id) is live and not healthy") }
        let needs = state.currentRelease?.needs
        if needs?.accessPoint != nil, there.points.map(\.id) != [state.resources.accessPoint?.value] {
            complain("\(id) is live without its access point")
        }
        if needs?.bucket == true, there.bucket == nil { complain("\(id) is live without its bucket") }
        if state.currentRelease?.domain != nil, there.name == nil { complain("\(id) is live without its name") }
        for (kind, resource) in [
            ("access point", state.resources.accessPoint?.value), ("bucket", state.resources.bucket?.value),
        ] {
            guard let resource, kind == "bucket" ? needs?.bucket == true : needs?.accessPoint != nil else { continue }
            if !files.values.contains(where: { $0.contains(resource) }) {
                complain("\(id) is live with another \(kind)")
            }
        }
    }

    /// Each answer since the first that counts was good, and the last came as long after it as is promised.
    func checkStable(_ id: String, _ row: String) {
        let heard = world.applications[id]?.heard
        guard let heard, heard.isGood, let since = healthySince[row], heard.at - since >= .seconds(10) - Self.skew
        else {
            return complain(
                "\(id) is live, and was not seen in sync and healthy for long enough: \(healthySince[row].map { "from \($0)" } ?? "never")"
            )
        }
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
}
