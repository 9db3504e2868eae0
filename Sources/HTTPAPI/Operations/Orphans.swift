import Application
import Domain
import EventSourcing
import HTTPTypes

extension Backend {
    private static let orphan = Parameter(
        "orphan", .path, "Its id in the list of orphans: `<kind>:<name>`.",
        [
            "type": "string", "pattern": "^(access_point|bucket|name|folder|application):[A-Za-z0-9._-]{1,255}$",
            "examples": ["access_point:fsap-0123456789abcdef0"],
        ])

    /// What is outside and wanted by nobody, for administrators.
    func orphanage(_ orphans: Orphans) -> [Operation] {
        [
            Operation(
                id: "listOrphans", method: .get, path: "/api/v1/orphans", tag: .operations,
                summary: "Compare what the events say with what AWS, GitHub and Argo CD have",
                description: """
                    Tells what bears our marks and is wanted by no deployment, and what is on record and not there. What a deployment \
                    is making or removing at the moment is neither. Asks every system, so it takes seconds.
                    """,
                role: .admin,
                answer: .init(
                    success: .done, description: "The report.", content: .json(schema: "OrphanReport"),
                    headers: [.position])
            ) { _ in
                let report = try await orphans.report()
                var reply = try Reply.json(encoding: report)
                reply.position = report.position
                return reply
            },
            Operation(
                id: "removeOrphan", method: .post, path: "/api/v1/orphans/{orphan}/remove", tag: .operations,
                summary: "Remove an orphan",
                description: """
                    Only what is still an orphan now and bears our marks. The wish is on record before anything is touched, and so is \
                    the proof of absence after it. What may hold customers' data is only removed `withData`; a bucket that holds \
                    objects has to be emptied first all the same. While `state` is `removing`, ask again.
                    """,
                role: .admin, parameters: [Self.orphan, .idempotencyKey],
                body: .init(schema: "OrphanRemoval", example: ["reason": "left behind by release 3"]),
                answer: .init(
                    success: .done, description: "What became of it.", content: .json(schema: "OrphanRemovalState"),
                    headers: [.position]),
                problems: [.notFound, .conflict]
            ) { call in
                let outcome = try await orphans.remove(
                    ID(try call.required("orphan")), withData: call.body["withData"]?.bool ?? false,
                    reason: try call.text("reason"), try call.context())
                return .removal(outcome)
            },
            .command(
                "adoptOrphan", .post, "/api/v1/orphans/{orphan}/adopt", .operations, "Adopt an orphan",
                """
                Puts it on record with the deployment that it names: the next release uses it, and a decommission that removes data \
                removes it. Refused where that deployment has another one, or could not use it.
                """, role: .admin, parameters: [Self.orphan], body: .reason("the files are still needed")
            ) { call in
                .receipt(
                    try await orphans.adopt(
                        ID(try call.required("orphan")), reason: try call.text("reason"), try call.context()))
            },
        ]
    }
}

extension Reply {
    fileprivate static func removal(_ outcome: OrphanRemoval) -> Reply {
        let (state, evidence, observation, receipt): (String, JSONValue, JSONValue, CommandReceipt) =
            switch outcome {
            case .removed(let evidence, let receipt): ("removed", .string(evidence), .null, receipt)
            case .removing(let observation, let receipt): ("removing", .null, .string(observation), receipt)
            }
        let body: JSONValue = [
            "id": .string(receipt.stream.id), "state": .string(state), "evidence": evidence, "observation": observation,
            "position": .integer(receipt.position.rawValue),
        ]
        return Reply(content: .json(JSONWriter.write(body)), position: receipt.position)
    }
}
