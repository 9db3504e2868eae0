package import Application
package import EventSourcing
import FoundationEssentials
import HTTPClient
package import HTTPTypes

/// One request of Argo CD's API, before it is known where and as whom it is sent.
///
/// Every call names the project: without one, Argo CD answers 403 for an application that does not exist.
package struct ArgoCDCall: Equatable, Sendable {
    package let method: HTTPRequest.Method
    /// Below `/api/v1`.
    package let segments: [String]
    package var query: [String: String] = [:]
    package var body: JSONValue?

    package func request(for configuration: ArgoCDConfiguration) -> HTTPRequest {
        var request = configuration.server.request(
            method, ["api", "v1"] + segments,
            query: query.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) })
        request.headerFields[.accept] = "application/json"
        request.headerFields[.authorization] = "Bearer \(configuration.token)"
        // Argo CD answers 415 without it to everything but GET, even to a DELETE that has no body.
        if method != .get { request.headerFields[.contentType] = "application/json" }
        return request
    }

    /// The body's bytes, in one spelling for equal values.
    package func encodedBody() throws -> [UInt8]? {
        guard let body else { return nil }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(body))
    }
}

extension ArgoCDCall {
    package static func get(_ name: String, project: String, refresh: Bool) -> ArgoCDCall {
        ArgoCDCall(
            method: .get, segments: ["applications", name],
            query: refresh ? ["project": project, "refresh": "normal"] : ["project": project])
    }

    package static func resourceTree(_ name: String, project: String) -> ArgoCDCall {
        ArgoCDCall(method: .get, segments: ["applications", name, "resource-tree"], query: ["project": project])
    }

    /// Without `replacing`, an application that is there already and differs is an error.
    package static func make(
        _ application: ApplicationRequest, replacing: Bool, _ configuration: ArgoCDConfiguration
    ) -> ArgoCDCall {
        ArgoCDCall(
            method: .post, segments: ["applications"],
            query: ["upsert": replacing ? "true" : "false", "validate": "true"],
            body: ApplicationManifest.json(for: application, syncOptions: configuration.syncOptions))
    }

    /// Tells our syncs from others'.
    package static let deploymentInfo = "deployment"

    /// `infos` show in Argo CD's own interface who asked for the sync.
    package static func sync(_ request: SyncRequest) -> ArgoCDCall {
        ArgoCDCall(
            method: .post, segments: ["applications", request.application, "sync"],
            body: [
                "project": .string(request.project),
                "revision": .string(request.revision),
                "prune": true,
                "infos": [
                    ["name": .string(deploymentInfo), "value": .string(request.ownership.deployment)],
                    ["name": "release", "value": .string(String(request.ownership.release))],
                ],
            ])
    }

    package static func terminateOperation(_ name: String, project: String) -> ArgoCDCall {
        ArgoCDCall(method: .delete, segments: ["applications", name, "operation"], query: ["project": project])
    }

    /// The application goes only after all that it runs has gone.
    package static func delete(_ name: String, project: String) -> ArgoCDCall {
        ArgoCDCall(
            method: .delete, segments: ["applications", name],
            query: ["cascade": "true", "project": project, "propagationPolicy": "foreground"])
    }

    /// Changes of the project's applications as they happen. Argo CD drops an event whose chosen fields equal those of the one
    /// before, so the fields are the ones by which a release goes on.
    package static func watch(project: String) -> ArgoCDCall {
        let fields = ["metadata.name", "status.sync", "status.health", "status.operationState.phase"]
        return ArgoCDCall(
            method: .get, segments: ["stream", "applications"],
            query: [
                "projects": project,
                "fields": (["result.type"] + fields.map { "result.application.\($0)" }).joined(separator: ","),
            ])
    }
}
