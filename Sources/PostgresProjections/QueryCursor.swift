package import Application
import Cryptography
import EventSourcing

/// Where a page ended: the view, the moment if it was one of the past, and the sort key of its last row. Unreadable on purpose,
/// for its form may change.
struct QueryCursor {
    let view: QueryView
    let moment: CursorMoment?
    let key: String

    var text: String {
        let scope = moment.map { "\(view.rawValue)@\($0.position)@\($0.asked)" } ?? view.rawValue
        return Array("\(scope) \(key)".utf8).base64URL
    }

    init(view: QueryView, moment: CursorMoment? = nil, key: String) {
        self.view = view
        self.moment = moment
        self.key = key
    }

    /// Nil for a text that no page of this view ended with.
    init?(_ text: String, of view: QueryView) {
        guard let bytes = [UInt8](base64URL: text), let content = String(validating: bytes, as: UTF8.self),
            let space = content.firstIndex(of: " ")
        else { return nil }
        let scope = content[..<space].split(separator: "@", omittingEmptySubsequences: false)
        let key = String(content[content.index(after: space)...])
        guard scope.first == view.rawValue[...], !key.isEmpty, !view.isSortedByPosition || Int64(key) != nil,
            !key.contains("\0")
        else { return nil }
        switch scope.count {
        case 1: self.init(view: view, key: key)
        case 3:
            guard let moment = CursorMoment(position: scope[1], asked: scope[2]) else { return nil }
            self.init(view: view, moment: moment, key: key)
        default: return nil
        }
    }
}

/// The moment that a cursor stays at: what was asked for, and the position that it meant then.
struct CursorMoment: Equatable {
    let position: Position
    let asked: Moment

    init(position: Position, asked: Moment) {
        self.position = position
        self.asked = asked
    }

    init?(position: Substring, asked: Substring) {
        guard let number = Int64(position), number >= 0 else { return nil }
        do throws(InvalidMoment) {
            self.init(position: Position(number), asked: try Moment(String(asked)))
        } catch {
            return nil
        }
    }
}

extension QueryView {
    var isSortedByPosition: Bool {
        switch self {
        case .deploymentStatus, .deploymentTimeline, .templateCatalog, .auditTrail, .approvalsWaiting,
            .resourceInventory, .customerHistory:
            true
        case .customers, .clusters, .stepDurations, .templateUsage: false
        }
    }

    package var statement: String {
        switch self {
        case .deploymentStatus: Statement.deploymentStatus
        case .deploymentTimeline: Statement.deploymentTimeline
        case .customers: Statement.customers
        case .clusters: Statement.clusters
        case .templateCatalog: Statement.templateCatalog
        case .auditTrail: Statement.auditTrail
        case .approvalsWaiting: Statement.approvalsWaiting
        case .stepDurations: Statement.stepDurations
        case .resourceInventory: Statement.resourceInventory
        case .customerHistory: Statement.customerHistory
        case .templateUsage: Statement.templateUsage
        }
    }
}
