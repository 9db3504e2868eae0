package import Application
import HTTPTypes

extension ArgoCD: ApplicationSurvey {
    package func sketches(project: String) async throws(ProviderError) -> [ApplicationSketch] {
        let list: ArgoCDApplicationSketches
        do {
            list = try await send(.survey(project: project), to: "look over all applications")
        } catch {
            throw error.providerError
        }
        return (list.items ?? []).map { application in
            let operation = application.status?.operationState
            return ApplicationSketch(
                name: application.metadata.name, deployment: application.deployment,
                syncStatus: application.status?.sync?.status ?? "Unknown",
                health: application.status?.health?.status ?? "Unknown", operationPhase: operation?.phase,
                operationStartedAt: operation?.startedAt, isBeingDeleted: application.isBeingDeleted)
        }
    }
}

/// A list of applications with how each is.
private struct ArgoCDApplicationSketches: Decodable, Sendable {
    let items: [ArgoCDApplication]?
}

extension ArgoCDCall {
    /// Some hundred bytes for each application instead of tens of thousands. Argo CD v3.5.1 knows exactly these names
    /// (`forwarder_overwrite.go`); another one, such as `items.status.sync`, gives nothing and no error.
    package static func survey(project: String) -> ArgoCDCall {
        let fields = [
            "metadata.name", "metadata.labels", "metadata.deletionTimestamp", "status.sync.status", "status.health",
            "status.operationState.phase", "status.operationState.startedAt",
        ]
        return ArgoCDCall(
            method: .get, segments: ["applications"],
            query: ["projects": project, "fields": fields.map { "items.\($0)" }.joined(separator: ",")])
    }
}
