import Cryptography
import EventSourcing

/// Argo CD's API over the repository that the GitHub simulator serves.
struct ArgoCDVendor: Vendor {
    let name = "argocd"
    let configuration: SimulatorConfiguration.ArgoCD
    let pace: Pace
    let clock: SimulatorClock
    let renderer: ArgoCDRenderer
    let world: World<ArgoCDState>

    init(_ configuration: SimulatorConfiguration, clock: @escaping SimulatorClock) throws {
        self.configuration = configuration.argoCD
        self.clock = clock
        pace = configuration.pace
        renderer = ArgoCDRenderer(
            repository: Repository(path: configuration.repositoryPath),
            repositoryName: "\(configuration.gitHub.owner)/\(configuration.gitHub.repository)")
        world = try World(path: configuration.statePath(of: "argocd"), initial: ArgoCDState())
    }

    func summary() async -> JSONValue {
        let applications = await settled().applications.values
        let now = clock()
        return [
            "applications": .integer(Int64(applications.count)),
            "healthy": .integer(Int64(applications.filter { $0.health(at: now, pace: pace).0 == .healthy }.count)),
        ]
    }

    func answer(_ call: Call) async -> Answer {
        // Argo CD checks this first, and answers in plain text; a DELETE needs it too.
        if call.method != "GET", call.method != "HEAD",
            call.header("content-type")?.split(separator: ";").first != "application/json"
        {
            return .text(415, "Invalid content type\n")
        }
        do {
            return try await route(call)
        } catch let refusal as ArgoCDRefusal {
            return refusal.answer
        } catch {
            return ArgoCDRefusal.unknown("\(error)").answer
        }
    }

    /// The state after all that is due by now.
    func settled() async -> ArgoCDState {
        let now = clock()
        return await world.change { state in
            state.settle(at: now, pace: pace)
            return state
        }
    }

    private func route(_ call: Call) async throws -> Answer {
        let segments = call.segments
        if segments == ["api", "version"] {
            return .json(200, ["Version": "v3.5.1+simulator", "Platform": "linux/amd64"])
        }
        guard segments.starts(with: ["api", "v1"]) else { return ArgoCDRefusal.notFound("Not Found").answer }
        let rest = Array(segments.dropFirst(2))
        if call.method == "POST", rest == ["session"] { return try await logIn(call) }
        let user = try await user(call)
        switch (call.method, rest.first ?? "", rest.count) {
        case ("GET", "session", 2):
            return .json(200, ["loggedIn": true, "username": .string(user), "iss": "argocd"])
        case ("GET", "account", 5...) where rest[1] == "can-i": return .json(200, ["value": "yes"])
        case ("GET", "clusters", 1): return .json(200, ["metadata": [:], "items": .array(await clusters())])
        case ("GET", "clusters", 2): return try await cluster(rest[1], call)
        case ("GET", "projects", 1): return try await listProjects()
        case ("GET", "projects", 2):
            guard configuration.projects.contains(rest[1]) else {
                throw ArgoCDRefusal.notFound("appprojects.argoproj.io \"\(rest[1])\" not found")
            }
            return .json(200, await project(rest[1]))
        case ("PUT", "projects", 2): return try await updateProject(rest[1], call.json)
        case ("GET", "stream", 2) where rest[1] == "applications": return try await stream(call)
        case (_, "applications", _): return try await applications(call, Array(rest.dropFirst()), user)
        default: throw ArgoCDRefusal.notFound("Not Found")
        }
    }

    private func applications(_ call: Call, _ rest: [String], _ user: String) async throws -> Answer {
        switch (call.method, rest.count, rest.count > 1 ? rest[1] : "") {
        case ("GET", 0, _): return try await list(call)
        case ("POST", 0, _): return try await create(call)
        case ("GET", 1, _): return try await get(rest[0], call)
        case ("PUT", 1, _): return try await update(rest[0], call.json, spec: call.json?["spec"], call)
        case ("DELETE", 1, _): return try await delete(rest[0], call)
        case ("PUT", 2, "spec"):
            let answer = try await update(rest[0], nil, spec: call.json, call)
            guard case .bytes(let bytes) = answer.body else { return answer }
            return .json(200, JSONValue(bytes: bytes)?["spec"] ?? [:])
        case ("POST", 2, "sync"): return try await sync(rest[0], call.json ?? [:], user)
        case ("POST", 2, "rollback"): return try await rollBack(rest[0], call.json ?? [:], user)
        case ("DELETE", 2, "operation"): return try await terminate(rest[0], call)
        case ("GET", 2, "resource-tree"):
            return .json(200, try await find(rest[0], call.parameter("project")).tree(at: clock(), pace: pace))
        case ("POST", 2, "resource"): return try await patchResource(rest[0], call)
        case ("DELETE", 2, "resource"): return try await deleteResource(rest[0], call)
        case ("GET", 2, "managed-resources"):
            return .json(200, try await find(rest[0], call.parameter("project")).managedResources)
        case ("GET", 2, "syncwindows"): return try await syncWindows(rest[0], call)
        default: throw ArgoCDRefusal.notFound("Not Found")
        }
    }

    private func listProjects() async throws -> Answer {
        var items: [JSONValue] = []
        for name in configuration.projects { items.append(await project(name)) }
        return .json(200, ["metadata": [:], "items": .array(items)])
    }

    // Who calls

    private func logIn(_ call: Call) async throws(ArgoCDRefusal) -> Answer {
        guard call.json?["username"] == "admin",
            constantTimeEqual(
                Array((call.json?["password"]?.string ?? "").utf8), Array(configuration.adminPassword.utf8))
        else { throw .unauthenticated("Invalid username or password") }
        let token = SecureRandom.bytes(32).base64URL
        let digest = SHA256.hash(utf8: token).hex
        let now = clock()
        await world.change { state in
            state.sessions = state.sessions.filter { $0.value > now }
            state.sessions[digest] = now.adding(86_400)
        }
        return .json(200, ["token": .string(token)])
    }

    private func user(_ call: Call) async throws(ArgoCDRefusal) -> String {
        guard let token = call.bearerToken else { throw .unauthenticated("no session information") }
        if constantTimeEqual(Array(token.utf8), Array(configuration.token.utf8)) { return "deploycenter" }
        guard let end = await world.current.sessions[SHA256.hash(utf8: token).hex], clock() < end else {
            throw .unauthenticated("invalid session: token is malformed or has expired")
        }
        return "admin"
    }

    // Clusters

    private func clusters() async -> [JSONValue] {
        let applications = await settled().applications.values
        return configuration.clusters.sorted { $0.key < $1.key }.map { name, server in
            let count = applications.filter {
                let destination = $0.spec["destination"]
                return destination?["name"]?.string == name || destination?["server"]?.string == server
            }.count
            let connection: JSONValue = ["status": "Successful", "message": ""]
            return [
                "name": .string(name), "server": .string(server), "connectionState": connection,
                "serverVersion": "v1.35.2", "config": ["tlsClientConfig": ["insecure": false]],
                "info": [
                    "applicationsCount": .integer(Int64(count)), "serverVersion": "v1.35.2",
                    "connectionState": connection,
                ],
            ]
        }
    }

    private func cluster(_ id: String, _ call: Call) async throws -> Answer {
        let member = call.parameter("id.type") == "name" ? "name" : "server"
        // Argo CD unescapes the address once more than HTTP does.
        let wanted = percentDecoded(id)
        guard let cluster = await clusters().first(where: { $0[member]?.string == wanted }) else {
            throw ArgoCDRefusal.permissionDenied
        }
        return .json(200, cluster)
    }
}
