package import EventSourcing

/// The answers that people and scripts ask for, read from views that follow the log.
///
/// A page is one moment of its view: rows and position come from one snapshot. Rows are JSON objects as text, with camelCase
/// keys and RFC 3339 times in UTC, ready to be passed on.
package protocol Queries: Sendable {
    /// The next rows after `cursor` in the view's order; `filter` narrows by the names that `view.filters` lists.
    func page(
        _ view: QueryView, filter: [String: String], after cursor: String?, limit: Int
    ) async throws(QueryError) -> QueryPage

    /// One row by its key (see `QueryView`), or none.
    func row(_ view: QueryView, key: String) async throws(QueryError) -> QueryRow

    /// Returns as soon as the view includes `position`, so that a writer reads its own writes; `behind` after the timeout.
    func wait(for view: QueryView, until position: Position, timeoutSeconds: Double) async throws(QueryError)

    /// How every view is doing, for readiness and administrators.
    func projectionStatuses() async throws(QueryError) -> [ProjectionStatus]
}

/// A view that has a query, named like its table.
package enum QueryView: String, CaseIterable, Codable, Sendable {
    /// Key: the deployment's id. Order: the latest requested release first.
    case deploymentStatus = "deployment_status"
    /// Key: `<deployment>/<release>/<action>/<step>`, action being `do`, `compensate` or `remove`. Order: as begun, oldest first.
    case deploymentTimeline = "deployment_timeline"
    /// Key and order: the customer's id.
    case customers
    /// Key and order: the cluster's id.
    case clusters
    /// Key: `<template>@<version>`. Order: the latest submission first.
    case templateCatalog = "template_catalog"
    /// Key: the event's position. Order: the latest event first.
    case auditTrail = "audit_trail"
}

/// What a query may be narrowed by.
package struct QueryFilter: Equatable, Sendable {
    package let name: String
    package let kind: Kind

    package enum Kind: String, Sendable {
        case text
        case integer
        /// RFC 3339 with an offset.
        case time
    }

    package init(_ name: String, _ kind: Kind = .text) {
        self.name = name
        self.kind = kind
    }
}

extension QueryView {
    /// The most rows of one page.
    package static let limitMax = 500

    /// The filters that the view knows; together they must all hold. The order is that of the statement's parameters.
    package var filters: [QueryFilter] {
        switch self {
        case .deploymentStatus:
            [
                .init("customer"), .init("environment"), .init("cluster"), .init("template"), .init("templateVersion"),
                .init("state"), .init("requestedBy"), .init("domain"), .init("search"),
            ]
        case .deploymentTimeline:
            [.init("deployment"), .init("release", .integer), .init("action"), .init("step"), .init("state")]
        case .customers: [.init("state"), .init("cluster"), .init("search")]
        case .clusters: [.init("state"), .init("region")]
        case .templateCatalog: [.init("template"), .init("standing"), .init("submittedBy")]
        case .auditTrail:
            [
                .init("actor"), .init("action"), .init("category"), .init("object"), .init("customer"),
                .init("deployment"), .init("release", .integer), .init("correlation"), .init("source"),
                .init("from", .time), .init("until", .time),
            ]
        }
    }
}

/// Some rows of a view in order, and where to go on.
package struct QueryPage: Equatable, Sendable {
    /// JSON objects as text.
    package let rows: [String]
    /// Opaque; nil on the last page.
    package let nextCursor: String?
    /// The rows include every event up to here.
    package let position: Position

    package init(rows: [String], nextCursor: String?, position: Position) {
        self.rows = rows
        self.nextCursor = nextCursor
        self.position = position
    }
}

/// One row of a view, or the knowledge that there is none, at a position.
package struct QueryRow: Equatable, Sendable {
    /// A JSON object as text.
    package let row: String?
    package let position: Position

    package init(row: String?, position: Position) {
        self.row = row
        self.position = position
    }
}

/// What the caller of a query must react to.
package enum QueryError: Error, Equatable, Sendable {
    /// Ask again with filters that are allowed.
    case unknownFilter(String, allowed: [String])
    /// Ask again with a value of this kind.
    case badFilterValue(filter: String, expected: QueryFilter.Kind)
    /// The cursor is not one that this view gave: begin again without.
    case badCursor
    /// Ask again with a limit within the bounds.
    case badLimit(allowed: ClosedRange<Int>)
    /// The view has not got there in time: try again, or take what it has.
    case behind(QueryView, position: Position)
    /// The view is being built for the first time: try later.
    case notBuilt(QueryView)
    /// The caller's task was cancelled.
    case cancelled
    /// The database did not answer: try later.
    case unavailable(reason: String)
}

