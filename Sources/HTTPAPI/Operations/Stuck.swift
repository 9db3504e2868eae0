import Application
import EventSourcing
import HTTPTypes
import Metrics

/// What does not get on, and what can be done about it.
extension Backend {
    var stuck: [Operation] {
        [
            Operation(
                id: "listStuck", method: .get, path: "/api/v1/stuck", tag: .operations,
                summary: "List the deployments that do not get on",
                description: """
                    Each with the one sentence that explains it: a step that takes longer than it did, a system that does not answer, \
                    a removal that failed, a release that waits for somebody. The longest first. Also \
                    `deploycenter_stuck_deployments` among the metrics, by kind.
                    """, role: .viewer,
                answer: .init(success: .done, description: "What is stuck now.", content: .json(schema: "StuckList"))
            ) { _ in try .json(encoding: ["items": try await watchdog.report()]) }
        ]
    }

    /// A deployment with what remains of it, who knows about that, and what can be done now.
    func withAdvice(_ reply: Reply) throws -> Reply {
        guard case .json(let bytes) = reply.content,
            case .object(var members) = try JSONReader.read(bytes)
        else { return reply }
        let standing = try JSONText.decode(DeploymentStanding.self, from: String(decoding: bytes, as: UTF8.self))
        members["remains"] = try Self.json(standing.remainders(watchdog.owners))
        members["actions"] = try Self.json(standing.actions)
        return Reply(
            content: .json(JSONWriter.write(.object(members))), version: reply.version, position: reply.position)
    }

    private static func json(_ value: some Encodable) throws -> JSONValue {
        try JSONReader.read(Array(try JSONText.encode(value).utf8))
    }

    /// How many are stuck, by kind; nothing while the views that tell it are not built.
    func recordStuck(_ record: (String, Int, [(String, String)]) -> Void) async {
        // A metric that cannot be had is left out: the others matter more.
        guard let found = try? await watchdog.report() else { return }
        for kind in StuckDeployment.Kind.allCases {
            record("stuck.deployments", found.count { $0.kind == kind }, [("kind", kind.rawValue)])
        }
    }
}
