import Application
import EventSourcing
import HTTPTypes

/// What the handlers of the table work with.
struct Backend: Sendable {
    let commands: Commands
    let queries: any Queries
    let projections: any ProjectionAdministration
    let replaying: Replay
    let subscriptions: any Subscriptions
    let store: any EventStore
    let auditLog: any AuditLog
    let effectOperations: EffectOperations
    let people: any PersonalDataKeeper
    let webhooks: (any WebhookReceiving)?
    let orphans: Orphans?
    let watchdog: Watchdog
    let releaseTimes: ReleaseTimes
    let metrics: PrometheusRegistry
    let configuration: HTTPAPI.Configuration

    /// The whole table.
    var operations: [Operation] {
        customers + customerCommands + clusters + templates + deployments + plans + approvals + deploymentCommands
            + questions
            + audit + evidence
            + events + replays + views + explanations + followers + effects + stuck + personalData
            + (orphans.map(orphanage) ?? [])
            + running + webhookOperations
    }
}

extension Backend {
    /// A list: a page of a view, narrowed by the arguments that the view knows as filters.
    func page(_ view: QueryView, _ call: Call, fixed: [String: String] = [:]) async throws -> Reply {
        try await catchUp(view, call)
        var filter = fixed
        for name in view.filters.map(\.name) where filter[name] == nil {
            guard let value = call.arguments[name] else { continue }
            filter[name] = value.string ?? value.integer.map { String($0) }
        }
        let page = try await queries.page(
            view, filter: filter, after: call.arguments[Parameter.cursor.name]?.string,
            limit: Int(call.integer(Parameter.limit.name) ?? 50), asOf: try call.moment())
        return .page(rows: page.rows, nextCursor: page.nextCursor, position: page.position)
    }

    /// One row, with its stream's version where the view keeps it.
    func row(_ view: QueryView, key: String, _ call: Call, missing: Problem) async throws -> Reply {
        try await catchUp(view, call)
        let found = try await queries.row(view, key: key, asOf: try call.moment())
        guard let text = found.row else { throw missing }
        let version: Int64?
        do throws(JSONReader.Failure) {
            version = try JSONReader.read(Array(text.utf8))["streamVersion"]?.integer
        } catch {
            throw Problem.unexpected(reason: "a row of \(view.rawValue) is not JSON: \(error)")
        }
        return Reply(content: .json(Array(text.utf8)), version: version.map { Int($0) }, position: found.position)
    }

    /// Waits until the view shows what the caller has seen elsewhere.
    func catchUp(_ view: QueryView, _ call: Call) async throws(QueryError) {
        guard let position = call.integer(Parameter.after.name) else { return }
        try await queries.wait(
            for: view, until: Position(position), timeoutSeconds: configuration.waitSecondsMax)
    }
}

extension Reply {
    static func page(rows: [String], nextCursor: String?, position: Position) -> Reply {
        .json(
            members: [
                ("items", .texts(rows)), ("nextCursor", .value(nextCursor.map { .string($0) } ?? .null)),
                ("position", .value(.integer(position.rawValue))),
            ], position: position)
    }
}

extension Operation {
    /// A list that can be paged through.
    static func list(
        _ id: String, _ path: PathTemplate, _ tag: Tag, _ summary: String, _ description: String = "",
        schema: String, parameters: [Parameter], handle: @escaping @Sendable (Call) async throws -> Reply
    ) -> Operation {
        Operation(
            id: id, method: .get, path: path, tag: tag, summary: summary, description: description, role: .viewer,
            parameters: parameters + [.cursor, .limit, .after, .asOf],
            answer: Answer(
                success: .done, description: "A page.", content: .json(schema: schema), headers: [.position]),
            handle: handle)
    }

    /// One thing.
    static func item(
        _ id: String, _ path: PathTemplate, _ tag: Tag, _ summary: String, _ description: String = "",
        schema: String, parameters: [Parameter], headers: [ResponseHeader] = [.eTag, .position],
        handle: @escaping @Sendable (Call) async throws -> Reply
    ) -> Operation {
        Operation(
            id: id, method: .get, path: path, tag: tag, summary: summary, description: description, role: .viewer,
            parameters: parameters + [.after, .asOf],
            answer: Answer(success: .done, description: "The thing.", content: .json(schema: schema), headers: headers),
            problems: [.notFound], handle: handle)
    }

    /// A command on one stream.
    static func command(
        _ id: String, _ method: HTTPRequest.Method, _ path: PathTemplate, _ tag: Tag, _ summary: String,
        _ description: String = "", role: Role, parameters: [Parameter] = [], body: Body? = nil,
        success: Success = .done, handle: @escaping @Sendable (Call) async throws -> Reply
    ) -> Operation {
        let location: [ResponseHeader] = success == .done ? [] : [.location]
        return Operation(
            id: id, method: method, path: path, tag: tag, summary: summary,
            description: description, role: role, parameters: parameters + [.idempotencyKey, .ifMatch], body: body,
            answer: Answer(
                success: success, description: "What the command did.", content: .json(schema: "Receipt"),
                headers: [.eTag, .position] + location),
            problems: [.notFound, .conflict, .stale], handle: handle)
    }
}
