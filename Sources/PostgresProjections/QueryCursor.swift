import Application
import Cryptography

/// Where a page ended: the view and the sort key of its last row, unreadable on purpose, for its form may change.
struct QueryCursor {
    let view: QueryView
    let key: String

    var text: String { Array("\(view.rawValue) \(key)".utf8).base64URL }

    init(view: QueryView, key: String) {
        self.view = view
        self.key = key
    }

    /// Nil for a text that no page of this view ended with.
    init?(_ text: String, of view: QueryView) {
        guard let bytes = [UInt8](base64URL: text), let content = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        let prefix = "\(view.rawValue) "
        guard content.hasPrefix(prefix) else { return nil }
        let key = String(content.dropFirst(prefix.count))
        guard !key.isEmpty, !view.isSortedByPosition || Int64(key) != nil, !key.contains("\0") else { return nil }
        self.init(view: view, key: key)
    }
}

extension QueryView {
    var isSortedByPosition: Bool {
        switch self {
        case .deploymentStatus, .deploymentTimeline, .templateCatalog, .auditTrail: true
        case .customers, .clusters: false
        }
    }

    var statement: String {
        switch self {
        case .deploymentStatus: Statement.deploymentStatus
        case .deploymentTimeline: Statement.deploymentTimeline
        case .customers: Statement.customers
        case .clusters: Statement.clusters
        case .templateCatalog: Statement.templateCatalog
        case .auditTrail: Statement.auditTrail
        }
    }
}
