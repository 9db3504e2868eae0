import Application
import Domain
import EventSourcing
import HTTPTypes

/// What people ask across deployments: what waits for them, where the time goes, what exists, what happened, who runs what.
extension Backend {
    var questions: [Operation] {
        [
            .list(
                "listApprovalsWaiting", "/api/v1/approvals", .templates, "List what waits for approval",
                "The longest waiting first. `decidableBy` leaves out what that person asked for, who may not decide it.",
                schema: "ApprovalPage", parameters: Parameter.filters(of: .approvalsWaiting)
            ) { try await page(.approvalsWaiting, $0) },
            .list(
                "listStepDurations", "/api/v1/step-durations", .deployments, "Show where the time goes",
                """
                Percentiles of what succeeded, by step, cluster, template and version; the step `release` is all of it, from \
                request to live. `by` says what to keep apart: `cluster`, `template`, `templateVersion`, with commas; `step` \
                alone keeps nothing else apart.
                """, schema: "StepDurationPage", parameters: Parameter.filters(of: .stepDurations)
            ) { try await page(.stepDurations, $0) },
            .list(
                "listResources", "/api/v1/resources", .deployments, "List what exists outside, and what was taken away",
                "Access points, buckets, names, commits and applications: who made them, with which release.",
                schema: "ResourcePage", parameters: Parameter.filters(of: .resourceInventory)
            ) { try await page(.resourceInventory, $0) },
            .list(
                "listCustomerHistory", "/api/v1/customers/{customer}/history", .customers, "Tell a customer's story",
                "Its milestones, oldest first.", schema: "MilestonePage",
                parameters: [.customer] + Parameter.filters(of: .customerHistory, except: ["customer"])
            ) { call in
                try await page(.customerHistory, call, fixed: ["customer": try call.required("customer")])
            },
            .list(
                "listTemplateUsage", "/api/v1/template-usage", .templates, "Show who runs which version",
                "A row per version, with the deployments that run it, or are about to.", schema: "TemplateUsagePage",
                parameters: Parameter.filters(of: .templateUsage)
            ) { try await page(.templateUsage, $0) },
        ]
    }

    /// Stories with the state after each event, for auditors.
    var replays: [Operation] {
        [
            replay(
                "replayStream", "/api/v1/streams/{stream}/replay", "Replay the history of one thing", .stream
            ) { call in
                let text = try call.required("stream")
                guard let stream = StreamName(text) else { throw Problem.missing("stream", text) }
                return .stream(stream)
            },
            replay(
                "replayCustomer", "/api/v1/customers/{customer}/replay", "Replay all of a customer's", .customer
            ) { call in .customer(try call.id("customer", of: Customer.self)) },
        ]
    }

    private func replay(
        _ id: String, _ path: PathTemplate, _ summary: String, _ parameter: Parameter,
        _ subject: @escaping @Sendable (Call) throws -> ReplaySubject
    ) -> Operation {
        Operation(
            id: id, method: .get, path: path, tag: .events, summary: summary,
            description: "Each event with the state after it and what it changed, forward or backward, up to a moment.",
            role: .viewer,
            parameters: [
                parameter,
                Parameter(
                    "direction", .query, "Which end comes first.",
                    ["type": "string", "enum": ["forward", "backward"], "default": "forward"]),
                Parameter(
                    "cursor", .query, "Where the last page ended: its `nextCursor`. The first page without.",
                    ["type": "string", "pattern": "^[1-9][0-9]{0,17}$"]), .limit, .asOf,
            ],
            answer: .init(success: .done, description: "A page.", content: .json(schema: "ReplayPage")),
            problems: [.notFound]
        ) { call in
            let direction = call.arguments["direction"]?.string.flatMap { ReplayDirection(rawValue: $0) } ?? .forward
            let after = call.arguments["cursor"]?.string.flatMap { Int64($0) }.map { Position($0) }
            let page = try await replaying.page(
                try subject(call), direction, after: after, limit: Int(call.integer("limit") ?? 50),
                asOf: try call.moment())
            return .json(members: [
                ("items", .texts(try page.entries.map { try JSONText.encode($0) })),
                ("nextCursor", .value(page.next.map { .string($0.description) } ?? .null)),
            ])
        }
    }
}
