import Domain
import EventSourcing
package import Templating

/// Renders releases from the template versions in the log.
package struct TemplateLibrary: Sendable {
    /// The same arguments give the same bytes, so what it gave may be kept.
    package typealias Renderer =
        @Sendable (TemplateSource, RenderInput) throws(TemplateProblems) -> RenderedFiles

    let store: any EventStore
    let known: KnownTemplates
    private let render: Renderer?

    /// `render` takes the place of the usual renderer.
    package init(store: any EventStore, known: KnownTemplates = KnownTemplates(), render: Renderer? = nil) {
        self.store = store
        self.known = known
        self.render = render
    }

    /// The files of a release. Without `resources`, or for those of them that are missing if `standingIn` says so, stand-ins of the
    /// right shape take the place of ids that are not known yet.
    func files(
        of release: Release, number: Int, _ deployment: ID<Deployment>, _ conventions: Conventions,
        resources: Deployment.Resources?, standingIn: Bool = false
    ) async throws(ProviderError) -> [String: String] {
        let submission = try await submission(for: release)
        let input = RenderInput(
            release, number: number, deployment, conventions, resources: resources,
            standingIn: standingIn || resources == nil)
        do throws(TemplateProblems) {
            if let render { return try render(TemplateSource(files: submission.files), input).files }
            return try Templating.render(known.parsed(submission), input).files
        } catch {
            throw .refused(reason: error.description)
        }
    }

    private func submission(for release: Release) async throws(ProviderError) -> TemplateSubmitted {
        do throws(EventStoreError) {
            let found = try await known.submission(
                of: release.template, version: release.templateVersion, from: store)
            if let found { return found }
        } catch {
            throw .retryable(reason: "the template cannot be read: \(error)", after: nil)
        }
        throw .refused(reason: "there is no version \(release.templateVersion) of \(release.template)")
    }
}

/// What stands in plans and first renderings for ids that AWS gives.
enum RenderInputStandIn {
    static let accessPoint = "fsap-00000000000000000"
}

extension RenderInput {
    init(
        _ release: Release, number: Int, _ deployment: ID<Domain.Deployment>, _ conventions: Conventions,
        resources: Domain.Deployment.Resources?, standingIn: Bool
    ) {
        let accessPoint = resources?.accessPoint?.value ?? (standingIn ? RenderInputStandIn.accessPoint : nil)
        let bucket = resources?.bucket?.value ?? (standingIn ? "\(conventions.bucketPrefix)-\(deployment)" : nil)
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
