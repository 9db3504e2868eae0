import Application
import EventSourcing
import HTTPTypes

/// The audit trail as a transparency log, in the paths of C2SP tlog-tiles below `/api/v1/log`.
extension Backend {
    private static let hashes = Operation.Answer.Content.bytes(
        type: "application/octet-stream", "Bytes of C2SP tlog-tiles.")
    private static let note = Operation.Answer.Content.bytes(
        type: "text/plain", "A signed note of C2SP tlog-checkpoint.")
    private static let jsonLines = Operation.Answer.Content.bytes(
        type: "application/jsonl", "A line of JSON for the checkpoint, then one for each event; see “Verify the log”.")
    private static let treeSize = Parameter(
        "treeSize", .query, "The size of the tree; the latest checkpoint's without.",
        ["type": "integer", "format": "int64", "minimum": 1])

    private static func size(_ name: String, _ description: String) -> Parameter {
        Parameter(name, .query, description, ["type": "integer", "format": "int64", "minimum": 1])
    }

    var evidence: [Operation] {
        [
            reading(
                "getCheckpoint", "/api/v1/log/checkpoint", "Show the latest signed checkpoint",
                "How many events the log has, and the root over all of them.", Self.note
            ) { _ in
                guard let checkpoint = try await auditLog.latestCheckpoint() else { throw AuditError.notSigned }
                return .text(checkpoint.note)
            },
            reading(
                "listCheckpoints", "/api/v1/log/checkpoints", "List signed checkpoints",
                "By size, from `afterSize` on.",
                .json(schema: "CheckpointList"), parameters: [Self.size("afterSize", "Only larger trees."), .limit]
            ) { call in
                let found = try await auditLog.checkpoints(
                    after: call.integer("afterSize") ?? 0, limit: Int(call.integer("limit") ?? 50))
                return try .json(encoding: ["items": found])
            },
            reading(
                "getTile", "/api/v1/log/tile/{tile}", "Read a tile of the tree, or a bundle of entries",
                """
                `<level>/<index>` or `entries/<index>`, the index in groups of three digits (`x001/067`), with `.p/<width>` for a \
                tile that is not full. What was once answered never changes.
                """, Self.hashes,
                parameters: [
                    Parameter(
                        "tile", .path, "The rest of the path: level or `entries`, then the index.",
                        [
                            "type": "string", "pattern": .string(TileName.pattern),
                            "examples": ["0/x001/067", "entries/000.p/12"],
                        ])
                ], handle: tile),
            reading(
                "proveInclusion", "/api/v1/log/inclusion/{position}", "Prove that an event is in the log",
                "The hashes from the event to the root (RFC 9162, 2.1.3).", .json(schema: "InclusionProof"),
                parameters: [
                    Parameter("position", .path, "The event's position.", ["type": "integer", "minimum": 1]),
                    Self.treeSize,
                ]
            ) { call in
                try .json(
                    encoding: try await auditLog.inclusionProof(
                        of: Position(call.integer("position") ?? 0), treeSize: call.integer("treeSize")))
            },
            reading(
                "proveConsistency", "/api/v1/log/consistency", "Prove that the log only grew",
                "That the tree of `to` events begins with the tree of `from` events (RFC 9162, 2.1.4).",
                .json(schema: "ConsistencyProof"),
                parameters: [
                    Self.size("from", "The size of the earlier tree."),
                    Self.size("to", "The size of the later one; the latest checkpoint's without."),
                ]
            ) { call in
                guard let from = call.integer("from") else {
                    throw Problem.invalid([FieldError(.query, "/from", "is missing; give the size of the earlier tree")]
                    )
                }
                let to = call.integer("to")
                if let to, to < from {
                    throw Problem.invalid([
                        FieldError(.query, "/from", "is \(from), and to only \(to): the earlier tree is the smaller")
                    ])
                }
                return try .json(encoding: try await auditLog.consistencyProof(from: from, to: to))
            },
            reading(
                "listLogKeys", "/api/v1/log/keys", "Show the log's public keys",
                "Each as `name+hash+key`: checkpoints are signed with one of them.", .json(schema: "LogKeys")
            ) { _ in .json(["keys": .array(auditLog.verifierKeys.map { .string($0) })]) },
            reading(
                "getLogStatus", "/api/v1/log/status", "Show how far the notary is", "", .json(schema: "LogStatus")
            ) { _ in try .json(encoding: try await auditLog.status()) },
            reading(
                "exportEvidence", "/api/v1/log/bundle", "Take evidence along",
                """
                Events with proofs and the checkpoint that they lead to: of a deployment, of a customer, or from a position to \
                another. `deploycenter audit check` checks it offline.
                """, Self.jsonLines,
                parameters: [
                    Parameter("deployment", .query, "The deployment's id.", Parameter.deployment.schema),
                    Parameter("customer", .query, "The customer's id.", Parameter.customer.schema),
                    Self.size("from", "The first position."), Self.size("to", "The last position."),
                ], handle: bundle),
        ]
    }

    private func reading(
        _ id: String, _ path: PathTemplate, _ summary: String, _ description: String,
        _ content: Operation.Answer.Content,
        parameters: [Parameter] = [], handle: @escaping @Sendable (Call) async throws -> Reply
    ) -> Operation {
        Operation(
            id: id, method: .get, path: path, tag: .audit, summary: summary, description: description, role: .viewer,
            parameters: parameters, answer: .init(success: .done, description: "It.", content: content),
            problems: [.notFound, .conflict, .unavailable], handle: handle)
    }

    @Sendable private func tile(_ call: Call) async throws -> Reply {
        let path = try call.required("tile")
        guard let name = TileName(path) else { throw Problem.missing("tile", path) }
        let bytes =
            switch name.level {
            case nil: try await auditLog.entryBundle(index: name.index, width: name.width)
            case let level?: try await auditLog.tile(level: level, index: name.index, width: name.width)
            }
        guard let bytes else { throw Problem.missing("tile", path) }
        var reply = Reply(content: .bytes(bytes, type: "application/octet-stream"))
        reply.isImmutable = true
        return reply
    }

    @Sendable private func bundle(_ call: Call) async throws -> Reply {
        let (deployment, customer) = (call.arguments["deployment"]?.string, call.arguments["customer"]?.string)
        let selection: AuditSelection
        switch (deployment, customer, call.integer("from"), call.integer("to")) {
        case (let deployment?, nil, nil, nil): selection = .deployment(deployment)
        case (nil, let customer?, nil, nil): selection = .customer(customer)
        case (nil, nil, let from?, let to?) where from <= to: selection = .positions(from...to)
        default:
            throw Problem.invalid([
                FieldError(.query, "", "give one of deployment, customer, or from and to, the first not after the last")
            ])
        }
        return Reply(content: .bytes(try await auditLog.bundle(of: selection), type: "application/jsonl"))
    }
}

extension Reply {
    fileprivate static func text(_ text: String) -> Reply {
        Reply(content: .bytes(Array(text.utf8), type: "text/plain; charset=utf-8"))
    }
}
