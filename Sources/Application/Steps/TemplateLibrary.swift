import Domain
import EventSourcing
package import Templating

/// Renders releases from the template versions in the log.
package struct TemplateLibrary: Sendable {
    /// The same arguments give the same bytes, so what it gave may be kept.
    package typealias Renderer =
        @Sendable (TemplateSource, RenderInput) throws(TemplateProblems) -> RenderedFiles

    let store: any EventStore
    private let render: Renderer

    package init(store: any EventStore, render: @escaping Renderer = Templating.render) {
        self.store = store
        self.render = render
    }

    /// The files of a release. Without `resources`, stand-ins of the right shape take the place of ids that are not known yet.
    func files(
        of release: Release, number: Int, _ deployment: ID<Deployment>, _ conventions: Conventions,
        resources: Deployment.Resources?
    ) async throws(ProviderError) -> [String: String] {
        let source = try await source(of: release)
        let input = RenderInput(release, number: number, deployment, conventions, resources: resources)
        do throws(TemplateProblems) {
            return try render(source, input).files
        } catch {
            throw .refused(reason: error.description)
        }
    }

    private func source(of release: Release) async throws(ProviderError) -> TemplateSource {
        do throws(EventStoreError) {
            for recorded in try await store.events(of: .template(release.template), from: 1) {
                guard case .submitted(let fact) = try TemplateEvent(recorded) else { continue }
                if fact.version == release.templateVersion { return TemplateSource(files: fact.files) }
            }
        } catch {
            throw .retryable(reason: "the template cannot be read: \(error)", after: nil)
        }
        throw .refused(reason: "there is no version \(release.templateVersion) of \(release.template)")
    }
}

extension RenderInput {
    init(
        _ release: Release, number: Int, _ deployment: ID<Domain.Deployment>, _ conventions: Conventions,
        resources: Domain.Deployment.Resources?
    ) {
        let accessPoint = resources.map { $0.accessPoint?.value } ?? "fsap-00000000000000000"
        let bucket = resources.map { $0.bucket?.value } ?? "\(conventions.bucketPrefix)-\(deployment)"
        self.init(
            deployment: .init(id: deployment.rawValue),
            customer: .init(id: release.customer.rawValue, name: release.customerName), name: release.name,
            environment: release.environment.rawValue, size: release.size.rawValue,
            namespace: deployment.namespace, domain: release.domain, release: number,
            cluster: release.cluster.rawValue, region: release.target.region,
            ingressHostname: release.target.ingressHostname,
            template: .init(name: release.template.rawValue, version: release.templateVersion),
            parameters: release.parameters,
            accessPoint: release.needs.accessPoint == nil
                ? nil : accessPoint.map { .init(id: $0, fileSystem: release.target.fileSystem) },
            bucket: release.needs.bucket ? bucket.map { .init(name: $0, region: release.target.region) } : nil,
            secretStore: conventions.secretStore)
    }
}
