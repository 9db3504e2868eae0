package import Application
import EventSourcing

extension ApplicationObservation {
    /// What Argo CD's application says, with `tree` naming what keeps it from being healthy.
    package init(_ application: ArgoCDApplication, tree: ArgoCDResourceTree?) {
        let status = application.status
        self.init(
            syncStatus: status?.sync?.status ?? "Unknown",
            syncRevision: status?.sync?.revision ?? "",
            health: status?.health?.status ?? "Unknown",
            healthMessage: status?.health?.message,
            operation: status?.operationState.flatMap(Operation.init),
            errors: (status?.conditions ?? []).compactMap(Self.error),
            unhealthyResources: (tree?.nodes ?? []).compactMap(Self.unhealthy),
            reconciledAt: status?.reconciledAt.flatMap { Timestamp($0) })
    }

    private static func error(_ condition: ArgoCDApplication.Condition) -> String? {
        guard let type = condition.type, type.hasSuffix("Error") else { return nil }
        return "\(type): \(condition.message ?? "")"
    }

    /// A resource without a health check has no health and counts as healthy, as it does for Argo CD.
    private static func unhealthy(_ node: ArgoCDResourceTree.Node) -> String? {
        guard let health = node.health, let status = health.status, status != "Healthy" else { return nil }
        let name = "\(node.kind ?? "?")/\(node.name ?? "?")"
        return "\(name): \(health.message.flatMap { $0.isEmpty ? nil : $0 } ?? status)"
    }
}

extension ApplicationObservation.Operation {
    init?(_ state: ArgoCDApplication.OperationState) {
        guard let phase = state.phase else { return nil }
        self.init(
            phase: phase, message: state.message ?? "",
            revision: state.syncResult?.revision ?? state.operation?.sync?.revision,
            startedAt: state.startedAt.flatMap { Timestamp($0) },
            finishedAt: state.finishedAt.flatMap { Timestamp($0) })
    }
}
