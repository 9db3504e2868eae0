import Application
import EventSourcing
import HTTPTypes

extension Backend {
    var audit: [Operation] {
        [
            .list(
                "listAudit", "/api/v1/audit", .audit, "List who did what", "The latest first.", schema: "AuditPage",
                parameters: Parameter.filters(of: .auditTrail)
            ) { try await page(.auditTrail, $0) },
            .item(
                "getAuditEntry", "/api/v1/audit/{position}", .audit, "Show one entry", schema: "AuditEntry",
                parameters: [
                    Parameter("position", .path, "The event's position.", ["type": "integer", "minimum": 1])
                ], headers: [.position]
            ) { call in
                let key = call.integer("position").map { String($0) } ?? ""
                return try await row(.auditTrail, key: key, call, missing: .missing("event", key))
            },
        ]
    }

    var events: [Operation] {
        [
            Operation(
                id: "listEventsOfStream", method: .get, path: "/api/v1/streams/{stream}/events", tag: .events,
                summary: "Show the history of one thing", description: "Its events as they were written, oldest first.",
                role: .viewer, parameters: [.stream, .versionCursor, .limit],
                answer: .init(
                    success: .done, description: "A page.", content: .json(schema: "EventPage"),
                    headers: [.eTag, .position]),
                problems: [.notFound], handle: history),
            Operation(
                id: "streamEvents", method: .get, path: "/api/v1/events/stream", tag: .events,
                summary: "Follow the log",
                description: """
                    Server-sent events, from `Last-Event-ID` or `after` on, else from now on. The connection stays open, \
                    with a comment every fifteen seconds where nothing happens.
                    """,
                role: .viewer,
                parameters: [
                    Parameter(
                        "category", .query, "Only events of streams of this kind.",
                        ["type": "string", "pattern": "^[a-z]{1,40}$"]),
                    Parameter(
                        "stream", .query, "Only events of this stream.",
                        ["type": "string", "pattern": .string(Parameter.streamPattern)]),
                    Parameter(
                        "after", .query, "The position to begin after; 0 for the whole log.",
                        ["type": "integer", "format": "int64", "minimum": 0]),
                    Parameter(
                        "Last-Event-ID", .header,
                        "The last position that was received; browsers send it by themselves.",
                        ["type": "string", "pattern": "^(0|[1-9][0-9]{0,17})$"]),
                ],
                answer: .init(
                    success: .done, description: "The stream.",
                    content: .eventStream(
                        "Server-sent events: `id` is the position, `event` the type, `data` an Event.")),
                handle: follow),
        ]
    }

    @Sendable private func history(_ call: Call) async throws -> Reply {
        let text = try call.required("stream")
        guard let stream = StreamName(text) else { throw Problem.missing("stream", text) }
        let seen = call.arguments["cursor"]?.string.flatMap { Int($0) } ?? 0
        let limit = Int(call.integer("limit") ?? 50)
        let head = try await store.head()
        // One more than the page has, to know whether there is a next one.
        let events = try await store.events(of: stream, from: seen + 1, limit: limit + 1)
        guard seen > 0 || !events.isEmpty else { throw Problem.missing("stream", text) }
        let page = events.prefix(limit)
        let next = events.count > limit ? page.last.map { String($0.streamVersion) } : nil
        var reply = Reply.page(
            rows: page.map(\.json), nextCursor: next, position: max(head, page.last?.position ?? .start))
        reply.version = next == nil ? events.last?.streamVersion ?? seen : try await store.version(of: stream)
        return reply
    }

    @Sendable private func follow(_ call: Call) async throws -> Reply {
        let stream = call.arguments["stream"]?.string.flatMap { StreamName($0) }
        let category = call.arguments["category"]?.string
        let start: Position
        if let last = call.arguments["Last-Event-ID"]?.string.flatMap({ Int64($0) }) {
            start = Position(last)
        } else if let after = call.integer("after") {
            start = Position(after)
        } else {
            start = try await store.head()
        }
        let feed = EventFeed(
            store: store, start: start,
            streams: stream.map { .named([$0]) } ?? category.map { .categories([$0]) } ?? .all,
            heartbeat: configuration.heartbeat,
            metrics: metrics, logger: call.logger)
        return Reply(content: .stream(type: "text/event-stream", feed.body))
    }
}

extension Parameter {
    static let streamPattern = "^[a-z]{1,40}-[A-Za-z0-9._:@|-]{1,260}$"

    static let stream = Parameter(
        "stream", .path, "Category and id.",
        ["type": "string", "pattern": .string(streamPattern), "examples": ["deployment-acme-shop-production"]])

    fileprivate static let versionCursor = Parameter(
        "cursor", .query, "Where the last page ended: its `nextCursor`. The first page without.",
        ["type": "string", "pattern": "^[1-9][0-9]{0,8}$"])
}
