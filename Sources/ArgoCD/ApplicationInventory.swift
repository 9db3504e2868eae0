package import Application
package import Domain
import EventSourcing
import HTTPTypes

/// The applications of our project that bear our label.
package struct ApplicationInventory: Inventory {
    package let kind = ResourceKind.application
    private let argoCD: ArgoCD

    package init(_ argoCD: ArgoCD) { self.argoCD = argoCD }

    package func contents(of places: Set<Place>) async throws(ProviderError) -> [FoundResource] {
        let list: ArgoCDApplicationList
        do {
            list = try await argoCD.send(
                .list(project: argoCD.configuration.project), to: "list applications")
        } catch {
            throw error.providerError
        }
        return (list.items ?? []).filter { $0.metadata.deletionTimestamp == nil }.map { item in
            FoundResource(
                kind: .application, identity: item.metadata.name, container: argoCD.configuration.project,
                marks: item.metadata.marks)
        }
    }
}

/// A list of applications, as far as it is read here: who they belong to.
package struct ArgoCDApplicationList: Decodable, Sendable {
    package let items: [Item]?

    package struct Item: Decodable, Sendable {
        package let metadata: Metadata
    }

    package struct Metadata: Decodable, Sendable {
        package let name: String
        package let labels: [String: String]?
        package let annotations: [String: String]?
        package let deletionTimestamp: String?

        var marks: OwnershipMarks? {
            guard labels?[ApplicationManifest.managedByLabel] == ApplicationManifest.managedBy,
                let deployment = labels?[ApplicationManifest.deploymentLabel]
            else { return nil }
            return OwnershipMarks(
                deployment: deployment, customer: labels?[ApplicationManifest.customerLabel],
                release: annotations?[ApplicationManifest.releaseAnnotation].flatMap { Int($0) })
        }
    }
}

extension ArgoCDCall {
    /// All of the project: one that lost its label may be on record. Without their states, which are most of the bytes.
    package static func list(project: String) -> ArgoCDCall {
        // Argo CD knows these fields by their whole names only, as its own interface asks for them.
        let fields = ["name", "labels", "annotations", "deletionTimestamp"].map { "items.metadata.\($0)" }
        return ArgoCDCall(
            method: .get, segments: ["applications"],
            query: ["projects": project, "fields": fields.joined(separator: ",")])
    }
}
