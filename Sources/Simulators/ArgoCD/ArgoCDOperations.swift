import EventSourcing

// Syncs: one at a time for an application.
extension ArgoCDVendor {
    func sync(_ name: String, _ body: JSONValue, _ user: String) async throws -> Answer {
        let application = try await find(name, body["project"]?.string)
        let asked = body["revision"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        let revision = asked ?? application.targetRevision
        if application.isAutomated, let asked, asked != application.targetRevision, body["dryRun"]?.bool != true {
            throw ArgoCDRefusal.failedPrecondition(
                "Cannot sync to \(asked): auto-sync currently set to \(application.targetRevision)")
        }
        let request: JSONValue = [
            "sync": [
                "revision": .string(revision), "prune": body["prune"] ?? .null, "dryRun": body["dryRun"] ?? .null,
                "syncStrategy": body["strategy"] ?? ["hook": [:]], "resources": body["resources"] ?? .null,
                "syncOptions": body["syncOptions"]?["items"] ?? .null,
            ],
            "initiatedBy": ["username": .string(user)], "info": body["infos"] ?? .null,
            "retry": body["retryStrategy"] ?? [:],
        ]
        return try await start(application, request, revision: revision)
    }

    func rollBack(_ name: String, _ body: JSONValue, _ user: String) async throws -> Answer {
        let application = try await find(name, body["project"]?.string)
        guard !application.isAutomated else {
            throw ArgoCDRefusal.failedPrecondition("rollback cannot be initiated when auto-sync is enabled")
        }
        // Ids are int64, which proto3 JSON may write as a string.
        let id = body["id"]?.integer ?? body["id"]?.string.flatMap(Int64.init) ?? 0
        guard let deployed = application.history.first(where: { Int64($0.id) == id }) else {
            throw ArgoCDRefusal.invalidArgument("application \(name) does not have deployment with id \(id)")
        }
        let request: JSONValue = [
            "sync": ["revision": .string(deployed.revision), "prune": body["prune"] ?? .null],
            "initiatedBy": ["username": .string(user)],
        ]
        return try await start(application, request, revision: deployed.revision)
    }

    private func start(_ application: ArgoCDApplication, _ request: JSONValue, revision: String) async throws -> Answer
    {
        guard application.deletingSince == nil else {
            throw ArgoCDRefusal.failedPrecondition("application is deleting")
        }
        guard await settled().allowsSync(of: application, at: clock()) else { throw ArgoCDRefusal.outsideSyncWindow }
        let isFullSHA = revision.count == 40 && revision.allSatisfy(\.isHexDigit)
        // A full SHA is taken at its word; the operation then fails where the repository has no such commit.
        if !isFullSHA, try await renderer.resolve(revision) == nil {
            throw ArgoCDRefusal.failedPrecondition("Unable to resolve '\(revision)' to a commit SHA")
        }
        let rendering = try await renderer.render(application.spec, revision: revision)
        // A controller that starts to sync compares with the target as it is now.
        let isTarget = revision == application.targetRevision
        let target = isTarget ? rendering : try await renderer.render(application.spec)
        let now = clock()
        let operation = ArgoCDApplication.Operation(
            startedAt: now, request: compacted(request), rendering: rendering)
        let started = await world.change { state -> ArgoCDApplication? in
            guard var next = state.applications[application.name], !next.isOperating else { return nil }
            next.operation = operation
            next.target = target
            next.reconciledAt = now
            state.put(next)
            return next
        }
        guard let started else { throw ArgoCDRefusal.failedPrecondition("another operation is already in progress") }
        // Argo CD answers before its controller has picked the operation up.
        return .json(
            200, started.document(at: now, pace: pace).merging(["operation": operation.request]))
    }

    private func compacted(_ request: JSONValue) -> JSONValue {
        .object((request.compact.object ?? [:]).mapValues { $0.object == nil ? $0 : $0.compact })
    }

    func terminate(_ name: String, _ call: Call) async throws -> Answer {
        _ = try await find(name, call.parameter("project"))
        let now = clock()
        let terminated = await world.change { state in
            guard var next = state.applications[name], next.isOperating else { return false }
            next.operation?.phase = "Failed"
            next.operation?.message = "Operation terminated"
            next.operation?.finishedAt = now
            state.put(next)
            return true
        }
        guard terminated else {
            throw ArgoCDRefusal.failedPrecondition("Unable to terminate operation. No operation is in progress")
        }
        return .json(200, [:])
    }
}
