import Domain

/// What exists outside, told from the worst: a step that was begun has left something, whatever it reported.
struct SimulatedWorld: Hashable {
    var accessPoint = false
    var bucket = false
    var name = false
    var application = false
    /// The release whose files Git holds, and the one that the cluster runs.
    var files: Int?
    var cluster: Int?

    mutating func perform(_ step: Step, release: Int) {
        switch step {
        case .render, .health: break
        case .accessPoint: accessPoint = true
        case .bucket: bucket = true
        case .name: name = true
        case .commit: files = release
        case .application: application = true
        case .sync: cluster = release
        }
    }

    /// Takes a step back to `live`, the release that goes on running, if any.
    mutating func undo(_ step: Step, live: Int?) {
        switch step {
        case .render, .health: break
        case .accessPoint: accessPoint = false
        case .bucket: bucket = false
        case .name: name = false
        case .commit: files = live
        case .application:
            application = false
            cluster = nil  // The removal cascades to what runs.
        case .sync: cluster = live
        }
    }
}
