import Application
import EventSourcing
import HTTPTypes

extension Backend {
    /// What those who run DeployCenter ask it.
    var running: [Operation] {
        [
            Operation(
                id: "getHealth", method: .get, path: "/healthz", tag: .operations,
                summary: "Tell whether the process lives",
                description: "Asks nobody else.", role: nil,
                answer: .init(success: .done, description: "It does.", content: .json(schema: "Health"))
            ) { _ in .json(["status": "ok"]) },
            Operation(
                id: "getReadiness", method: .get, path: "/readyz", tag: .operations,
                summary: "Tell whether requests can be served",
                description: """
                    The log has to be reachable. A subscription that stands still, a view that is not served yet or an alarm of \
                    the notary only makes the answer `degraded`.
                    """,
                role: nil, answer: .init(success: .done, description: "They can.", content: .json(schema: "Readiness")),
                problems: [.unavailable], handle: readiness),
            Operation(
                id: "getMetrics", method: .get, path: "/metrics", tag: .operations,
                summary: "Show metrics for Prometheus",
                description: """
                    Of this process, and of what follows the log, whoever follows it: `deploycenter_subscription_…`, \
                    `deploycenter_log_…`, `deploycenter_view_…`; and of the outside systems, `deploycenter_circuit_…`.
                    """, role: .viewer,
                answer: .init(success: .done, description: "The metrics.", content: .metrics)
            ) { _ in
                let bytes = metrics.exposition() + (await followerMetrics())
                return .init(content: .bytes(bytes, type: "text/plain; version=0.0.4; charset=utf-8"))
            },
            Operation(
                id: "getOpenAPI", method: .get, path: "/openapi.json", tag: .operations, summary: "Show this document",
                description: "", role: .viewer,
                answer: .init(success: .done, description: "The document.", content: .openAPI)
            ) { call in .init(content: .json(call.catalogue.documentBytes)) },
            Operation(
                id: "getCaller", method: .get, path: "/api/v1/me", tag: .operations, summary: "Show who you are here",
                description: "", role: .viewer,
                answer: .init(success: .done, description: "You.", content: .json(schema: "Caller"))
            ) { call in .json(try call.caller()) },
        ]
    }

    /// How long the log may take to answer a probe.
    private static let probeTimeout = Duration.seconds(3)

    @Sendable private func readiness(_ call: Call) async throws -> Reply {
        let standing = try await standing()
        // Health is open to everyone: where something stands still, but what went wrong inside it is for administrators.
        let followers: [JSONValue] = standing.followers.map { follower in
            var members: [String: JSONValue] = [
                "name": .string(follower.name), "state": .string(follower.state.rawValue),
                "lag": .integer(follower.lag),
            ]
            members["failedAt"] = follower.failedAt.map { .integer($0.rawValue) }
            return .object(members)
        }
        return .json([
            "status": standing.isWell ? "ready" : "degraded", "position": .integer(standing.head.rawValue),
            "subscriptions": .array(followers), "signed": .integer(standing.notary.treeSize),
            "alarm": .bool(standing.notary.alarm != nil), "parkedStreams": .integer(Int64(standing.parked)),
            "heldCircuits": .array(standing.circuits.filter { !$0.isPassing }.map { .string($0.circuit) }),
        ])
    }

    /// How the log and all that follows it are; throws if the database does not say so in time.
    func standing() async throws -> Standing {
        try await within(Self.probeTimeout) {
            Standing(
                head: try await store.head(), subscriptions: try await subscriptions.subscriptions(),
                views: try await queries.projectionStatuses(), notary: try await auditLog.status(),
                circuits: try await effectOperations.systems(), parked: try await effectOperations.parked().count)
        }
    }

    private func within<Value: Sendable>(
        _ limit: Duration, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await work() }
            group.addTask {
                try await ContinuousClock().sleep(for: limit)
                throw Problem.unavailable(reason: "the database did not answer within \(limit)")
            }
            guard let first = try await group.next() else { throw CancellationError() }
            return first
        }
    }
}

extension Call {
    fileprivate func caller() throws(Problem) -> JSONValue {
        guard let principal else { throw .unexpected(reason: "no principal") }
        var members: [String: JSONValue] = [
            "subject": .string(principal.subject), "username": .string(principal.username),
            "roles": .array(principal.roles.sorted().map { .string($0.rawValue) }),
        ]
        members["displayName"] = principal.displayName.map { .string($0) }
        return .object(members)
    }
}
