import EventSourcing

// The names of Argo CD's operations, and what Argo CD says when one goes wrong.
extension ArgoCDVendor {
    var operations: [String] {
        [
            "argocd.list", "argocd.get", "argocd.create", "argocd.update", "argocd.updateSpec", "argocd.delete",
            "argocd.sync", "argocd.rollback", "argocd.terminateOperation", "argocd.resourceTree",
            "argocd.managedResources", "argocd.syncWindows", "argocd.watch", "argocd.listClusters",
            "argocd.listProjects", "argocd.updateProject", "argocd.patchResource", "argocd.deleteResource",
            "argocd.createSession",
        ]
    }

    func operation(of call: Call) -> String {
        let rest = Array(call.segments.dropFirst(2))
        let name =
            switch (call.method, rest.first ?? "", rest.count, rest.count > 2 ? rest[2] : "") {
            case ("GET", "applications", 1, _): "list"
            case ("POST", "applications", 1, _): "create"
            case ("GET", "applications", 2, _): "get"
            case ("PUT", "applications", 2, _): "update"
            case ("DELETE", "applications", 2, _): "delete"
            case ("PUT", "applications", 3, "spec"): "updateSpec"
            case ("POST", "applications", 3, "sync"): "sync"
            case ("POST", "applications", 3, "rollback"): "rollback"
            case ("DELETE", "applications", 3, "operation"): "terminateOperation"
            case ("GET", "applications", 3, "resource-tree"): "resourceTree"
            case ("GET", "applications", 3, "managed-resources"): "managedResources"
            case ("GET", "applications", 3, "syncwindows"): "syncWindows"
            case ("GET", "stream", _, _): "watch"
            case ("GET", "clusters", _, _): "listClusters"
            case ("GET", "projects", _, _): "listProjects"
            case ("PUT", "projects", _, _): "updateProject"
            case ("POST", "applications", 3, "resource"): "patchResource"
            case ("DELETE", "applications", 3, "resource"): "deleteResource"
            case ("POST", "session", _, _): "createSession"
            default: "other"
            }
        return "argocd.\(name)"
    }

    func answer(to call: Call, _ operation: String, meeting fault: Fault, seconds: Double) async -> Answer {
        switch fault {
        case .expiredCredentials:
            return ArgoCDRefusal.unauthenticated("invalid session: token has invalid claims: token is expired").answer
        case .throttle:
            var answer = Self.status(429, 8, "too many requests")
            if seconds > 0 { answer.headers["Retry-After"] = "\(Int(seconds.rounded(.up)))" }
            return answer
        case .serverError: return Self.status(503, 14, "connection error: desc = \"transport: error while dialing\"")
        case .wrongState: return await busy(call, operation)
        default: return ArgoCDRefusal.permissionDenied.answer
        }
    }

    private static func status(_ status: Int, _ code: Int64, _ message: String) -> Answer {
        .json(status, ["error": .string(message), "code": .integer(code), "message": .string(message)])
    }

    /// Another writer was faster, another operation runs, or the controller has not looked yet.
    private func busy(_ call: Call, _ operation: String) async -> Answer {
        switch operation {
        case "argocd.sync", "argocd.rollback":
            return ArgoCDRefusal.failedPrecondition("another operation is already in progress").answer
        case "argocd.get":
            let answer = await self.answer(call)
            guard answer.status == 200, case .bytes(let bytes) = answer.body, let document = JSONValue(bytes: bytes)
            else { return answer }
            let status = (document["status"] ?? [:]).merging([
                "sync": ["status": "Unknown"], "health": ["status": "Progressing"],
            ])
            return .json(200, document.merging(["status": status]))
        case _ where call.isRead: return Self.status(503, 14, "the server is starting")
        default:
            return Self.status(
                409, 10,
                "Operation cannot be fulfilled on applications.argoproj.io: the object has been modified; please apply "
                    + "your changes to the latest version and try again")
        }
    }

    func inventory() async -> [JSONValue] {
        await settled().applications.values.sorted { $0.name < $1.name }.map { application in
            [
                "kind": "argocd.Application", "id": .string(application.name), "tags": application.labels,
                "syncs": .array(application.history.map { .string($0.revision) }),
            ]
        }
    }
}
