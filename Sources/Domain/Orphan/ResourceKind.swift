package import EventSourcing

/// What a deployment has outside, each of which can be left behind.
package enum ResourceKind: String, Codable, CaseIterable, Hashable, Sendable {
    case accessPoint = "access_point"
    case bucket
    case name
    case folder
    case application

    /// The step that makes it.
    package var step: Step {
        switch self {
        case .accessPoint: .accessPoint
        case .bucket: .bucket
        case .name: .name
        case .folder: .commit
        case .application: .application
        }
    }

    package var system: String {
        switch self {
        case .accessPoint, .bucket, .name: "AWS"
        case .folder: "GitHub"
        case .application: "Argo CD"
        }
    }

    /// Whether customers' data may be in it.
    package var holdsData: Bool {
        switch self {
        case .accessPoint, .bucket: true
        case .name, .folder, .application: false
        }
    }

    /// `bucket:dc-acme-shop-production`.
    package func id<Thing>(of identity: String) -> ID<Thing> { ID("\(rawValue):\(identity)") }
}
