package import Application
import EventSourcing
import HTTPClient

extension ApplicationObservation {
    /// What Argo CD's application says, with `tree` naming what keeps it from being healthy.
    package init(_ application: ArgoCDApplication, tree: ArgoCDResourceTree?) {
        let status = application.status
        self.init(
            syncStatus: status?.sync?.status ?? "Unknown",
            syncRevision: status?.sync?.revision ?? "",
            health: status?.health?.status ?? "Unknown",
            healthMessage: status?.health?.message.map { Redaction.text($0, lengthMax: 500) },
            operation: status?.operationState.flatMap(Operation.init),
            errors: (status?.conditions ?? []).compactMap(Self.error),
            unhealthyResources: Self.unhealthy(tree?.nodes ?? []),
            outOfSyncResources: (status?.resources ?? []).compactMap(Self.outOfSync),
            reconciledAt: status?.reconciledAt.flatMap { Timestamp($0) })
    }

    private static func error(_ condition: ArgoCDApplication.Condition) -> String? {
        guard let type = condition.type, type.hasSuffix("Error") else { return nil }
        return "\(type): \(condition.message ?? "")"
    }

    /// What is worst first: a pod that is about to start says less than the one that cannot.
    private static func unhealthy(_ nodes: [ArgoCDResourceTree.Node]) -> [String] {
        let order = ["Degraded", "Missing", "Unknown", "Suspended", "Progressing"]
        let found = nodes.compactMap { node in
            unhealthy(node).map { (order.firstIndex(of: node.health?.status ?? "") ?? order.count, $0) }
        }
        return order.indices.flatMap { rank in found.filter { $0.0 == rank } }.map(\.1)
            + found.filter { $0.0 == order.count }.map(\.1)
    }

    private static func outOfSync(_ resource: ArgoCDApplication.Resource) -> String? {
        resource.status == "OutOfSync" ? "\(resource.kind ?? "?")/\(resource.name ?? "?")" : nil
    }

    /// A resource without a health check has no health and counts as healthy, as it does for Argo CD.
    private static func unhealthy(_ node: ArgoCDResourceTree.Node) -> String? {
        guard let health = node.health, let status = health.status, status != "Healthy" else { return nil }
        let name = "\(node.kind ?? "?")/\(node.name ?? "?")"
        let message = health.message.flatMap { $0.isEmpty ? nil : Redaction.text($0, lengthMax: 500) }
        return "\(name): \(message ?? status)"
    }
}

extension ApplicationObservation.Operation {
    init?(_ state: ArgoCDApplication.OperationState) {
        guard let phase = state.phase else { return nil }
        self.init(
            phase: phase, message: state.message ?? "",
            revision: state.syncResult?.revision ?? state.operation?.sync?.revision,
            startedAt: state.startedAt.flatMap { Timestamp($0) },
            finishedAt: state.finishedAt.flatMap { Timestamp($0) },
            deployment: state.operation?.info?.first { $0.name == ArgoCDCall.deploymentInfo }?.value)
    }
}
