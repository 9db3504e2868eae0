package import EventSourcing

/// The answers that people and scripts ask for, read from views that follow the log.
///
/// A page is one moment of its view: rows and position come from one snapshot. Rows are JSON objects as text, with camelCase
/// keys and RFC 3339 times in UTC, ready to be passed on.
package protocol Queries: Sendable {
    /// The next rows after `cursor` in the view's order; `filter` narrows by the names that `view.filters` lists.
    ///
    /// `asOf` asks what the page was at a moment of the past. A cursor that such a page ended with stays at that moment,
    /// whether `asOf` is repeated with it or left out.
    func page(
        _ view: QueryView, filter: [String: String], after cursor: String?, limit: Int, asOf: Moment?
    ) async throws(QueryError) -> QueryPage

    /// One row by its key (see `QueryView`), or none.
    func row(_ view: QueryView, key: String, asOf: Moment?) async throws(QueryError) -> QueryRow

    /// The events that made a row, and what each of them changed. A row that never was has no steps.
    func explain(_ view: QueryView, key: String, asOf: Moment?) async throws(QueryError) -> Explanation

    /// Returns as soon as the view includes `position`, so that a writer reads its own writes; `behind` after the timeout.
    func wait(for view: QueryView, until position: Position, timeoutSeconds: Double) async throws(QueryError)

    /// How every view is doing, for readiness and administrators.
    func projectionStatuses() async throws(QueryError) -> [ProjectionStatus]
}

extension Queries {
    /// The next rows as they are now.
    package func page(
        _ view: QueryView, filter: [String: String], after cursor: String?, limit: Int
    ) async throws(QueryError) -> QueryPage {
        try await page(view, filter: filter, after: cursor, limit: limit, asOf: nil)
    }

    /// The row as it is now.
    package func row(_ view: QueryView, key: String) async throws(QueryError) -> QueryRow {
        try await row(view, key: key, asOf: nil)
    }
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
    /// Key: `<kind>/<subject>`, such as `template_version/odoo@1.1.0`. Order: the longest waiting first.
    case approvalsWaiting = "approvals_waiting"
    /// Key: `<step>/<cluster>/<template>@<version>`. Order: the whole release, then its steps in causal order.
    case stepDurations = "step_durations"
    /// Key: `<deployment>/<kind>/<identity>`. Order: the latest made first.
    case resourceInventory = "resource_inventory"
    /// Key: the event's position. Order: as it happened, the oldest first.
    case customerHistory = "customer_history"
    /// Key: `<template>@<version>`. Order: the template, then the latest version first.
    case templateUsage = "template_usage"
}

/// What a query may be narrowed by.
package struct QueryFilter: Equatable, Sendable {
    package let name: String
    package let kind: Kind
    /// What it may say, one of these or several with commas between; empty for anything.
    package let parts: [String]

    package enum Kind: String, Sendable {
        case text
        case integer
        /// RFC 3339 with an offset.
        case time
    }

    package init(_ name: String, _ kind: Kind = .text, parts: [String] = []) {
        self.name = name
        self.kind = kind
        self.parts = parts
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
        // `decidableBy` leaves out what this person asked for: nobody approves that.
        case .approvalsWaiting: [.init("kind"), .init("template"), .init("requestedBy"), .init("decidableBy")]
        // `by` names, with commas between, by what rows are kept apart: `cluster`, `template`, `templateVersion`.
        case .stepDurations:
            [
                .init("step"), .init("cluster"), .init("template"), .init("templateVersion"), .init("environment"),
                .init("from", .time), .init("until", .time),
                // Rows are of one step each in any case.
                .init("by", parts: ["step", "cluster", "template", "templateVersion"]),
            ]
        case .resourceInventory:
            [
                .init("kind"), .init("deployment"), .init("customer"), .init("environment"), .init("cluster"),
                .init("state"), .init("requestedBy"), .init("search"),
            ]
        case .customerHistory:
            [
                .init("customer"), .init("kind"), .init("milestone"), .init("deployment"), .init("from", .time),
                .init("until", .time),
            ]
        // `inUse` is `true` or `false`.
        case .templateUsage:
            [
                .init("template"), .init("templateVersion"), .init("customer"), .init("environment"), .init("cluster"),
                .init("standing"), .init("inUse"),
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
    /// Ask again with some of these, with commas between.
    case badFilterParts(filter: String, allowed: [String])
    /// The cursor is not one that this view gave: begin again without.
    case badCursor
    /// Ask again with a limit within the bounds.
    case badLimit(allowed: ClosedRange<Int>)
    /// The view has not got there in time: try again, or take what it has.
    case behind(QueryView, position: Position)
    /// The view is being built for the first time: try later.
    case notBuilt(QueryView)
    /// There is no such position yet: ask for one up to the head.
    case beyondHead(Position, head: Position)
    /// What the view was at that moment is still being built, by this request or by others: ask again soon.
    case momentNotReady(QueryView, position: Position)
    /// The log begins here, what was before is in archives: a moment of the past cannot be built until it is restored.
    case archived(logBegins: Position)
    /// The caller's task was cancelled.
    case cancelled
    /// The database did not answer: try later.
    case unavailable(reason: String)
}
