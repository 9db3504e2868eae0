import Cryptography
import EventSourcing

// What the API does with applications.
extension ArgoCDVendor {
    /// Without a project, a missing application is indistinguishable from a forbidden one.
    func find(_ name: String, _ project: String?) async throws(ArgoCDRefusal) -> ArgoCDApplication {
        guard let application = await settled().applications[name] else {
            throw project == nil ? .permissionDenied : .notFound("applications.argoproj.io \"\(name)\" not found")
        }
        if let project, !project.isEmpty, project != application.project {
            throw .notFound("applications.argoproj.io \"\(name)\" not found")
        }
        return application
    }

    private func answer(_ application: ArgoCDApplication) -> Answer {
        .json(200, application.document(at: clock(), pace: pace))
    }

    func list(_ call: Call) async throws -> Answer {
        await reconcileStale()
        return .json(
            200,
            [
                "metadata": ["resourceVersion": "\(await settled().version)"],
                "items": .array(
                    await selected(call).map {
                        Self.chosen(call.parameter("fields"), of: $0.document(at: clock(), pace: pace))
                    }),
            ])
    }

    /// The fields of a list that Argo CD v3.5.1 knows (`forwarder_overwrite.go`); it gives nothing for another name.
    private static let listFields = [
        "metadata.name", "metadata.namespace", "metadata.annotations", "metadata.labels",
        "metadata.creationTimestamp", "metadata.deletionTimestamp", "spec", "status.sourceHydrator",
        "status.sync.status", "status.health", "status.summary", "status.operationState.startedAt",
        "status.operationState.finishedAt", "status.resources", "operation.sync", "status.operationState.phase",
        "status.operationState.operation.sync",
    ]

    private static func chosen(_ fields: String?, of document: JSONValue) -> JSONValue {
        guard let fields, !fields.isEmpty else { return document }
        let excludes = fields.hasPrefix("-")
        let named = Set(fields.dropFirst(excludes ? 1 : 0).split(separator: ",").map(String.init))
        return listFields.filter { named.contains("items.\($0)") != excludes }.reduce([:]) { chosen, field in
            let path = field.split(separator: ".").map(String.init)
            guard let value = path.reduce(document, { $0?[$1] }) else { return chosen }
            return chosen.setting(path[...], to: value)
        }
    }

    /// By project, repository and labels of the form `key=value,key2=value2`.
    func selected(_ call: Call) async -> [ArgoCDApplication] {
        let projects = call.queryItems.filter { ["projects", "project"].contains($0.name) }.map(\.value)
        let labels = (call.parameter("selector") ?? "").split(separator: ",").map {
            $0.split(separator: "=", omittingEmptySubsequences: true).map(String.init)
        }
        return await settled().applications.values.sorted { $0.name < $1.name }.filter { application in
            (projects.isEmpty || projects.contains(application.project))
                && (call.parameter("name") ?? application.name) == application.name
                && (call.parameter("repo") ?? "").isEmpty
                || application.spec["source"]?["repoURL"]?.string == call.parameter("repo")
        }.filter { application in
            labels.allSatisfy { $0.count != 2 || application.labels[$0[0]]?.string == $0[1] }
        }
    }

    func get(_ name: String, _ call: Call) async throws -> Answer {
        let application = try await find(name, call.parameter("project"))
        if ["normal", "hard"].contains(call.parameter("refresh")) {
            try await refresh(application)
        } else {
            await reconcileStale()
        }
        return answer(try await find(name, call.parameter("project")))
    }

    // Creation and change

    func create(_ call: Call) async throws -> Answer {
        guard let body = call.json, let name = body["metadata"]?["name"]?.string, !name.isEmpty,
            let spec = body["spec"]
        else { throw ArgoCDRefusal.invalidArgument("application name and spec are required") }
        if let existing = await settled().applications[name] {
            guard differs(existing, body) else { return answer(existing) }
            guard call.parameter("upsert") == "true" else {
                throw ArgoCDRefusal.invalidArgument(
                    "existing application spec is different, use upsert flag to force update")
            }
            return try await update(name, body, spec: spec, call)
        }
        let rendering = try await validated(name, spec, call)
        let now = clock()
        let metadata = body["metadata"] ?? [:]
        let application = ArgoCDApplication(
            name: name, uid: uuid(), createdAt: now, labels: metadata["labels"] ?? [:],
            annotations: metadata["annotations"] ?? [:], finalizers: strings(metadata["finalizers"]), spec: spec,
            target: rendering, reconciledAt: now)
        await world.change { state in
            // Of two requests at once, the first made it.
            if state.applications[name] == nil { state.put(application) }
        }
        try await synchronizeByItself(name)
        return answer(try await find(name, nil))
    }

    private func differs(_ application: ArgoCDApplication, _ body: JSONValue) -> Bool {
        let metadata = body["metadata"] ?? [:]
        return application.spec != body["spec"] || application.labels != metadata["labels"] ?? [:]
            || application.annotations != metadata["annotations"] ?? [:]
            || application.finalizers != strings(metadata["finalizers"])
    }

    private func strings(_ value: JSONValue?) -> [String] { (value?.array ?? []).compactMap(\.string) }

