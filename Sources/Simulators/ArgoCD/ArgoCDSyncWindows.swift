import EventSourcing

/// A window of a project in which syncs are allowed, or forbidden. The simulator reads schedules whose fields are stars or numbers, in UTC.
struct ArgoCDSyncWindow: Codable, Sendable, Equatable {
    let kind: String
    let schedule: String
    let duration: String
    let manualSync: Bool?
    let applications: [String]?

    init?(_ document: JSONValue) {
        guard let kind = document["kind"]?.string, ["allow", "deny"].contains(kind),
            let schedule = document["schedule"]?.string, schedule.split(separator: " ").count == 5,
            let duration = document["duration"]?.string, duration.wholeMatch(of: /(\d+h)?(\d+m)?/) != nil
        else { return nil }
        (self.kind, self.schedule, self.duration) = (kind, schedule, duration)
        manualSync = document["manualSync"]?.bool
        applications = document["applications"]?.array?.compactMap(\.string)
    }

    var document: JSONValue {
        let all: JSONValue = [
            "kind": .string(kind), "schedule": .string(schedule), "duration": .string(duration),
            "manualSync": manualSync.map { .bool($0) } ?? .null,
            "applications": applications.map { .array($0.map { .string($0) }) } ?? .null,
        ]
        return all.compact
    }

    /// As the API tells an application's windows.
    var short: JSONValue {
        [
            "kind": .string(kind), "schedule": .string(schedule), "duration": .string(duration),
            "manualSync": .bool(manualSync ?? false),
        ]
    }

    func isFor(_ application: String) -> Bool {
        (applications ?? []).contains { $0 == "*" || $0 == application }
    }

    func isOpen(at now: Timestamp) -> Bool {
        let parts = duration.firstMatch(of: /(?:(\d+)h)?(?:(\d+)m)?/)
        let minutes = Int64(parts?.1 ?? "0").map { $0 * 60 } ?? 0
        let length = minutes + (Int64(parts?.2 ?? "0") ?? 0)
        return (0..<length).contains { begins(at: now.adding(-60 * Double($0))) }
    }

    private func begins(at time: Timestamp) -> Bool {
        // 2026-11-23T14:05:…, and day 0 was a Thursday.
        let text = time.description
        func number(_ from: Int, _ length: Int) -> Int? { Int(text.dropFirst(from).prefix(length)) }
        let weekday = Int((time.microseconds / 86_400_000_000 + 4) % 7)
        let fields = zip(
            schedule.split(separator: " "), [number(14, 2), number(11, 2), number(8, 2), number(5, 2), weekday])
        return fields.allSatisfy { field, value in field == "*" || Int(field) == value }
    }
}

extension ArgoCDState {
    func windows(of application: ArgoCDApplication) -> [ArgoCDSyncWindow] {
        (syncWindows?[application.project] ?? []).filter { $0.isFor(application.name) }
    }

    /// Deny beats allow; where something allows, everything else is forbidden.
    func allowsSync(of application: ArgoCDApplication, at now: Timestamp) -> Bool {
        let windows = windows(of: application)
        if windows.contains(where: { $0.kind == "deny" && $0.manualSync != true && $0.isOpen(at: now) }) {
            return false
        }
        let allowing = windows.filter { $0.kind == "allow" }
        return allowing.isEmpty || allowing.contains { $0.isOpen(at: now) || $0.manualSync == true }
    }
}

extension ArgoCDVendor {
    func syncWindows(_ name: String, _ call: Call) async throws -> Answer {
        let application = try await find(name, call.parameter("project"))
        let state = await settled()
        let (windows, now) = (state.windows(of: application), clock())
        return .json(
            200,
            [
                "activeWindows": .array(windows.filter { $0.isOpen(at: now) }.map(\.short)),
                "assignedWindows": .array(windows.map(\.short)),
                "canSync": .bool(state.allowsSync(of: application, at: now)),
            ])
    }

    /// `PUT /projects/{name}`: of what it may say, the windows.
    func updateProject(_ name: String, _ body: JSONValue?) async throws -> Answer {
        guard configuration.projects.contains(name) else {
            throw ArgoCDRefusal.notFound("appprojects.argoproj.io \"\(name)\" not found")
        }
        let documents = body?["project"]?["spec"]?["syncWindows"]?.array ?? []
        let windows = documents.compactMap { ArgoCDSyncWindow($0) }
        guard windows.count == documents.count else {
            throw ArgoCDRefusal.invalidArgument("sync window: cannot parse kind, schedule or duration")
        }
        await world.change { state in
            var all = state.syncWindows ?? [:]
            all[name] = windows
            state.syncWindows = all
        }
        return .json(200, await project(name))
    }

    func project(_ name: String) async -> JSONValue {
        let windows = await settled().syncWindows?[name] ?? []
        var spec: JSONValue = [
            "sourceRepos": ["*"], "destinations": [["server": "*", "namespace": "*"]],
            "clusterResourceWhitelist": [["group": "*", "kind": "*"]],
        ]
        if !windows.isEmpty { spec = spec.merging(["syncWindows": .array(windows.map(\.document))]) }
        return ["metadata": ["name": .string(name), "namespace": "argocd"], "spec": spec]
    }
}
