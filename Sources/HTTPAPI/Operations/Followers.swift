import Application
import EventSourcing
import HTTPTypes

extension Backend {
    /// What follows the log, for administrators.
    var followers: [Operation] {
        [
            Operation(
                id: "listSubscriptions", method: .get, path: "/api/v1/subscriptions", tag: .views,
                summary: "Show what follows the log",
                description: "Views and process managers, and what stops one of them.",
                role: .admin,
                answer: .init(success: .done, description: "All of them.", content: .json(schema: "SubscriptionList"))
            ) { _ in try .json(encoding: ["items": try await subscriptions.subscriptions()]) },
            Operation(
                id: "retrySubscription", method: .post, path: "/api/v1/subscriptions/{subscription}/retry", tag: .views,
                summary: "Let a subscription that stands still try again",
                description: "Once what stopped it is mended; nothing is ever skipped.", role: .admin,
                parameters: [
                    Parameter(
                        "subscription", .path, "Its name.",
                        ["type": "string", "pattern": "^(projection|process):[a-z0-9_]{1,63}$"])
                ],
                answer: .init(
                    success: .done, description: "All of them now.", content: .json(schema: "SubscriptionList")),
                problems: [.notFound, .conflict]
            ) { call in
                try await subscriptions.retry(try call.required("subscription"))
                return try .json(encoding: ["items": try await subscriptions.subscriptions()])
            },
        ]
    }

    /// Why a row is what it is.
    var explanations: [Operation] {
        [
            Operation(
                id: "explainRow", method: .get, path: "/api/v1/explanations", tag: .views,
                summary: "Tell which events made a row, and what each changed",
                description: "For the row `explain=<view>/<key>` of any view, now or as of a moment.", role: .viewer,
                parameters: [
                    Parameter(
                        "explain", .query, "The view and the row's key.",
                        [
                            "type": "string", "pattern": "^[a-z_]+/.+$", "maxLength": 500,
                            "examples": ["deployment_status/acme-shop-production"],
                        ]), .after, .asOf,
                ],
                answer: .init(
                    success: .done, description: "The row and what made it.", content: .json(schema: "Explanation"),
                    headers: [.position]),
                problems: [.notFound], handle: explain)
        ]
    }

    @Sendable private func explain(_ call: Call) async throws -> Reply {
        let text = call.arguments["explain"]?.string ?? ""
        let parts = text.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, let view = QueryView(rawValue: parts[0]) else {
            let views = QueryView.allCases.map(\.rawValue).joined(separator: ", ")
            throw Problem.invalid([FieldError(.query, "/explain", "give <view>/<key>; the views are \(views)")])
        }
        try await catchUp(view, call)
        let explanation = try await queries.explain(view, key: parts[1], asOf: try call.moment())
        guard !explanation.steps.isEmpty else { throw Problem.missing("row", text) }
        var reply = try Reply.json(encoding: explanation)
        reply.position = explanation.position
        return reply
    }
}