    /// Renders the source, and refuses what Argo CD refuses unless `validate=false`.
    private func validated(_ name: String, _ spec: JSONValue, _ call: Call) async throws -> ArgoCDRendering {
        func invalid(_ reason: String) -> ArgoCDRefusal {
            .invalidArgument("application spec for \(name) is invalid: InvalidSpecError: \(reason)")
        }
        let project = spec["project"]?.string ?? "default"
        guard configuration.projects.contains(project) else {
            throw ArgoCDRefusal.invalidArgument(
                "app is not allowed in project \"\(project)\", or the project does not exist")
        }
        let rendering = try await renderer.render(spec)
        guard call.parameter("validate") != "false" else { return rendering }
        let destination = spec["destination"] ?? [:]
        let isKnown = configuration.clusters.contains { cluster, server in
            destination["name"]?.string == cluster || destination["server"]?.string == server
        }
        guard isKnown else {
            let asked = destination["name"]?.string ?? destination["server"]?.string ?? ""
            throw invalid("there are no clusters with this name: \(asked)")
        }
        if let problem = rendering.problem {
            let path = spec["source"]?["path"]?.string ?? ""
            throw invalid("Unable to generate manifests in \(path): rpc error: code = Unknown desc = \(problem)")
        }
        return rendering
    }

    func update(_ name: String, _ body: JSONValue?, spec: JSONValue?, _ call: Call) async throws -> Answer {
        let existing = try await find(name, call.parameter("project") ?? body?["spec"]?["project"]?.string)
        guard let spec else { throw ArgoCDRefusal.invalidArgument("spec is required") }
        let rendering = try await validated(name, spec, call)
        let metadata = body?["metadata"]
        let finalizers = metadata.map { strings($0["finalizers"]) }
        let now = clock()
        await world.change { state in
            guard var next = state.applications[name], next.uid == existing.uid else { return }
            if next.spec != spec { next.generation += 1 }
            next.spec = spec
            next.target = rendering
            next.reconciledAt = now
            if let metadata {
                next.labels = metadata["labels"] ?? [:]
                next.annotations = metadata["annotations"] ?? [:]
                next.finalizers = finalizers ?? []
            }
            state.put(next)
        }
        try await synchronizeByItself(name)
        return answer(try await find(name, nil))
    }

    /// `cascade` removes the objects first: the application stays, marked, until its finalizer is done.
    func delete(_ name: String, _ call: Call) async throws -> Answer {
        _ = try await find(name, call.parameter("project"))
        let cascades = call.parameter("cascade") != "false"
        let policy = call.parameter("propagationPolicy") ?? ""
        guard cascades || policy.isEmpty else {
            throw ArgoCDRefusal.invalidArgument("cannot set propagation policy when cascading is disabled")
        }
        guard ["", "foreground", "background"].contains(policy) else {
            throw ArgoCDRefusal.invalidArgument("invalid propagation policy: \(policy)")
        }
        let now = clock()
        let finalizer = "resources-finalizer.argocd.argoproj.io" + (policy == "background" ? "/background" : "")
        await world.change { state in
            guard var next = state.applications[name] else { return }
            guard cascades else {
                state.applications[name] = nil
                state.version += 1
                return
            }
            guard next.deletingSince == nil else { return }
            next.finalizers = next.finalizers.filter { !$0.hasPrefix("resources-finalizer.") } + [finalizer]
            next.deletingSince = now
            state.put(next)
        }
        return .json(200, [:])
    }

    // Reading the repository again

    /// Argo CD reconciles every 180 s without being told.
    func reconcileStale() async {
        let now = clock()
        for application in await settled().applications.values
        where now.hasPassed(180, since: application.reconciledAt) {
            try? await refresh(application)  // What fails now is tried at the next read.
        }
    }

    func refresh(_ application: ArgoCDApplication) async throws {
        let rendering = try await renderer.render(application.spec)
        let now = clock()
        await world.change { state in
            guard var next = state.applications[application.name], next.uid == application.uid,
                next.spec == application.spec
            else { return }
            next.target = rendering
            next.reconciledAt = now
            state.put(next)
        }
        try await synchronizeByItself(application.name)
    }

    /// Auto-sync tries each revision once.
    private func synchronizeByItself(_ name: String) async throws {
        let now = clock()
        await world.change { state in
            guard var next = state.applications[name], next.isAutomated, !next.isOperating, next.deletingSince == nil,
                next.syncStatus == "OutOfSync", next.operation?.rendering != next.target
            else { return }
            let prune = next.spec["syncPolicy"]?["automated"]?["prune"]?.bool ?? false
            next.operation = .init(
                startedAt: now,
                request: [
                    "sync": ["revision": .string(next.target.revision), "prune": .bool(prune)],
                    "initiatedBy": ["automated": true],
                ],
                rendering: next.target)
            state.put(next)
        }
    }
}

extension JSONValue {
    fileprivate func setting(_ path: ArraySlice<String>, to value: JSONValue) -> JSONValue {
        guard let first = path.first else { return value }
        var members = object ?? [:]
        members[first] = (members[first] ?? [:]).setting(path.dropFirst(), to: value)
        return .object(members)
    }
}
