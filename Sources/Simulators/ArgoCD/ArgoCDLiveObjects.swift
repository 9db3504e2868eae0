import EventSourcing

// What somebody does to an object in the cluster behind Git's back: Argo CD then calls the application out of sync, and ill where the
// change makes it so. A sync puts it right.
extension ArgoCDVendor {
    /// `POST /applications/{name}/resource` with a JSON merge patch, written as a JSON string.
    func patchResource(_ name: String, _ call: Call) async throws -> Answer {
        let application = try await find(name, call.parameter("project"))
        guard let text = call.json?.string, let patch = JSONValue(bytes: Array(text.utf8)) else {
            throw ArgoCDRefusal.invalidArgument("the patch is no JSON string")
        }
        guard let key = key(call, in: application), let old = application.live[key],
            let resource = ArgoCDResource(old.resource.manifest.patched(by: patch), namespace: old.resource.namespace)
        else { throw missing(call, name) }
        let now = clock()
        await world.change { state in
            guard var next = state.applications[name], next.uid == application.uid else { return }
            next.live[key]?.resource = resource
            next.live[key]?.appliedAt = now
            state.put(next)
        }
        return .json(200, ["manifest": .string(resource.manifest.text)])
    }

    func deleteResource(_ name: String, _ call: Call) async throws -> Answer {
        let application = try await find(name, call.parameter("project"))
        guard let key = key(call, in: application) else { throw missing(call, name) }
        await world.change { state in
            guard var next = state.applications[name], next.uid == application.uid else { return }
            next.live[key] = nil
            state.put(next)
        }
        return .json(200, [:])
    }

    private func key(_ call: Call, in application: ArgoCDApplication) -> String? {
        application.live.first { _, live in
            live.resource.kind == call.parameter("kind") && live.resource.name == call.parameter("resourceName")
                && live.resource.group == call.parameter("group") ?? ""
                && live.resource.namespace == call.parameter("namespace") ?? ""
        }?.key
    }

    private func missing(_ call: Call, _ name: String) -> ArgoCDRefusal {
        let parts = ["kind", "group", "resourceName"].map { call.parameter($0) ?? "" }
        return .invalidArgument("\(parts[0]) \(parts[1]) \(parts[2]) not found as part of application \(name)")
    }
}

extension JSONValue {
    /// JSON Merge Patch (RFC 7396).
    fileprivate func patched(by patch: JSONValue) -> JSONValue {
        guard let changes = patch.object else { return patch }
        var members = object ?? [:]
        for (key, change) in changes {
            members[key] = change == .null ? nil : (members[key] ?? .null).patched(by: change)
        }
        return .object(members)
    }
}
