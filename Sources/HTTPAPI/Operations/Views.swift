import Application
import EventSourcing
import HTTPTypes
import Hummingbird
import ServiceLifecycle

extension Backend {
    private static let view = Parameter(
        "view", .path, "The view's name.",
        ["type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$", "examples": ["deployment_status"]])
    private static let hold = Parameter(
        "hold", .query, "Build it, but wait for `swap`.", ["type": "boolean", "default": false])
    private static let rate = Parameter(
        "eventsPerSecond", .query, "Leave the database to others: at most so many events a second.",
        ["type": "integer", "format": "int64", "minimum": 1])

    var views: [Operation] {
        [
            Operation(
                id: "listViews", method: .get, path: "/api/v1/projections", tag: .views,
                summary: "Show how views are doing",
                description: "", role: .admin,
                answer: .init(success: .done, description: "All views.", content: .json(schema: "ViewStatusList"))
            ) { _ in .json(["items": .array(try await projections.list().map(\.json))]) },
            administration(
                "rebuildView", "rebuild", "Build a view anew", schema: "ViewStatus",
                """
                From the definition on disk, beside the view that is served; then both are swapped. Answers when that is done; \
                a request that is broken off leaves a rebuild that the next one takes further.
                """, parameters: [Self.hold, Self.rate]
            ) { view, call in
                let isHeld = call.arguments["hold"] == .bool(true)
                let options = RebuildOptions(eventsPerSecondMax: call.integer("eventsPerSecond"), hold: isHeld)
                return try await projections.rebuild(view, options).json
            },
            administration(
                "swapView", "swap", "Serve what a held rebuild made", schema: "ViewStatus", "It catches up first."
            ) { view, _ in try await projections.swap(view).json },
            administration(
                "bringViewBack", "back", "Bring the previous generation of a view back", schema: "ViewStatus",
                "It catches up first."
            ) { view, _ in try await projections.back(view).json },
            administration(
                "dropOldView", "drop-old", "Drop what is not served of a view", schema: "DroppedGenerations",
                "The way back and an unfinished rebuild included."
            ) { view, _ in ["dropped": .integer(Int64(try await projections.dropOld(view)))] },
            administration(
                "retryView", "retry", "Let a view that stands still try again", schema: "ViewStatus",
                "Mend its definition, or its rows, first."
            ) { view, _ in try await projections.retry(view).json },
            administration(
                "verifyView", "verify", "Compare a view with the log", schema: "Verification",
                "Folds the whole log once more and compares every row."
            ) { view, _ in try await projections.verify(view).json },
            Operation(
                id: "followRebuild", method: .get, path: "/api/v1/projections/{view}/rebuild/progress", tag: .views,
                summary: "Follow a rebuild",
                description:
                    "Server-sent events `progress` with a RebuildProgress each, until it is over; at once if there is none.",
                role: .admin, parameters: [Self.view],
                answer: .init(
                    success: .done, description: "The stream.",
                    content: .eventStream("Server-sent events `progress`, whose `data` is a RebuildProgress.")),
                problems: [.notFound], handle: followRebuild),
        ]
    }

    private func administration(
        _ id: String, _ verb: String, _ summary: String, schema: String, _ description: String,
        parameters: [Parameter] = [], _ work: @escaping @Sendable (String, Call) async throws -> JSONValue
    ) -> Operation {
        Operation(
            id: id, method: .post, path: PathTemplate(stringLiteral: "/api/v1/projections/{view}/\(verb)"), tag: .views,
            summary: summary, description: description, role: .admin, parameters: [Self.view] + parameters,
            answer: .init(success: .done, description: "How the view is now.", content: .json(schema: schema)),
            problems: [.notFound, .conflict]
        ) { call in .json(try await work(try call.required("view"), call)) }
    }

    @Sendable private func followRebuild(_ call: Call) async throws -> Reply {
        let view = try call.required("view")
        let known = try await projections.list().map(\.view)
        guard known.contains(view) else { throw ProjectionError.unknownView(view, known: known) }
        let progress = projections.progress(of: view)
        return Reply(
            content: .stream(
                type: "text/event-stream",
                ResponseBody { writer in
                    for try await step in progress.cancelOnGracefulShutdown() {
                        try await writer.write(
                            ByteBuffer(string: "event: progress\ndata: \(try JSONText.encode(step))\n\n"))
                    }
                    try await writer.finish(nil)
                }))
    }
}
