import Application
import ArgumentParser
import EventSourcing
import PostgresProjections

/// Asks a view, now or at any moment of the past.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query", abstract: "Show rows of a view, now or as of a moment of the past.",
        discussion: "Views: \(QueryView.allCases.map(\.rawValue).joined(separator: ", ")).")

    @Argument(help: "The view, or view/key for one row.")
    var view: ViewRow

    @Option(help: "A position of the log, or a time such as 2026-11-23T03:40:00Z.")
    var asOf: Moment?

    @Option(help: "Only rows that match, name=value; may be given several times.")
    var filter: [String] = []

    @Option(help: "At most so many rows.")
    var limit = 50

    func run() async throws {
        var filters: [String: String] = [:]
        for pair in filter {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw ValidationError("--filter \(pair): give name=value.") }
            filters[String(parts[0])] = String(parts[1])
        }
        try await DatabaseSession.run { session in
            let queries = try session.queries
            if let key = view.key {
                let found = try await queries.row(view.view, key: key, asOf: asOf)
                guard let row = found.row else { throw Failure("\(view.view.rawValue) has no row \(key).") }
                session.terminal.line(row)
                session.terminal.aside("as of position \(found.position)")
            } else {
                let page = try await queries.page(
                    view.view, filter: filters, after: nil, limit: limit, asOf: asOf)
                for row in page.rows { session.terminal.line(row) }
                session.terminal.aside(
                    "as of position \(page.position)\(page.nextCursor == nil ? "" : "; there are more: --limit")")
            }
        }
    }
}

/// Tells why a row is what it is.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Show the events that made a row, in order, each with what it changed.")

    @Argument(help: "view/key, such as deployment_status/acme-shop-production.")
    var row: ViewRow

    @Option(help: "A position of the log, or a time such as 2026-11-23T03:40:00Z.")
    var asOf: Moment?

    @Flag(help: "For machines.")
    var json = false

    func validate() throws {
        guard row.key != nil else { throw ValidationError("give view/key.") }
    }

    func run() async throws {
        try await DatabaseSession.run { session in
            let explanation = try await session.queries.explain(row.view, key: row.key ?? "", asOf: asOf)
            let terminal = session.terminal
            guard !json else { return terminal.line(try JSONOutput.text(try JSONOutput.value(explanation))) }
            guard !explanation.steps.isEmpty else { throw Failure("nothing ever made such a row.") }
            for step in explanation.steps {
                let who = step.event.actorName ?? step.event.actor ?? ""
                terminal.line(
                    "\(String(step.event.position.rawValue).padding(to: 7))\(step.event.recordedAt)  "
                        + "\(terminal.styled(step.event.type, .bold))  \(who)"
                        + (step.eventCount > 1 ? "  (and \(step.eventCount - 1) events before)" : ""))
                for change in step.changes {
                    terminal.line(
                        "       \(change.column): \(try JSONOutput.text(change.before)) → \(try JSONOutput.text(change.after))"
                    )
                }
            }
            terminal.aside(
                "as of position \(explanation.position); \(explanation.withoutEffect) other events of the row changed nothing in it"
            )
            if explanation.leadsToServedRow == false {
                terminal.aside(
                    "These events do not lead to the row that is served: deploycenter projections verify \(row.view.rawValue)"
                )
            }
        }
    }
}

/// A view, and perhaps a key of one of its rows, as people write them: `view/key`.
struct ViewRow: ExpressibleByArgument {
    let view: QueryView
    let key: String?

    init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 1)
        guard let name = parts.first, let view = QueryView(rawValue: String(name)) else { return nil }
        self.view = view
        key = parts.count > 1 ? String(parts[1]) : nil
    }
}

extension Moment: ExpressibleByArgument {
    package init?(argument: String) {
        do throws(InvalidMoment) { try self.init(argument) } catch { return nil }
    }
}