/// How one view is doing.
package struct ProjectionStatus: Codable, Equatable, Sendable {
    package let view: String
    package let state: State
    /// Names the definition that the served rows were made by.
    package let digest: String
    /// The definition on disk is another one: a rebuild would change the view.
    package let definitionChanged: Bool
    /// The rows include every event up to here.
    package let position: Position
    /// How many events the view has still to read.
    package let lag: Int64
    /// Why the view stands still, as the database said it; it is tried again.
    package let failure: String?
    /// How far the generation is that is being built beside the live one, if any.
    package let buildingPosition: Position?

    package enum State: String, Codable, Sendable {
        /// No rows are served yet.
        case building
        case live
        /// What was there before goes on being served, but nothing new is added.
        case failed
    }

    package init(
        view: String, state: State, digest: String, definitionChanged: Bool, position: Position, lag: Int64,
        failure: String?, buildingPosition: Position?
    ) {
        self.view = view
        self.state = state
        self.digest = digest
        self.definitionChanged = definitionChanged
        self.position = position
        self.lag = lag
        self.failure = failure
        self.buildingPosition = buildingPosition
    }
}

/// What an administrator does with views while everyone goes on reading them.
package protocol ProjectionAdministration: Sendable {
    func list() async throws(ProjectionError) -> [ProjectionStatus]

    /// Builds the view anew from the definition on disk beside the one that is served, then swaps them in one transaction.
    /// A rebuild that was interrupted, or runs elsewhere, is taken further.
    func rebuild(_ view: String) async throws(ProjectionError) -> ProjectionStatus

    /// Brings the previous generation back: it catches up, then takes the place of the one that is served.
    func restore(_ view: String) async throws(ProjectionError) -> ProjectionStatus

    /// Folds the whole log once more and compares every row with what is served.
    func verify(_ view: String) async throws(ProjectionError) -> ProjectionVerification
}

/// Whether a view is what its events say.
package struct ProjectionVerification: Codable, Equatable, Sendable {
    package let view: String
    package let digest: String
    /// Compared as of this position.
    package let position: Position
    package let differenceCount: Int
    /// The first of them.
    package let differences: [Difference]

    package var isEqual: Bool { differenceCount == 0 }

    /// A row that only one side has; a changed row shows up once on either side.
    package struct Difference: Codable, Equatable, Sendable {
        package let table: String
        package let side: Side
        /// A JSON object as text, keys being columns.
        package let row: String

        package enum Side: String, Codable, Sendable {
            /// Served, but not in the events.
            case kept
            /// In the events, but not served.
            case rebuilt
        }

        package init(table: String, side: Side, row: String) {
            self.table = table
            self.side = side
            self.row = row
        }
    }

    package init(view: String, digest: String, position: Position, differenceCount: Int, differences: [Difference]) {
        self.view = view
        self.digest = digest
        self.position = position
        self.differenceCount = differenceCount
        self.differences = differences
    }
}

/// What an administrator must react to.
package enum ProjectionError: Error, Equatable, Sendable {
    case unknownView(String, known: [String])
    /// Nothing was built before, so there is nothing to go back to.
    case noPreviousGeneration(String)
    /// The definition has an error: mend it. What was served goes on being served.
    case failing(String, reason: String)
    /// Somebody else began to build another definition of this view.
    case superseded(String)
    case cancelled
    case unavailable(reason: String)
}

extension ProjectionError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .unknownView(let view, let known): "there is no view \(view); there are \(known.joined(separator: ", "))."
        case .noPreviousGeneration(let view): "\(view) has no previous generation to go back to: rebuild it instead."
        case .failing(let view, let reason): "\(view) cannot be built from its definition: \(reason)"
        case .superseded(let view): "somebody else began to build another definition of \(view): look with `list`."
        case .cancelled: "it was cancelled; what was served goes on being served."
        case .unavailable(let reason): "the database cannot be used now: \(reason)"
        }
    }
}
